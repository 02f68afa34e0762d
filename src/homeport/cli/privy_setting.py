"""`homeport secrets set privy`: app id and secret, checked with Privy before anything is stored."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

import click

from homeport.cli.own_vault import PrivyDesk, SecretsDesk, secrets_desk, with_app_id
from homeport.cli.secret_input import TypedValues, say_yes
from homeport.engine.protocol import PrivyCheck
from homeport.engine.secrets import PRIVY_APP_SECRET
from homeport.errors import PrivyAway, SettingsError, WrongPrivyApp
from homeport.foreign_text import clean
from homeport.settings import load_settings
from homeport.settings.as_typed import as_typed
from homeport.settings.folders import FILE_NAME
from homeport.settings.write import write_setting


async def set_privy(data_dir: Path, app_id: str, *, unchecked: bool) -> None:
    """Ask for what is missing, check it, store it. Raises HomeportError; what is wrong stores nothing."""
    environ, cwd = os.environ, Path.cwd()
    typed = TypedValues()
    app_id = app_id or typed.open("Privy app id", default=app_id_so_far(data_dir, environ, cwd))
    # Before the secret is typed and anything is asked of Privy: whether the settings could take it.
    settings = with_app_id(app_id, data_dir, environ, cwd).settings
    secret = typed.hidden("Privy app secret")
    async with secrets_desk(data_dir, environ, cwd) as (desk, running):
        address_known = running or bool(settings.public_url)
        await check_or_ask(desk, app_id, secret, unchecked=unchecked, address_known=address_known)
        await desk.set_secret(PRIVY_APP_SECRET, secret)
        where = await place_of(desk, PRIVY_APP_SECRET)
    write_setting(data_dir / FILE_NAME, "privy_app_id", app_id)
    click.echo(f"Stored: the app secret in {where}; privy_app_id in {data_dir / FILE_NAME}.")
    say_what_is_next(app_id, data_dir, environ, cwd, running=running)


async def check_or_ask(desk: PrivyDesk, app_id: str, secret: str, *, unchecked: bool, address_known: bool) -> None:
    """Check with Privy and say what it said; where it cannot be asked, the person may want to go on without.

    Raises WrongPrivyApp, and PrivyAway unless that is wanted.
    """
    try:
        check = await desk.check_privy(app_id, secret)
    except PrivyAway as away:
        if not unchecked and not say_yes(f"{away.message} Store it unchecked?"):
            raise PrivyAway(
                f"{away.message} Nothing was stored.", hint=f"{away.hint} To store it unchecked: --unchecked"
            ) from None
        click.echo("Privy cannot be reached: the app id and the secret are stored unchecked.")
        return
    refuse_wrong(check)
    say_check(check, address_known=address_known)


def say_check(check: PrivyCheck, *, address_known: bool) -> None:
    """What Privy said, with what to change where. Without an address most of it is not known yet."""
    click.echo(f"Privy knows the app {clean(check.app_name)} and accepts its secret.")
    if offered := [clean(method.label) for method in check.methods if method.offered]:
        click.echo(f"People can sign in with: {', '.join(offered)}.")
    for method in check.methods:
        if not method.offered:
            click.echo(f"Not with {clean(method.label)}: {clean(method.reason, 300)}")
    for finding in check.findings:
        click.echo("")
        click.echo(f"{'! ' if finding.blocking else ''}{clean(finding.what, 300)}")
        click.echo(f"  Where: {clean(finding.where, 300)}")
        click.echo(f"  Do:    {clean(finding.fix, 300)}")
    if check.findings:
        click.echo("")
    if check.ok and address_known:
        click.echo("Nothing else has to be changed at Privy before people can sign in.")
    if not check.ok:
        click.echo("Nobody can sign in with Privy before what is marked with ! is changed there.")
        click.echo("Once it is, nothing has to be entered here again.")


def refuse_wrong(check: PrivyCheck) -> None:
    """Raises WrongPrivyApp for an app or a secret that Privy does not know."""
    if check.credentials_ok:
        return
    finding = next((finding for finding in check.findings if finding.blocking), None)
    if finding is None:
        raise WrongPrivyApp("Privy does not accept this app id and secret. Nothing was stored.")
    where = clean(finding.where, 300)
    raise WrongPrivyApp(f"{clean(finding.what, 300)} Nothing was stored.", hint=f"{clean(finding.fix, 300)} ({where})")


async def place_of(desk: SecretsDesk, name: str) -> str:
    """Where a secret is now, for people."""
    return next((clean(s.where, 200) for s in await desk.secrets() if s.name == name), "the vault")


def say_what_is_next(app_id: str, data_dir: Path, environ: Mapping[str, str], cwd: Path, *, running: bool) -> None:
    """What a person must know after the app id was written: who overrides it, and what else has to be said."""
    loaded = load_settings(options={"data_dir": str(data_dir)}, environ=environ, cwd=cwd)
    settings = loaded.settings
    if not settings.public_url and not running:
        click.echo(
            "! There is no public_url yet, so whether Privy allows that address could not be checked: run this again "
            "when there is one. Until then nobody may be able to sign in."
        )
    if settings.privy_app_id != app_id:
        click.echo(
            f"! {loaded.source('privy_app_id')} says another app id, {clean(settings.privy_app_id)}, and wins: change "
            "it there, or take it out."
        )
    if settings.sign_in == "owner":
        click.echo(f"! {loaded.source('sign_in')} says sign_in is owner: people sign in with Privy once that is gone.")
    folder = f" --data-dir {shlex.quote(str(data_dir))}" if not _is_usual(data_dir, environ, cwd) else ""
    if not settings.people:
        click.echo(
            as_typed(
                "Who may enter: whom you invite (homeport people invite EMAIL) or let in when they ask. "
                "`homeport serve` needs that said, for example with --people invite."
            )
        )
    if running:
        click.echo(as_typed(f"It counts when Homeport starts again: homeport stop --quit{folder}"))


def _is_usual(data_dir: Path, environ: Mapping[str, str], cwd: Path) -> bool:
    from homeport.settings.folders import find_data_dir

    return find_data_dir(None, environ, cwd) == data_dir


def app_id_so_far(data_dir: Path, environ: Mapping[str, str], cwd: Path) -> str:
    """The app id of the settings, or empty."""
    try:
        return load_settings(options={"data_dir": str(data_dir)}, environ=environ, cwd=cwd).settings.privy_app_id
    except SettingsError:
        return ""  # Such as for sign_in = "privy" without an id.
