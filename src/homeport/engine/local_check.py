"""Looks at this computer for the doctor: what Homeport needs here, whether it runs or not. Changes nothing.

What each finding means is `doctor.local`'s to judge.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from homeport import bundles
from homeport.clock import Clock
from homeport.doctor import local
from homeport.doctor.asking import Asking
from homeport.doctor.hop import Hop, in_order
from homeport.doctor.local import PortUse, PrivyFinding
from homeport.engine.protocol import TunnelStatus
from homeport.engine.secrets import PRIVY_APP_SECRET
from homeport.errors import HomeportError, PortTaken, SettingsError
from homeport.listening import bind, holder_of
from homeport.network import Network
from homeport.settings import LoadedSettings
from homeport.store.looking import look as look_at_database
from homeport.vault.looking import Seen
from homeport.vault.looking import look as look_at_vault

PAGES = ("dashboard", "preview")
SCRIPTS = ("sign-in",)
CLOCK_URL = "https://chatgpt.com/"
"""Whose clock is asked where nobody else answered: the service that this computer is to be reached by."""
KEYRING_SECONDS = 20.0
CLOCK_SECONDS = 5.0


async def check_locally(
    loaded: LoadedSettings,
    *,
    environ: Mapping[str, str],
    network: Network,
    clock: Clock,
    ours: Callable[[str], int] = lambda name: 0,
    date: tuple[str, float, str] = ("", 0.0, ""),
    tunnel: TunnelStatus | None = None,
    public_url: str = "",
) -> list[Hop]:
    """Everything on this computer.

    `ours(name)` is the port that the running Homeport has as this setting's, or 0. `date` is a Date header, when this
    clock read it and who sent it; without one an https server is asked. `public_url` is the origin people sign in at.
    """
    settings = loaded.settings
    seen, keyring = await _vault(settings.data_dir, environ)
    found = [local.judge_settings(None, loaded.notices), *_folder(settings.data_dir), keyring]
    found += [await _database(settings.database), _keys(loaded, seen), _ports(loaded, ours), _bundles()]
    if settings.provider == "privy":
        found.append(await _privy(loaded, seen, network, public_url or settings.public_url))
    found.append(await _clock(network, clock, date))
    if tunnel is not None:
        used = (
            ("requests", tunnel.requests, tunnel.request_limit),
            ("bytes", tunnel.bytes_out, tunnel.byte_limit),
        )
        found.append(
            local.judge_tunnel(
                tunnel.provider, tunnel.state, tunnel.cause, tunnel.action, used=used, month=tunnel.month
            )
        )
    return list(in_order(found))


def _folder(data_dir: Path) -> list[Hop]:
    """The data folder as it is. Where there is none yet, the folder it would be made in."""
    there = data_dir
    while not there.exists() and there != there.parent:
        there = there.parent
    error: HomeportError | None = None
    problem = ""
    if data_dir.exists():
        from homeport.settings.private_folder import require_own_folder

        try:
            require_own_folder(data_dir)
        except SettingsError as refused:
            error = refused
    try:
        with tempfile.NamedTemporaryFile(dir=there, prefix=".homeport-doctor-") as file:
            file.write(b"x")
            file.flush()
            os.fsync(file.fileno())
    except OSError as refused:
        problem = refused.strerror or type(refused).__name__
    hops = [local.judge_folder(str(data_dir), error, exists=data_dir.exists(), problem=problem)]
    with contextlib.suppress(OSError):  # The folder's own hop has said it.
        hops.append(local.judge_disk(str(there), shutil.disk_usage(there).free))
    return hops


async def _vault(data_dir: Path, environ: Mapping[str, str]) -> tuple[Seen | None, Hop]:
    try:
        seen = await look_at_vault(data_dir=data_dir, environ=environ, timeout=KEYRING_SECONDS)
    except HomeportError as error:
        return None, local.failed_by("keyring", error)
    return seen, local.judge_keyring(seen.title, seen.warning)


async def _database(url: str) -> Hop:
    from homeport.doctor import hop

    try:
        return hop.ok("database", await look_at_database(url))
    except HomeportError as error:
        return local.failed_by("database", error)


def _keys(loaded: LoadedSettings, seen: Seen | None) -> Hop:
    from homeport.keys.imported import NAME, ImportedPair, pair_from_text

    try:
        pair = None
        if loaded.imported_keys is not None:
            pair = ImportedPair.parse(loaded.imported_keys.private_key, loaded.imported_keys.public_key)
        elif seen is not None and (text := seen.secrets.get(NAME)):
            pair = pair_from_text(text)
    except HomeportError as error:
        return local.judge_keys(error, "")
    return local.judge_keys(None, pair.algorithm if pair is not None else "")


def _ports(loaded: LoadedSettings, ours: Callable[[str], int]) -> Hop:
    settings = loaded.settings
    uses = []
    for name, host in (("port", settings.host), ("control_port", "127.0.0.1")):
        wanted = int(getattr(settings, name))
        running = ours(name)
        fixed = loaded.given(name) or (name == "port" and settings.tunnel == "fixed")
        free = wanted == 0 or running != 0 or _is_free(host, wanted)
        holder = "" if free else holder_of(wanted)
        uses.append(PortUse(name, running or wanted, free, running != 0, holder, fixed))
    return local.judge_ports(uses)


def _is_free(host: str, port: int) -> bool:
    try:
        for bound in bind(host, port):
            bound.close()
    except PortTaken:
        return False
    except SettingsError:
        return True  # No address of this computer: that is another finding, and the settings' own.
    return True


def _bundles() -> Hop:
    try:
        for name in PAGES:
            bundles.page(name)
        for name in SCRIPTS:
            bundles.script(name)
    except HomeportError as error:
        return local.judge_bundles(error, "")
    return local.judge_bundles(None, bundles.build_error())


async def _privy(loaded: LoadedSettings, seen: Seen | None, network: Network, origin: str) -> Hop:
    from homeport.engine.privy_check import check_privy

    app_id = loaded.settings.privy_app_id
    secret = (seen.secrets.get(PRIVY_APP_SECRET) if seen is not None else "") or loaded.privy_app_secret
    if not app_id or not secret:
        return local.judge_privy(app_id, secret=bool(secret), findings=(), error=None)
    try:
        check = await check_privy(
            app_id, secret, client_id=loaded.settings.privy_client_id, origin=origin, network=network
        )
    except HomeportError as error:
        return local.judge_privy(app_id, secret=True, findings=(), error=error)
    findings = [PrivyFinding(f.what, f.where, f.fix, f.blocking) for f in check.findings]
    return local.judge_privy(app_id, secret=True, findings=findings, error=None)


async def _clock(network: Network, clock: Clock, date: tuple[str, float, str]) -> Hop:
    said, read_at, who = date
    if said:
        return local.judge_clock(said, read_at, who)
    asking = Asking(network, most=1, seconds=CLOCK_SECONDS, clock=clock)
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOCK_SECONDS):
                await asking.ask("HEAD", CLOCK_URL)
    finally:
        await asking.close()
    return local.judge_clock(asking.date, asking.date_read_at, "chatgpt.com")
