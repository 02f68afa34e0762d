"""Opens what people need to sign in: who may enter, Privy where it is set up, and the sessions that tools call with."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass

from homeport.auth.server import SignedInPeople
from homeport.clock import Clock
from homeport.keys.columns import ColumnKey
from homeport.keys.remote import RemoteKeys
from homeport.network import Network
from homeport.origins import Origins
from homeport.people.admission import Admission, AdmissionPolicy
from homeport.settings import LoadedSettings
from homeport.store import Database
from homeport.vault import Vault

PRIVY_SECRET = "privy-app-secret"
FIRST_RETRY = 5.0
"""Seconds: a laptop that starts without a network must not keep people out for a minute once there is one."""


@dataclass(frozen=True, slots=True)
class LivePolicy:
    """The setting `people` as it is now."""

    loaded: Callable[[], LoadedSettings]

    def __call__(self) -> AdmissionPolicy:
        loaded = self.loaded()
        return AdmissionPolicy.parse(loaded.settings.people, serve=loaded.serve)


async def open_people(
    loaded: LoadedSettings,
    live: Callable[[], LoadedSettings],
    vault: Vault,
    database: Database,
    network: Network,
    origins: Origins,
    opened: contextlib.AsyncExitStack,
    *,
    clock: Clock,
) -> SignedInPeople:
    """Whatever is opened is closed with `opened`."""
    settings = loaded.settings
    admission = Admission(LivePolicy(live))
    if settings.provider != "privy":
        return SignedInPeople(admission)
    # Only where it is used: it takes a tenth of the start.
    from homeport.outbound import http_client
    from homeport.people.privy import Privy
    from homeport.people.privy_api import PrivyApi
    from homeport.people.privy_sessions import PrivySessions

    http = http_client(network)
    opened.push_async_callback(http.aclose)
    api = PrivyApi(
        settings.privy_app_id,
        secret=lambda: vault.get(PRIVY_SECRET) or loaded.privy_app_secret or None,
        http=http,
        client_id=settings.privy_client_id or None,
    )
    folder = settings.data_dir / "privy"
    keys = RemoteKeys(fetch=api.jwks, folder=folder, first_retry=FIRST_RETRY, clock=clock)
    opened.push_async_callback(keys.close)
    client_id = settings.privy_client_id or None
    privy = Privy(settings.privy_app_id, client_id=client_id, api=api, keys=keys, folder=folder, clock=clock)
    opened.push_async_callback(privy.close)
    sessions = None
    if settings.backend_auth == "privy" and settings.backend_url:
        sessions = PrivySessions(
            database,
            await ColumnKey.load(vault),
            api,
            clock=clock,
            stay_signed_in=settings.stay_signed_in,
            origin=lambda: origins.preferred.url,
        )
        opened.push_async_callback(sessions.close)
    wallets = settings.privy_create_wallet == "users-without-wallets"
    return SignedInPeople(admission, privy, sessions, create_wallets=wallets)
