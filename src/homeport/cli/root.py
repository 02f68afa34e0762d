"""`homeport` and its commands. A command's module is imported when that command runs, so that each starts fast."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from homeport.cli.behind_tray import run_behind_tray
from homeport.cli.groups import TypedContext, explained
from homeport.desktop.child_environment import leave_bundle
from homeport.errors import HomeportError, SettingsError
from homeport.settings.as_typed import command_prefix

if TYPE_CHECKING:
    from homeport.cli.compose import MakeEngine
    from homeport.desktop.tray import Tray


@dataclass(frozen=True, slots=True)
class Parts:
    """What `main` was given, for the commands that run Homeport."""

    make_engine: MakeEngine | None = None
    tray: Tray | None = None


COMMANDS = {
    "serve": ("serving", "Serve without asking anything: for servers and containers."),
    "status": ("lifecycle", "Show how the running Homeport is."),
    "url": ("lifecycle", "Print the connector URL for ChatGPT."),
    "start": ("lifecycle", "Let ChatGPT in again after `homeport stop`."),
    "stop": ("lifecycle", "Let ChatGPT no longer in; with --quit, end Homeport."),
    "open": ("lifecycle", "Open the dashboard in the browser."),
    "doctor": ("doctor", "Ask what ChatGPT would ask, of this Homeport or any MCP server; name what fails."),
    "preview": ("preview", "Show the app's widgets as ChatGPT would, in the browser."),
    "build": ("build", "Build the app's widgets into widgets/dist, for where there is no Node."),
    "new": ("new", "Write a new project: an app with tools, a widget and tests."),
    "pending": ("requests", "List who waits to be let in."),
    "approve": ("requests", "Let the browser in that shows CODE."),
    "deny": ("requests", "Deny waiting request NUMBER, or all."),
    "calls": ("calls", "List calls of tools that wait for your yes, or allow or deny one."),
    "clients": ("registers", "List clients, or allow a redirect host, or withdraw that."),
    "people": ("people", "List who may use Homeport, or invite, block or remove somebody."),
    "grants": ("registers", "List who has access, or revoke it."),
    "secrets": ("secrets", "List, set, delete or import secrets; sign-in with Privy begins here."),
    "backend": ("backend", "Show what your backend needs to verify who calls."),
}
"""Each command with the module that holds it and its line in `homeport --help`."""

WITHOUT_COMMAND = "run"
"""The hidden command that plain `homeport` is; its options are those of `homeport`."""

FIRST_OPTIONS = {
    "--app FOLDER": "Folder with an app.py whose tools ChatGPT gets; without it, the current folder if it has app.py "
    "and homeport.toml, and else a list of items.",
    "--public-url TEXT": "The https address under which ChatGPT reaches this computer; means the tunnel is fixed.",
    "--folder FOLDER": "Folder whose text and Markdown files ChatGPT may search and read, never change: instead of "
    "the list of items, or beside an app at /folder/mcp.",
    "--tunnel auto|none|ngrok|cloudflared|ssh|fixed": "How the public URL comes about: ngrok (a free "
    "account's token is all it needs), cloudflared (when it is installed), ssh (a server of your own), "
    "fixed (a tunnel or proxy of your own), none, or auto: "
    "fixed with public_url, else ngrok on a desktop and none for `homeport serve`.",
    "--port NUMBER": "Port of the public listener, the only thing a tunnel may reach; 0 takes a free one.",
    "--data-dir FOLDER": "Folder of the database and homeport.toml.",
}
"""What a first user needs of the settings. Written out: the table of settings is too slow to load for `--help`."""

EPILOG = (
    "`homeport` alone starts Homeport with an icon in the tray; without a desktop it runs in this terminal. "
    "All its options are those of `homeport serve`: see `homeport serve --help`."
)


class Root(click.Group):
    """Finds commands by name without importing them, and turns our errors into words and an exit code."""

    context_class = TypedContext

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ("--help", "-h", "--version")):
            args = [WITHOUT_COMMAND, *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] not in COMMANDS and not args[0].startswith("-") and args[0] != WITHOUT_COMMAND:
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            ctx.fail(
                f"There is no command {args[0]!r}." + (f" Do you mean `{command_prefix()} {near[0]}`?" if near else "")
            )
        return super().resolve_command(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == WITHOUT_COMMAND:
            return _load("serving", WITHOUT_COMMAND)
        return _load(COMMANDS[cmd_name][0], cmd_name) if cmd_name in COMMANDS else None

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = [row for parameter in self.get_params(ctx) if (row := parameter.get_help_record(ctx))]
        with formatter.section("Options"):
            formatter.write_dl([*FIRST_OPTIONS.items(), *own])
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, help) for name, (_, help) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except HomeportError as error:
            print_error(error)
            ctx.exit(2 if isinstance(error, SettingsError) else 1)


def print_error(error: HomeportError) -> None:
    """The error in words on standard error, without a traceback."""
    from homeport.cli.words import error_lines

    for line in error_lines(error):
        click.echo(line, err=True)


def _load(module: str, command: str) -> click.Command:
    # A command may not be called as its function is: `open` would hide the built-in.
    names = vars(importlib.import_module(f"homeport.cli.{module}")).values()
    return explained(next(each for each in names if isinstance(each, click.Command) and each.name == command))


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        click.echo(f"homeport {version('homeport')}")
        ctx.exit()


root = Root(
    "homeport",
    help="A safe door from ChatGPT into this computer.",
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"]},
    params=[
        click.Option(
            ["--version"],
            is_flag=True,
            expose_value=False,
            is_eager=True,
            callback=_print_version,
            help="Print the version and exit.",
        )
    ],
)


def main(arguments: Sequence[str] | None = None, *, make_engine: MakeEngine | None = None) -> None:
    """Run the command line and exit with 0, 1 (failed) or 2 (misuse). `make_engine` replaces the real Engine."""
    if getattr(sys, "frozen", False):
        leave_bundle(os.environ)
    given = list(sys.argv[1:] if arguments is None else arguments)

    def run(tray: Tray | None) -> None:
        try:
            root.main(args=given, prog_name=command_prefix(), obj=Parts(make_engine, tray))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            _leave_output()
            click.echo(f"Nothing more can be written: {error.strerror}.", err=True)
            raise SystemExit(1) from None

    run_behind_tray(given, run)


def _leave_output() -> None:
    """Python writes what is left at its end: let it go nowhere when standard output takes no more."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
