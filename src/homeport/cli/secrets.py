"""`homeport secrets`: what there is, and how a person sets and removes it. No value is ever printed."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import click

from homeport.cli.groups import Group
from homeport.cli.own_vault import SecretsDesk, secrets_desk
from homeport.cli.remote import data_dir_of, data_dir_option, json_option, wait_for
from homeport.cli.secret_input import TypedValues, say_yes
from homeport.cli.words import as_json as to_json
from homeport.cli.words import columns
from homeport.engine.protocol import SecretSummary
from homeport.engine.secrets import NGROK_TOKEN, PRIVY_APP_SECRET
from homeport.errors import ConfirmationNeeded
from homeport.foreign_text import clean
from homeport.settings.as_typed import as_typed

PRIVY = "privy"


@click.group(cls=Group, invoke_without_command=True)
@click.pass_context
@json_option
@data_dir_option
def secrets(ctx: click.Context, as_json: bool, data_dir: str | None) -> None:
    """List secrets by name; set or delete one; take over a .env file."""
    if ctx.invoked_subcommand is None:
        _list(as_json, data_dir)
    ctx.obj = data_dir


@secrets.command("list")
@click.pass_obj
@json_option
@data_dir_option
def secrets_list(outer: str | None, as_json: bool, data_dir: str | None) -> None:
    """List which secrets there are, what for, and where they are. Values are never shown."""
    _list(as_json, data_dir or outer)


@secrets.command("set")
@click.argument("name")
@click.option("--app-id", metavar="ID", help="With `set privy`: the app id, so that only the secret is asked for.")
@click.option("--unchecked", is_flag=True, help="With `set privy`: store it where Privy cannot be asked.")
@click.option("--yes", "confirmed", is_flag=True, help="Replace a key although connections depend on it.")
@click.pass_obj
@data_dir_option
def secrets_set(
    outer: str | None, name: str, app_id: str | None, unchecked: bool, confirmed: bool, data_dir: str | None
) -> None:
    """Set the secret NAME: it is asked for hidden, or read from standard input.

    `set privy` asks for the app id and the secret of your Privy app, checks both, and says what to change at Privy.
    `set ngrok` tries the authtoken by opening the tunnel.
    """
    folder = data_dir_of(data_dir or outer)
    if name == PRIVY:
        from homeport.cli.privy_setting import set_privy

        wait_for(set_privy(folder, app_id or "", unchecked=unchecked))
        return
    if app_id or unchecked:
        raise click.UsageError(as_typed("--app-id and --unchecked belong to `homeport secrets set privy`."))
    if name == NGROK_TOKEN:
        from homeport.cli.ngrok_token import set_ngrok

        wait_for(set_ngrok(folder))
        return
    value = TypedValues().hidden(name)

    async def store(desk: SecretsDesk, sure: bool) -> None:
        await desk.set_secret(name, value, confirmed=sure)

    running = _with_desk(folder, store, confirmed)
    click.echo(f"The secret {name} is set.{_when_it_counts(name, running)}")


@secrets.command("delete")
@click.argument("name")
@click.option("--yes", "confirmed", is_flag=True, help="Delete a key although connections depend on it.")
@click.pass_obj
@data_dir_option
def secrets_delete(outer: str | None, name: str, confirmed: bool, data_dir: str | None) -> None:
    """Delete the secret NAME. Keys that Homeport makes itself are made anew at its next start."""
    name = PRIVY_APP_SECRET if name == PRIVY else name

    async def delete(desk: SecretsDesk, sure: bool) -> None:
        await desk.delete_secret(name, confirmed=sure)

    running = _with_desk(data_dir_of(data_dir or outer), delete, confirmed)
    click.echo(f"The secret {clean(name)} is deleted.{_when_it_counts(name, running)}")


@secrets.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--unchecked", is_flag=True, help="Store a Privy app secret where Privy cannot be asked.")
@click.option("--yes", "confirmed", is_flag=True, help="Replace a key although connections depend on it.")
@click.pass_obj
@data_dir_option
def secrets_import(outer: str | None, file: Path, unchecked: bool, confirmed: bool, data_dir: str | None) -> None:
    """Take over a .env FILE of the reference implementation.

    Its secrets go into the keyring, its choices into homeport.toml. The file itself stays as it is.
    """
    from homeport.cli.dotenv import import_dotenv

    wait_for(import_dotenv(data_dir_of(data_dir or outer), file, unchecked=unchecked, confirmed=confirmed))


@secrets.command("generate")
@click.argument("file", type=click.Path(path_type=Path))
def secrets_generate(file: Path) -> None:
    """Write fresh keys for a server into a new FILE, for `docker run --env-file FILE` and the like.

    All replicas of one server get the same file. The keys of this computer stay as they are.
    """
    from homeport.clock import system_clock, system_randomness
    from homeport.engine.server_secrets import write_fresh_secrets

    names = write_fresh_secrets(file, clock=system_clock, random=system_randomness)
    click.echo(f"{file} holds {', '.join(names)}. Only you can read it; put it where your server finds its secrets.")


def _with_desk(folder: Path, change: Callable[[SecretsDesk, bool], Awaitable[None]], confirmed: bool) -> bool:
    """Make the change, asking first where something would end. The answer: whether Homeport runs."""

    async def once(sure: bool) -> bool:
        async with secrets_desk(folder, os.environ, Path.cwd()) as (desk, running):
            await change(desk, sure)
            return running

    try:
        return wait_for(once(confirmed))
    except ConfirmationNeeded as needed:
        # Asked while nobody holds the lock: a person may think about it for long.
        if not say_yes(f"{needed.message} Do it?"):
            raise
    return wait_for(once(True))


def _when_it_counts(name: str, running: bool) -> str:
    if not running or name == PRIVY_APP_SECRET:
        return ""
    return " The running Homeport uses what it began with until it starts again."


def _list(as_json: bool, data_dir: str | None) -> None:
    async def ask() -> list[SecretSummary]:
        async with secrets_desk(data_dir_of(data_dir), os.environ, Path.cwd()) as (desk, _):
            return await desk.secrets()

    found = wait_for(ask())
    if as_json:
        click.echo(to_json(found))
        return
    rows = [(clean(s.name), clean(s.where, 200) if s.present else "not set", clean(s.about, 200)) for s in found]
    click.echo(columns(("NAME", "WHERE", "WHAT FOR"), rows))
