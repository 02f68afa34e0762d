"""`homeport secrets import FILE`: stores what a .env file holds for Homeport, and says what became of each name."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

import click

from homeport.cli.own_vault import OwnVault, PrivyFromHere, SecretsDesk, secrets_desk, with_app_id
from homeport.cli.privy_setting import app_id_so_far, check_or_ask, place_of, say_what_is_next
from homeport.cli.secret_input import say_yes
from homeport.cli.words import count
from homeport.engine.dotenv_import import Choice, ImportedSecret, ImportPlan, read_dotenv
from homeport.engine.secrets import PRIVY_APP_SECRET
from homeport.errors import ConfirmationNeeded, SettingsError
from homeport.foreign_text import clean
from homeport.settings.as_typed import as_typed
from homeport.settings.folders import FILE_NAME
from homeport.settings.model import table
from homeport.settings.write import write_setting

_FOR_THE_CHECK = ("public_url", "privy_client_id")


async def import_dotenv(data_dir: Path, file: Path, *, unchecked: bool, confirmed: bool) -> None:
    """Raises HomeportError, before anything is stored, for a file that does not fit or a secret that is wrong."""
    plan = read_dotenv(file, data_dir)
    if not plan.choices and not plan.secrets:
        _say_ignored(plan)
        raise SettingsError(f"{file} holds nothing for Homeport. Nothing was changed.")
    async with secrets_desk(data_dir, os.environ, Path.cwd()) as (desk, running):
        kept = await _check_privy(plan, desk, data_dir, running=running, unchecked=unchecked)
        for secret in plan.secrets:
            await _store(desk, secret, confirmed)
        places = {secret.name: await place_of(desk, secret.name) for secret in plan.secrets}
    for choice in plan.choices:
        write_setting(data_dir / FILE_NAME, choice.name, choice.value)
    for secret in plan.secrets:
        click.echo(f"{', '.join(secret.variables)}: stored as {secret.name} in {places[secret.name]}")
    for choice in plan.choices:
        click.echo(f"{', '.join(choice.variables)}: {_shown(choice)} in {data_dir / FILE_NAME}")
    _say_ignored(plan)
    if plan.privy_app_id:
        say_what_is_next(plan.privy_app_id, data_dir, os.environ, Path.cwd(), running=running)
    elif running:
        click.echo(as_typed("It counts when Homeport starts again: homeport stop --quit"))
    path = clean(str(file), 1000)
    if kept:
        click.echo(f"Keep {path} until people can sign in: {kept}")
        return
    others = "If nothing else does either, delete it" if plan.ignored else "Delete it"
    click.echo(f"Homeport does not need {path} any more. {others}: rm {shlex.quote(path)}")


async def _check_privy(plan: ImportPlan, desk: SecretsDesk, data_dir: Path, *, running: bool, unchecked: bool) -> str:
    """Check app id and secret together; a half that the file lacks is what Homeport has. The answer: why not, if not.

    Raises WrongPrivyApp and PrivyAway.
    """
    if not plan.privy_app_id and not plan.privy_app_secret:
        return ""
    # The address and the app client of this file are those that people will sign in with.
    chosen = {table()[c.name].environment: str(c.value) for c in plan.choices if c.name in _FOR_THE_CHECK}
    environ, cwd = {**os.environ, **chosen}, Path.cwd()
    app_id = plan.privy_app_id or app_id_so_far(data_dir, environ, cwd)
    secret = plan.privy_app_secret or (desk.stored(PRIVY_APP_SECRET) if isinstance(desk, OwnVault) else "")
    if not app_id:
        return as_typed(
            "its app secret is stored unchecked, without an app id. Both together: homeport secrets set privy"
        )
    if not secret:
        return as_typed(
            "its app id is stored unchecked, without an app secret. Both together: homeport secrets set privy"
        )
    if not plan.privy_app_id:
        click.echo(f"There is no app id in the file: its secret is tried with {clean(app_id)}, as in the settings.")
    if not plan.privy_app_secret:
        click.echo("There is no app secret in the file: its app id is tried with the secret that is stored.")
    has_address = bool(with_app_id(app_id, data_dir, environ, cwd).settings.public_url)
    # A running Homeport may have an address of its own, from a tunnel, but does not know this file's.
    privy = PrivyFromHere(data_dir, environ, cwd) if has_address else desk
    await check_or_ask(privy, app_id, secret, unchecked=unchecked, address_known=running or has_address)
    return ""


async def _store(desk: SecretsDesk, secret: ImportedSecret, confirmed: bool) -> None:
    try:
        await desk.set_secret(secret.name, secret.value, confirmed=confirmed)
    except ConfirmationNeeded as needed:
        if not say_yes(f"{needed.message} Replace it?"):
            raise
        await desk.set_secret(secret.name, secret.value, confirmed=True)


def _shown(choice: Choice) -> str:
    """The choice as homeport.toml holds it; what may hold a password is not shown."""
    if table()[choice.name].about.secret:
        return choice.name
    return f"{choice.name} = {clean(json.dumps(choice.value), 300)}"


def _say_ignored(plan: ImportPlan) -> None:
    for name, why in plan.ignored:
        click.echo(f"{name}: not taken over, {why}")
    if plan.nameless:
        click.echo(f"{count(plan.nameless, 'other line')} not taken over")
