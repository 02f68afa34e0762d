"""`homeport secrets import FILE`: stores what a .env file holds for Homeport, and says what became of each name."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

import click

from homeport.cli.own_vault import SecretsDesk, secrets_desk
from homeport.cli.privy_setting import check_or_ask, place_of, say_what_is_next
from homeport.cli.secret_input import say_yes
from homeport.cli.words import count
from homeport.engine.dotenv_import import Choice, ImportedSecret, ImportPlan, read_dotenv
from homeport.errors import ConfirmationNeeded, SettingsError
from homeport.foreign_text import clean
from homeport.settings.folders import FILE_NAME
from homeport.settings.model import table
from homeport.settings.write import write_setting


async def import_dotenv(data_dir: Path, file: Path, *, unchecked: bool, confirmed: bool) -> None:
    """Raises HomeportError, before anything is stored, for a file that does not fit or a secret that is wrong."""
    plan = read_dotenv(file, data_dir)
    if not plan.choices and not plan.secrets:
        _say_ignored(plan)
        raise SettingsError(f"{file} holds nothing for Homeport. Nothing was changed.")
    # The address of this file is the one that Privy must allow.
    urls = [str(choice.value) for choice in plan.choices if choice.name == "public_url"]
    environ = {**os.environ, **({"HOMEPORT_PUBLIC_URL": urls[0]} if urls else {})}
    async with secrets_desk(data_dir, environ, Path.cwd()) as (desk, running):
        if plan.privy_app_id and plan.privy_app_secret:
            await check_or_ask(desk, plan.privy_app_id, plan.privy_app_secret, unchecked=unchecked)
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
        click.echo("It counts when Homeport starts again: homeport stop --quit")
    path = clean(str(file), 1000)
    others = "If nothing else does either, delete it" if plan.ignored else "Delete it"
    click.echo(f"Homeport does not need {path} any more. {others}: rm {shlex.quote(path)}")


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
