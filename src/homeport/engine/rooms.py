"""Opens everything one data folder needs, in the right order, and closes it again in the reverse one."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from homeport.activity import ActivityLog
from homeport.approvals.call_desk import CallDesk
from homeport.apps.app import App
from homeport.auth.fetch import Fetcher
from homeport.auth.grant_tables import GRANTS_CHANNEL
from homeport.auth.server import AuthKeys, AuthorizationServer, SignedInPeople
from homeport.auth.tokens import Tokens
from homeport.clock import Clock, Randomness
from homeport.engine import facts
from homeport.engine.backend import EngineBackend
from homeport.engine.computer import computer_name
from homeport.engine.discovery import Discovery
from homeport.engine.first_times import FirstTimes
from homeport.engine.lasting import require_lasting
from homeport.engine.live_settings import LiveSettings
from homeport.engine.log_ring import LogRing
from homeport.engine.people import open_people
from homeport.engine.probe import SelfProbe
from homeport.engine.served import AppSource, Served
from homeport.engine.sources import settings_changed
from homeport.events import EventBus
from homeport.keys.imported import imported_pair
from homeport.keys.remote import RemoteKeys
from homeport.keys.signing import SigningKeys
from homeport.mcp_server.asking import OwnerAsked
from homeport.mcp_server.calls import ToolCalls
from homeport.mcp_server.dispatch import AppDispatch
from homeport.mcp_server.endpoint import McpEndpoint
from homeport.mcp_server.open_streams import OpenStreams
from homeport.mcp_server.pause import Pause
from homeport.mcp_server.resources import WidgetResources
from homeport.mcp_server.tool_lists import ToolLists
from homeport.network import Network
from homeport.origins import Origins
from homeport.public import AllowedOrigins, PublicApp
from homeport.settings import LoadedSettings
from homeport.settings.private_folder import require_own_folder
from homeport.store import Database, open_database
from homeport.vault import Vault, open_vault

logger = logging.getLogger(__name__)

ATTENDED_SECONDS = 120.0
"""How long the keyring may take where somebody can type its password."""
UNATTENDED_SECONDS = 10.0
SILENT_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Seams:
    """What touches the world outside and is handed in, so that tests can play the world."""

    clock: Clock
    random: Randomness
    network: Network
    environ: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Rooms:
    """The open parts of one engine."""

    vault: Vault
    database: Database
    signing: SigningKeys
    activity: ActivityLog
    auth: AuthorizationServer
    people: SignedInPeople
    backend: EngineBackend
    served: Served
    endpoints: Mapping[str, McpEndpoint]
    tool_lists: Mapping[str, ToolLists]
    widgets: Mapping[str, WidgetResources]
    fetcher: Fetcher
    remote_keys: RemoteKeys
    public: PublicApp
    dispatches: Mapping[str, AppDispatch]
    live: LiveSettings
    pause: Pause
    calls: CallDesk
    first_times: FirstTimes
    computer: str
    logs: LogRing
    opened: contextlib.AsyncExitStack

    def tool_list_digest(self, path: str) -> str:
        """The digest of today's tool list at `path`."""
        return self.dispatches[path].listing.digest

    async def close(self) -> None:
        """Close what was opened, the last one first; each of them, also when one fails."""
        await self.opened.aclose()


