"""Turns what the rooms know into what crosses the engine's border: plain data, every foreign text cleaned."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from homeport import bundles
from homeport.approvals import Approval
from homeport.apps.app import OWN_TOOL
from homeport.auth import grant_tables, scopes
from homeport.auth.grants import Grant
from homeport.auth.owner_sign_in import NEW_PERSON, Decision, Preview
from homeport.condition import condition
from homeport.engine.protocol import (
    ApprovalPreview,
    Approved,
    AppStatus,
    ClientSummary,
    GrantSummary,
    PendingRequest,
    PersonSummary,
    Status,
    ToolLine,
)
from homeport.engine.rooms import Rooms
from homeport.foreign_text import clean
from homeport.origins import Origin
from homeport.people import tables as people_tables
from homeport.people.owner import label
from homeport.people.person import Person
from homeport.settings import LoadedSettings
from homeport.settings.as_typed import as_typed
from homeport.store import Transaction

SELF_CHECK_CLIENT = "homeport-self-check"
SELF_CHECK_PROVIDER = "self-check"
"""Whose Homeport's own grant is while it checks itself, for a moment: nobody's that the owner knows."""


def app_status(rooms: Rooms, origin: Origin) -> list[AppStatus]:
    return [
        AppStatus(
            name=clean(source.app.name),
            path=path,
            connector_url=origin.resource(path),
            tools=sum(name != OWN_TOOL for name in source.app.tools),
            problem=as_typed(source.problem),
        )
        for path, source in rooms.served.sources.items()
    ]


def stated(status: Status) -> Status:
    """The same with its light and its words."""
    light, words = condition(
        status.state,
        status.tunnel_state.state,
        urlsplit(status.public_url).netloc,
        app_problem=next((app.problem for app in status.apps if app.problem), ""),
        paused=status.paused,
    )
    return replace(status, light=light, words=words)


def warnings(rooms: Rooms | None, loaded: LoadedSettings, moved: str) -> list[str]:
    """What a person must know though everything runs; `moved` tells of a port that was taken."""
    found = [moved, _open_to_the_network(loaded.settings.host), bundles.build_error()]
    if rooms is not None:
        tools = [name for source in rooms.served.sources.values() for name in source.app.tools]
        found = [*(source.problem for source in rooms.served.sources.values()), rooms.live.problem, *found]
        found += _of_widgets(rooms)
        found += [*rooms.live.idle_rules(tools), rooms.vault.warning]
        found.append(rooms.people.privy.problem if rooms.people.privy is not None else "")
        found += rooms.backend.warnings(source.app for source in rooms.served.sources.values())
    return [*(warning for warning in found if warning), *loaded.notices]


def _of_widgets(rooms: Rooms) -> list[str]:
    """Which widgets have no page, then what is wrong with the files of those that have their last good one."""
    found = [problem for widgets in rooms.widgets.values() for problem in widgets.problems]
    files = [problem for source in rooms.served.sources.values() for problem in source.widget_problems]
    return [*found, *(problem for problem in files if not any(problem in said for said in found))]


def _open_to_the_network(host: str) -> str:
    if host in ("127.0.0.1", "::1", "localhost"):
        return ""
    return f"The public listener is open to the networks of this computer, at {host}."


def pending_request(approval: Approval, verified: bool, same_network: bool, *, now: float) -> PendingRequest:
    return PendingRequest(
        number=approval.number,
        kind=approval.kind,
        client=approval.client,
        client_verified=verified,
        redirect_host=approval.redirect_host,
        age_seconds=max(0, int(now) - approval.created_at),
        network=approval.network,
        same_network=same_network,
        browser=approval.browser,
    )


def preview(found: Preview, *, now: float) -> ApprovalPreview:
    verified = found.client is not None and found.client.verified_host is not None
    return ApprovalPreview(
        request=pending_request(found.approval, verified, found.same_network, now=now),
        scopes=list(found.question.scopes),
        tools=[ToolLine(t.name, t.title, t.effect, t.new) for t in found.question.tools],
        relay_warning=found.relay_warning,
        owner_exists=found.owner_exists,
        people=list(found.people),
        newcomer=found.newcomer,
    )


def decision(who: str, read_only: bool, consent_in_browser: bool, other_network: bool) -> Decision:
    return Decision(who, read_only=read_only, consent_in_browser=consent_in_browser, other_network=other_network)


def approved(approval: Approval, person: Person, scope: str) -> Approved:
    newcomer = approval.kind == NEW_PERSON
    return Approved(approval.number, approval.client, label(person), list(scopes.parse(scope)), newcomer)


async def live_grants(rooms: Rooms, now: float) -> int:
    by_client = await rooms.database.transaction(lambda tx: grant_tables.live_grants_by(tx, "client_id", int(now)))
    return sum(number for client_id, number in by_client.items() if client_id != SELF_CHECK_CLIENT)


async def clients(rooms: Rooms, now: float) -> list[ClientSummary]:
    found = await rooms.auth.clients.summaries()
    live = await rooms.database.transaction(lambda tx: grant_tables.live_grants_by(tx, "client_id", int(now)))
    outdated: set[str] = set()
    for path, lists in rooms.tool_lists.items():
        outdated.update(await lists.outdated(rooms.tool_list_digest(path)))
    return [
        ClientSummary(
            client_id=clean(c.client_id, 512),
            name=c.name,
            kind=c.kind,
            verified_host=c.verified_host,
            redirect_hosts=list(c.redirect_hosts),
            created_at=c.created_at,
            used_at=c.used_at,
            live_grants=live.get(c.client_id, 0),
            tool_list_outdated=c.client_id in outdated,
        )
        for c in found
    ]


async def people(rooms: Rooms, now: float) -> list[PersonSummary]:
    def work(tx: Transaction) -> list[PersonSummary]:
        live = grant_tables.live_grants_by(tx, "person_id", int(now))
        used: dict[str, int] = {}
        for grant in grant_tables.all_grants(tx):
            used[grant.person_id] = max(grant.last_used_at, used.get(grant.person_id, 0))
        return [
            PersonSummary(
                person_id=r.person.id,
                name=label(r.person),
                provider=r.person.provider,
                email=clean(r.person.email or "", 254),
                created_at=r.created_at,
                blocked=r.blocked,
                live_grants=live.get(r.person.id, 0),
                emails=[clean(email, 254) for email in r.emails],
                admitted_as=r.admitted_as or "",
                seen_at=max(r.seen_at, used.get(r.person.id, 0)),
            )
            for r in people_tables.all_people(tx)
            if r.person.provider != SELF_CHECK_PROVIDER
        ]

    return await rooms.database.transaction(work)


async def grants(rooms: Rooms, now: float) -> list[GrantSummary]:
    def work(tx: Transaction) -> list[GrantSummary]:
        names = {r.person.id: label(r.person) for r in people_tables.all_people(tx)}
        listed = [grant for grant in grant_tables.all_grants(tx) if grant.client_id != SELF_CHECK_CLIENT]
        return [_grant(rooms, tx, grant, names, now) for grant in listed]

    return await rooms.database.transaction(work)


def _grant(rooms: Rooms, tx: Transaction, grant: Grant, names: dict[str, str], now: float) -> GrantSummary:
    client = rooms.auth.clients.find(tx, grant.client_id)
    return GrantSummary(
        grant_id=grant.grant_id,
        client=client.name if client is not None else clean(grant.client_id),
        client_id=clean(grant.client_id, 512),
        person=names.get(grant.person_id, grant.person_id),
        person_id=grant.person_id,
        resource=grant.resource,
        scopes=list(scopes.parse(grant.scope)),
        created_at=grant.created_at,
        last_used_at=grant.last_used_at,
        state=grant.state(now),
    )
