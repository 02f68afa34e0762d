"""The control API as a table: one row for each of the Engine's methods, with what goes in and what comes out.

The server, its OpenAPI description and their tests read this table; there is no other list of routes.
"""

from __future__ import annotations

from homeport.control.dashboard_routes import DASHBOARD_ROUTES
from homeport.control.request_bodies import (
    ApproveBody,
    CodeBody,
    DenyBody,
    EmailBody,
    GrantBody,
    HostBody,
    Nothing,
    PrivyBody,
    SecretBody,
    SecretNameBody,
    WhoBody,
)
from homeport.control.rows import Denied, Done, EngineRoute
from homeport.engine.protocol import (
    ApprovalPreview,
    Approved,
    BackendKeyInfo,
    ClientSummary,
    EngineMethods,
    GrantSummary,
    InvitationSummary,
    Invited,
    PendingRequest,
    PersonSummary,
    PrivyCheck,
    Removal,
    SecretSummary,
    Status,
    WaitingHost,
)


async def _start(engine: EngineMethods, _: Nothing) -> Done:
    await engine.start()
    return Done()


async def _stop(engine: EngineMethods, _: Nothing) -> Done:
    await engine.stop()
    return Done()


async def _approve(engine: EngineMethods, body: ApproveBody) -> Approved:
    return await engine.approve(
        body.code,
        who=body.who,
        read_only=body.read_only,
        consent_in_browser=body.consent_in_browser,
        other_network=body.other_network,
    )


async def _deny(engine: EngineMethods, body: DenyBody) -> Denied:
    return Denied(await engine.deny(body.number))


async def _allow_host(engine: EngineMethods, body: HostBody) -> Done:
    await engine.allow_host(body.host)
    return Done()


async def _withdraw_host(engine: EngineMethods, body: HostBody) -> Done:
    await engine.withdraw_host(body.host)
    return Done()


async def _set_secret(engine: EngineMethods, body: SecretBody) -> Done:
    await engine.set_secret(body.name, body.value, confirmed=body.confirmed)
    return Done()


async def _delete_secret(engine: EngineMethods, body: SecretNameBody) -> Done:
    await engine.delete_secret(body.name, confirmed=body.confirmed)
    return Done()


async def _revoke_grant(engine: EngineMethods, body: GrantBody) -> Done:
    await engine.revoke_grant(body.grant_id)
    return Done()


ENGINE_ROUTES = (
    EngineRoute("status", "GET", "How Homeport is", Nothing, Status, lambda engine, _: engine.status()),
    EngineRoute("start", "POST", "Serve the public listener", Nothing, Done, _start),
    EngineRoute("stop", "POST", "Stop serving it", Nothing, Done, _stop),
    EngineRoute(
        "pending", "GET", "Requests that wait for the owner", Nothing, list[PendingRequest], lambda e, _: e.pending()
    ),
    EngineRoute(
        "preview_approval",
        "POST",
        "What approving this code would allow",
        CodeBody,
        ApprovalPreview,
        lambda engine, body: engine.preview_approval(body.code),
    ),
    EngineRoute("approve", "POST", "Let the browser in that shows this code", ApproveBody, Approved, _approve),
    EngineRoute("deny", "POST", "Deny one request, or all with null", DenyBody, Denied, _deny),
    EngineRoute("clients", "GET", "Known clients", Nothing, list[ClientSummary], lambda engine, _: engine.clients()),
    EngineRoute("hosts", "GET", "Redirect hosts", Nothing, list[WaitingHost], lambda engine, _: engine.hosts()),
    EngineRoute("allow_host", "POST", "Allow a redirect host", HostBody, Done, _allow_host),
    EngineRoute("withdraw_host", "POST", "Allow a redirect host no longer", HostBody, Done, _withdraw_host),
    EngineRoute("people", "GET", "Known people", Nothing, list[PersonSummary], lambda engine, _: engine.people()),
    EngineRoute(
        "invite",
        "POST",
        "Let the person of an e-mail address in when they come",
        EmailBody,
        Invited,
        lambda engine, body: engine.invite(body.email),
    ),
    EngineRoute(
        "invitations",
        "GET",
        "Invitations that wait for their person",
        Nothing,
        list[InvitationSummary],
        lambda engine, _: engine.invitations(),
    ),
    EngineRoute(
        "block_person",
        "POST",
        "End a person's access and keep them out",
        WhoBody,
        PersonSummary,
        lambda engine, body: engine.block_person(body.who),
    ),
    EngineRoute(
        "unblock_person",
        "POST",
        "Let a blocked person sign in again",
        WhoBody,
        PersonSummary,
        lambda engine, body: engine.unblock_person(body.who),
    ),
    EngineRoute(
        "preview_removal",
        "POST",
        "What removing a person would take away",
        WhoBody,
        Removal,
        lambda engine, body: engine.preview_removal(body.who),
    ),
    EngineRoute(
        "remove_person",
        "POST",
        "Forget a person and all that is theirs",
        WhoBody,
        Removal,
        lambda engine, body: engine.remove_person(body.who),
    ),
    EngineRoute("grants", "GET", "Grants", Nothing, list[GrantSummary], lambda engine, _: engine.grants()),
    EngineRoute("revoke_grant", "POST", "End a grant", GrantBody, Done, _revoke_grant),
    EngineRoute(
        "secrets",
        "GET",
        "Which secrets are kept, and where",
        Nothing,
        list[SecretSummary],
        lambda engine, _: engine.secrets(),
    ),
    EngineRoute("set_secret", "POST", "Keep a secret", SecretBody, Done, _set_secret),
    EngineRoute("delete_secret", "POST", "Delete a secret", SecretNameBody, Done, _delete_secret),
    EngineRoute(
        "check_privy",
        "POST",
        "What Privy says about an app",
        PrivyBody,
        PrivyCheck,
        lambda engine, body: engine.check_privy(body.app_id, body.secret),
    ),
    EngineRoute(
        "backend_key",
        "GET",
        "What a backend needs to verify our assertions",
        Nothing,
        BackendKeyInfo,
        lambda engine, _: engine.backend_key(),
    ),
    *DASHBOARD_ROUTES,
)