async def open_rooms(
    loaded: LoadedSettings,
    seams: Seams,
    origins: Origins,
    events: EventBus,
    probe: SelfProbe,
    opened: contextlib.AsyncExitStack,
    *,
    sources: Callable[[Database], Mapping[str, AppSource]],
    pasted_without_path: Callable[[], None],
    version: str,
) -> Rooms:
    """Vault and database first, at the same time; then what needs them.

    Each part is in `opened` as soon as it is open: after an error, closing that leaves nothing open.
    """
    settings = loaded.settings
    logs = LogRing()
    logging.getLogger().addHandler(logs)
    opened.callback(logging.getLogger().removeHandler, logs)
    require_lasting(loaded, seams.environ)
    require_own_folder(settings.data_dir)
    clock, random = seams.clock, seams.random
    vault, database = await _open_both(loaded, seams)
    opened.push_async_callback(database.close)
    pair = imported_pair(loaded.imported_keys, vault)
    signing = await SigningKeys.load(vault, clock=clock, imported=pair)
    keys = AuthKeys(
        refresh=bytes.fromhex(await vault.ensure("refresh-key", lambda: random(32).hex())),
        approval=bytes.fromhex(await vault.ensure("approval-key", lambda: random(32).hex())),
    )
    activity = ActivityLog(database, clock=clock, randomness=random)
    opened.push_async_callback(activity.close)
    opened.callback(events.subscribe(activity.record))
    served = Served(sources(database))
    for source in served.sources.values():
        opened.push_async_callback(source.stop)
        await source.start()
    tokens = Tokens(signing, lifetime_seconds=loaded.access_token_seconds, clock=clock, random=random)
    fetcher = Fetcher(seams.network, is_own_host=origins.is_own_host, clock=clock)
    opened.push_async_callback(fetcher.aclose)
    remote_keys = RemoteKeys(fetch=fetcher.keys, folder=settings.data_dir / "client-keys", clock=clock)
    opened.push_async_callback(remote_keys.close)
    people = await open_people(
        loaded, lambda: live.current(), vault, database, seams.network, origins, opened, clock=clock
    )
    backend = await EngineBackend.open(
        settings,
        vault=vault,
        database=database,
        network=seams.network,
        clock=clock,
        random=random,
        privy_token=people.sessions.token if people.sessions is not None else None,
    )
    opened.push_async_callback(backend.close)
    auth = AuthorizationServer(
        database,
        tokens,
        keys,
        fetcher,
        remote_keys,
        origins,
        served,
        events,
        own_network=lambda: probe.own_network,
        pasted_without_path=pasted_without_path,
        people=people,
        backend_jwks=backend.jwks,
        clock=clock,
        random=random,
    )
    opened.push_async_callback(auth.close)
    allowed = AllowedOrigins(origins, settings.allowed_origins)

    def changed(new: LoadedSettings) -> None:
        tokens.lifetime_seconds = new.access_token_seconds
        allowed.extra = frozenset(new.settings.allowed_origins)
        settings_changed(served.sources.values(), new.settings)

    live = LiveSettings(loaded, changed)
    open_streams = OpenStreams(clock=clock)
    opened.callback(database.listen(GRANTS_CHANNEL, open_streams.end_grant))
    computer = computer_name()
    pause = Pause(computer=computer, paused=await database.transaction(facts.read_paused))
    opened.callback(database.listen(facts.PAUSE_CHANNEL, pause.heard))
    desk = CallDesk(events, clock=clock)
    opened.callback(database.listen(GRANTS_CHANNEL, desk.end_grant))
    # Where nobody sits at the computer nobody can be asked.
    asked = None if loaded.serve else OwnerAsked(desk.ask, computer=computer)
    first_times = FirstTimes(database, events, served.apps, clock=clock)
    await first_times.load()
    opened.push_async_callback(first_times.close)
    opened.callback(events.subscribe(first_times.heard))
    endpoints: dict[str, McpEndpoint] = {}
    tool_lists: dict[str, ToolLists] = {}
    widgets: dict[str, WidgetResources] = {}
    dispatches: dict[str, AppDispatch] = {}
    for path, source in served.sources.items():
        tool_lists[path] = ToolLists(database=database, path=path, publish=events.publish, clock=clock)
        opened.push_async_callback(tool_lists[path].stop)
        widgets[path] = WidgetResources(
            app=_current(source),
            pages=source.pages,
            path=path,
            live=source.live,
            database=database,
            clock=clock,
        )
        opened.callback(widgets[path].stop)
        calls = ToolCalls(
            app=_current(source),
            record=events.publish,
            backend=backend.of,
            rule=live.rule,
            pause=pause,
            asked=asked,
            clock=clock,
            random=random,
        )
        dispatches[path] = AppDispatch(
            app=_current(source),
            calls=calls,
            tool_lists=tool_lists[path],
            resources=widgets[path],
            fetched=first_times.fetched,
            version=version,
        )
        endpoints[path] = McpEndpoint(
            dispatches[path],
            path=path,
            access=auth.access,
            origin_allowed=allowed,
            open_streams=open_streams,
        )
        opened.push_async_callback(endpoints[path].stop)
    discovery = Discovery(events, probe, clock=clock)
    public = PublicApp(origins, allowed, auth.routes(), endpoints, probed=probe.heard, discovered=discovery.heard)
    return Rooms(
        vault,
        database,
        signing,
        activity,
        auth,
        people,
        backend,
        served,
        endpoints,
        tool_lists,
        widgets,
        fetcher,
        remote_keys,
        public,
        dispatches,
        live,
        pause,
        desk,
        first_times,
        computer,
        logs,
        opened,
    )


async def _open_both(loaded: LoadedSettings, seams: Seams) -> tuple[Vault, Database]:
    settings = loaded.settings
    patience = UNATTENDED_SECONDS if loaded.serve else ATTENDED_SECONDS
    vault = asyncio.create_task(open_vault(data_dir=settings.data_dir, environ=seams.environ, timeout=patience))
    database = asyncio.create_task(open_database(settings.database, clock=seams.clock))
    try:
        await asyncio.wait({vault}, timeout=SILENT_SECONDS)
        if not vault.done():
            logger.warning("Waiting for the keyring: it may be asking for its password in another window.")
        return await vault, await database
    except BaseException:
        vault.cancel()
        with contextlib.suppress(BaseException):
            await (await database).close()
        raise


def _current(source: AppSource) -> Callable[[], App]:
    return lambda: source.app
