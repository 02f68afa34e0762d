"""The commands that run Homeport: plain `homeport`, and `homeport serve`. Their options are the table of settings."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

import click

from homeport.cli.compose import OwnEngine, run_homeport
from homeport.cli.groups import TypedContext
from homeport.cli.root import Parts
from homeport.cli.secret_input import at_terminal
from homeport.errors import SettingsError
from homeport.settings.load import LoadedSettings, load_settings
from homeport.settings.model import Setting, table


def _option(row: Setting) -> click.Option:
    """The option of one setting. Values are checked with the settings, so that all sources say the same."""
    many = row.shape in (list, dict)
    names = {int: "NUMBER", Path: "FOLDER", dict: "TOOL=RULE", list: "ORIGIN", bool: "true|false"}
    return click.Option(
        [row.option, row.name],
        metavar=row.about.placeholder or "|".join(row.choices) or names.get(row.shape, "TEXT"),
        multiple=many,
        is_flag=False,
        flag_value="true" if row.shape is bool else None,
        help=f"{row.about.help}  [{row.environment}]",
    )


def _settings_options() -> list[click.Parameter]:
    return [_option(row) for row in table().values()]


def real_engine(loaded: LoadedSettings) -> OwnEngine:
    """The Engine itself. Imported late: it brings the MCP SDK and the web framework."""
    from homeport.engine.engine import Engine

    return Engine(loaded)


def _run(options: dict[str, Any], *, serve: bool) -> None:
    parts: Parts = click.get_current_context().obj or Parts()
    loaded = load_settings(options=options, environ=os.environ, cwd=Path.cwd(), serve=serve)
    if serve or parts.tray is None or at_terminal():
        _require_folder(loaded)
    run_homeport(loaded, parts.make_engine or real_engine, None if serve else parts.tray)


def _require_folder(loaded: LoadedSettings) -> None:
    """A folder that was typed and is not there is a slip, and is said before anything starts. At a login nobody reads
    that, and the drive may come later: there, and for a folder chosen elsewhere, it is a warning while Homeport runs.
    """
    folder = loaded.settings.folder
    if folder is None or loaded.source("folder").kind != "option" or os.path.isdir(folder):
        return
    if os.path.exists(folder):
        its = shlex.quote(str(folder.parent))
        raise SettingsError(f"--folder: {folder} is a file.", hint=f"Give its folder: --folder {its}")
    near = next((f" ({parent} is there)" for parent in folder.parents if os.path.isdir(parent)), "")
    raise SettingsError(
        f"--folder: there is no folder {folder}.",
        hint=f"Look how it is written{near}, connect its drive, or leave --folder out.",
    )


class PlainContext(TypedContext):
    """What is said about the options of plain `homeport` does not name the hidden command that takes them."""

    @property
    def command_path(self) -> str:
        return self.parent.command_path if self.parent else super().command_path


class Plain(click.Command):
    context_class = PlainContext


@click.command(cls=Plain, params=_settings_options(), hidden=True)
def run(**options: Any) -> None:
    """Run Homeport in this terminal, which asks for the code when somebody wants in."""
    _run(options, serve=False)


@click.command(params=_settings_options())
def serve(**options: Any) -> None:
    """Run Homeport without asking anything here: for servers and containers. Approve with `homeport approve`."""
    _run(options, serve=True)
