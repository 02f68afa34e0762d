"""Commands about the running Homeport as a whole: status, url, start, stop, open."""

from __future__ import annotations

import json
import os
import sys
import time

import click

from homeport.cli.over_ssh import how_to_open
from homeport.cli.remote import connect, data_dir_of, data_dir_option, json_option, wait_for
from homeport.cli.words import as_json as to_json
from homeport.cli.words import status_text
from homeport.control.instance import is_held
from homeport.control.opening_page import FILE_NAME as OPENING_PAGE
from homeport.desktop.presence import has_desktop
from homeport.errors import HomeportError, NotRunning
from homeport.foreign_text import clean
from homeport.settings.as_typed import as_typed

QUIT_SECONDS = 10.0


@click.command()
@json_option
@data_dir_option
def status(as_json: bool, data_dir: str | None) -> None:
    """Show how the running Homeport is. Exit code 1: none runs."""
    try:
        found = wait_for(connect(data_dir).status())
    except NotRunning as error:
        if as_json:
            click.echo(json.dumps({"state": "not_running", "problem": error.message}, indent=2))
            raise SystemExit(1) from None
        raise
    click.echo(to_json(found) if as_json else status_text(found, time.time()))


@click.command()
@data_dir_option
def url(data_dir: str | None) -> None:
    """Print the connector URL, the one to paste into ChatGPT."""
    found = wait_for(connect(data_dir).status())
    click.echo(found.connector_url)
    if not found.public_url:
        why = " ".join(filter(None, (found.tunnel_state.cause, found.tunnel_state.action)))
        what = clean(why, 600) or "For ChatGPT, start with --public-url."
        click.echo(as_typed(f"Only programs on this computer can use it. {what}"), err=True)


@click.command()
@data_dir_option
def start(data_dir: str | None) -> None:
    """Let ChatGPT in again after `homeport stop`."""
    engine = connect(data_dir)
    wait_for(engine.start())
    found = wait_for(engine.status())
    click.echo(f"Homeport serves {found.connector_url}")
    tunnel = found.tunnel_state
    if not found.public_url and tunnel.state not in ("off", "up"):
        why = " ".join(filter(None, (tunnel.cause, tunnel.action))) or "The tunnel is on its way."
        click.echo(as_typed(f"Only programs on this computer can use it so far. {clean(why, 600)}"), err=True)


@click.command()
@click.option("--quit", "ends", is_flag=True, help="End the Homeport process, not only its public side.")
@data_dir_option
def stop(ends: bool, data_dir: str | None) -> None:
    """Close the public side: ChatGPT is answered no longer. Grants stay and work again after `homeport start`."""
    engine = connect(data_dir)
    if not ends:
        wait_for(engine.stop())
        click.echo(as_typed("Homeport no longer answers ChatGPT. `homeport start` lets it in again."))
        return
    wait_for(engine.quit())
    folder = data_dir_of(data_dir)
    deadline = time.monotonic() + QUIT_SECONDS
    while is_held(folder):
        if time.monotonic() > deadline:
            raise HomeportError("Homeport was asked to end and has not ended yet.", hint="See `homeport status`.")
        time.sleep(0.05)
    click.echo("Homeport has ended.")


@click.command("open")
@click.option("--print", "prints", is_flag=True, help="Print the address instead of opening a browser.")
@data_dir_option
def open_dashboard(prints: bool, data_dir: str | None) -> None:
    """Open the dashboard. Its address works once, within a minute."""
    engine = connect(data_dir)
    if not prints and has_desktop(os.environ, sys.platform):
        import webbrowser

        wait_for(engine.write_opening_page())
        # A browser is started with this address, which every user of the computer can read: the code stays in the file.
        if webbrowser.open((data_dir_of(data_dir).resolve() / OPENING_PAGE).as_uri()):
            click.echo(as_typed("The dashboard opens in your browser. If it does not: homeport open --print"))
            return
    address = f"{engine.dashboard}#code={wait_for(engine.session_code())}"
    click.echo(how_to_open(engine.dashboard, os.environ, again="open"), err=True)
    click.echo(address)
