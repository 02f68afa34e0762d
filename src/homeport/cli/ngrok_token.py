"""`homeport secrets set ngrok`: asks for the authtoken once, and tries it by opening the tunnel where Homeport runs."""

from __future__ import annotations

import os
from pathlib import Path

import click

from homeport.cli.own_vault import secrets_desk
from homeport.cli.secret_input import TypedValues, say_yes
from homeport.control.client import RemoteEngine
from homeport.engine.protocol import TunnelStatus
from homeport.engine.secrets import NGROK_TOKEN, require_fit
from homeport.foreign_text import clean
from homeport.tunnel.ngrok_token import find_token

TOKEN_PAGE = "https://dashboard.ngrok.com/get-started/your-authtoken"


async def set_ngrok(data_dir: Path) -> None:
    """Ask for it, try it, keep it. Raises HomeportError; a refused token is not kept."""
    token = _ask()
    require_fit(NGROK_TOKEN, token)
    async with secrets_desk(data_dir, os.environ, Path.cwd()) as (desk, _):
        if isinstance(desk, RemoteEngine):
            status = await desk.status()
            if status.tunnel == "ngrok":
                if status.state == "online":
                    click.echo("Opening the tunnel with it ...", err=True)
                after = await desk.set_tunnel_token(token)
                click.echo(_said(after, online=status.state == "online"))
                if after.state == "error":
                    click.get_current_context().exit(1)
                return
        await desk.set_secret(NGROK_TOKEN, token)
    click.echo("ngrok's token is stored. It is tried when Homeport next opens a tunnel with ngrok.")


def _ask() -> str:
    found = find_token(os.environ)
    if found is not None and say_yes(f"Use the authtoken from {found.where}?"):
        return found.token
    click.echo(f"The authtoken of your ngrok account stands at {TOKEN_PAGE}", err=True)
    return TypedValues().hidden("ngrok authtoken")


def _said(status: TunnelStatus, *, online: bool) -> str:
    if status.state == "up":
        return f"ngrok accepts the token. The public URL is {status.public_url}"
    if not online:
        return "ngrok's token is stored. It is tried when Homeport starts."
    why = f" {clean(status.cause, 300)} {clean(status.action, 300)}".rstrip()
    how = "but the tunnel does not work" if status.state == "error" else "and the tunnel is not up yet"
    return f"ngrok's token is stored, {how}.{why}"
