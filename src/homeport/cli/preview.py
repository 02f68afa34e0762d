"""`homeport preview`: opens the preview of the running Homeport in the browser."""

from __future__ import annotations

import os
import re
import sys

import click

from homeport.cli.over_ssh import how_to_open
from homeport.cli.remote import connect, data_dir_of, data_dir_option, wait_for
from homeport.control.opening_page import FILE_NAME as OPENING_PAGE
from homeport.desktop.presence import has_desktop
from homeport.settings.as_typed import as_typed

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")


def _checked(_: click.Context, __: click.Parameter, name: str | None) -> str:
    if name is not None and not _NAME.fullmatch(name):
        raise click.BadParameter("a simulation is named in 1 to 64 characters of a-z, 0-9, - and _, without .json")
    return name or ""


@click.command()
@click.option(
    "--simulation", metavar="NAME", callback=_checked, help="Begin with previews/NAME.json of the app's folder."
)
@click.option("--print", "prints", is_flag=True, help="Print the address instead of opening a browser.")
@data_dir_option
def preview(simulation: str, prints: bool, data_dir: str | None) -> None:
    """Show the app's widgets as ChatGPT would. The address works once, within a minute."""
    engine = connect(data_dir)
    if not prints and has_desktop(os.environ, sys.platform):
        import webbrowser

        wait_for(engine.write_opening_page("preview", simulation=simulation))
        # A browser is started with this address, which every user of the computer can read: the code stays in the file.
        if webbrowser.open((data_dir_of(data_dir).resolve() / OPENING_PAGE).as_uri()):
            click.echo(as_typed("The preview opens in your browser. If it does not: homeport preview --print"))
            return
    code = wait_for(engine.session_code())
    more = f"&simulation={simulation}" if simulation else ""
    click.echo(how_to_open(engine.dashboard, os.environ, again="preview"), err=True)
    click.echo(f"{engine.dashboard}preview#code={code}{more}")
