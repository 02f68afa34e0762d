"""`homeport` and its commands. A command's module is imported when that command runs, so that each starts fast."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from homeport.errors import HomeportError, SettingsError

if TYPE_CHECKING:
    from homeport.cli.compose import MakeEngine

COMMANDS = {
    "serve": ("serving", "Serve without asking anything: for servers and containers."),
    "status": ("lifecycle", "Show how the running Homeport is."),
    "url": ("lifecycle", "Print the connector URL for ChatGPT."),
    "start": ("lifecycle", "Let ChatGPT in again after `homeport stop`."),
    "stop": ("lifecycle", "Let ChatGPT no longer in; with --quit, end Homeport."),
    "open": ("lifecycle", "Open the dashboard in the browser."),
    "pending": ("requests", "List who waits to be let in."),
    "approve": ("requests", "Let the browser in that shows CODE."),
    "deny": ("requests", "Deny waiting request NUMBER, or all."),
    "clients": ("registers", "List clients, or allow a redirect host."),
    "people": ("registers", "List the people who may use Homeport."),
    "grants": ("registers", "List who has access, or revoke it."),
}
"""Each command with the module that holds it and its line in `homeport --help`."""

WITHOUT_COMMAND = "run"
"""The hidden command that plain `homeport` is; its options are those of `homeport`."""

EPILOG = (
    "`homeport` alone starts Homeport in this terminal and asks here when somebody wants in. "
    "Its options are those of `homeport serve`: see `homeport serve --help`."
)


class Root(click.Group):
    """Finds commands by name without importing them, and turns our errors into words and an exit code."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ("--help", "-h", "--version")):
            args = [WITHOUT_COMMAND, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == WITHOUT_COMMAND:
            return _load("serving", WITHOUT_COMMAND)
        return _load(COMMANDS[cmd_name][0], cmd_name) if cmd_name in COMMANDS else None

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
    return next(each for each in names if isinstance(each, click.Command) and each.name == command)


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
    root.main(args=None if arguments is None else list(arguments), prog_name="homeport", obj=make_engine)
