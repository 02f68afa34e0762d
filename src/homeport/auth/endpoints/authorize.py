"""/authorize and everything below: the pages a person sees between their assistant and the consent they give.

Each page is the state of one authorization request, shown only to the browser that began it. A POST changes that
state and is answered 303 to the page again; only a GET ever leads back to the client, since Chromium's `form-action`
would block a redirect to another site in answer to a form.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from homeport.approvals import ApprovalState
from homeport.auth import consent, grant_tables, scopes
from homeport.auth.authorization import Authorization
from homeport.auth.authorization_requests import AuthorizationRequest, RequestState
from homeport.auth.client import Client
from homeport.auth.clients import Clients
from homeport.auth.endpoints import incoming
from homeport.auth.endpoints.own_requests import REQUEST, OwnRequests, ended, page_again, page_of, private, redirect
from homeport.auth.errors import PageError
from homeport.auth.owner_sign_in import OwnerSignIn, Waiting
from homeport.auth.pages import Pages
from homeport.auth.redirects import LOOPBACK_HOSTS, redirect_host
from homeport.auth.request_parameters import validate
from homeport.auth.resources import ServedApps
from homeport.clock import Clock, Randomness
from homeport.events import ApprovalRequested
from homeport.foreign_text import clean
from homeport.people import tables as people_tables
from homeport.people.owner import ME, PROVIDER, in_full
from homeport.store import Database, Transaction

if TYPE_CHECKING:
    from homeport.auth.endpoints.privy import PrivyEndpoint

START = "/authorize/start"


class AuthorizeEndpoint:
    """One per engine. `privy` shows sign-in where people sign in with Privy; otherwise the owner approves them."""

    def __init__(
        self,
        database: Database,
        authorization: Authorization,
        sign_in: OwnerSignIn,
        clients: Clients,
        apps: ServedApps,
        pages: Pages,
        own: OwnRequests,
        privy: PrivyEndpoint | None,
        *,
        clock: Clock,
        random: Randomness,
    ) -> None:
        self._database = database
        self._authorization = authorization
        self._sign_in = sign_in
        self._clients = clients
        self._apps = apps
        self._pages = pages
        self._own = own
        self._privy = privy
        self._clock = clock
        self._random = random

    def routes(self) -> list[Route]:
        one = REQUEST + "{request_id}"
        return [
            Route("/authorize", self._own.shown(self.begin), methods=["GET"]),
            Route(START, self._own.shown(self.begin), methods=["GET"]),
            Route(one, self._own.shown(self.show), methods=["GET"]),
            Route(one + "/state", self.state, methods=["GET"]),
            Route(one + "/continue", self._own.shown(self.go_back), methods=["GET"]),
            Route(one + "/code", self._own.shown(self.renew_code), methods=["POST"]),
            Route(one + "/cancel", self._own.shown(self.cancel), methods=["POST"]),
            Route(one + "/consent", self._own.shown(self.decide), methods=["POST"]),
        ]

    async def begin(self, request: Request) -> Response:
        """Validate and store a request. A browser without our cookie gets one and comes back with it: so a page
        loaded twice at once is one request, and a stranger without a browser stores nothing."""
        origin = incoming.origin_of(request)
        if request.headers.get("sec-fetch-dest", "document") != "document":
            # Another page's script or frame: it would push out the request of the person who sits here.
            raise PageError(
                "This page opens in a window of its own only.", hint="Start again from the app.", status=403
            )
        query = incoming.query_of(request)
        client, _, parameters = await validate(
            query, origin, clients=self._clients, apps=self._apps, identity=self._privy is not None
        )
        browser = incoming.browser_of(request)
        if browser is None:
            if request.url.path == START:
                raise PageError(
                    "Your browser did not keep the cookie that ties this page to you.",
                    title="Open this page in a normal window",
                    hint="Leave private or embedded windows, allow cookies here, and start again from the app.",
                )
            value = base64.urlsafe_b64encode(self._random(32)).rstrip(b"=").decode()
            again = RedirectResponse(f"{START}?{request.scope['query_string'].decode('latin-1')}", status_code=303)
            again.headers["Set-Cookie"] = incoming.cookie_for(origin, value)
            return private(again)
        visitor = incoming.visitor_of(request)

        def work(tx: Transaction) -> tuple[AuthorizationRequest, ApprovalRequested | None]:
            network = self._sign_in.network(visitor)
            stored, new = self._authorization.find_or_open(tx, parameters, browser, network=network)
            event = self._sign_in.begin(tx, stored, client, visitor) if self._privy is None else None
            if new:
                self._authorization.make_room(tx, spare=self._sign_in.waiting_requests(tx))
            return stored, event

        stored, event = await self._database.transaction(work)
        if event is not None:
            self._sign_in.announce(event)
        return page_again(stored)

    async def show(self, request: Request) -> Response:
        """The page of a request, whatever state it is in."""

        def work(
            tx: Transaction,
        ) -> tuple[AuthorizationRequest, AuthorizationRequest, Waiting | None, Client | None]:
            before = self._own.find(tx, request)
            stored = self._sign_in.collect(tx, before)
            client = self._clients.find(tx, stored.parameters.client_id)
            return before, stored, self._sign_in.waiting_page(tx, stored), client

        before, stored, waiting, client = await self._database.transaction(work)
        if self._privy is not None:
            self._privy.collected(before, stored)
        by_privy = self._privy is not None and stored.state is RequestState.SIGN_IN
        waits = stored.state in (RequestState.SIGN_IN, RequestState.ADMISSION) and not by_privy
        if stored.ended(self._clock()) or (waits and waiting is None):
            raise ended()
        name = client.name if client else clean(stored.parameters.client_id)
        host = client.verified_host if client else None
        common: dict[str, Any] = {
            "client": name,
            "verified_host": host,
            "redirect_host": _shown_redirect(stored.parameters.redirect_uri),
            "here": page_of(stored),
        }
        if self._privy is not None and by_privy:
            return self._privy.sign_in_page(request, stored, common)
        if waits and waiting is not None:
            return self._pages.render(
                "waiting",
                **common,
                newcomer=await self._name_of(stored),
                code=waiting.code,
                displaced=waiting.approval.state is ApprovalState.DISPLACED,
                refresh=2 if self._clock() - stored.created_at < 60 else 10,
                version=_version(stored, waiting),
            )
        if stored.state is RequestState.CONSENT:
            return await self._consent_page(stored, common)
        return self._pages.render(
            "going_back",
            **common,
            allowed=stored.answer == "allowed",
            continue_to=f"{page_of(stored)}/continue",
        )

    async def state(self, request: Request) -> Response:
        """What the waiting page's script asks: a version that changes with anything the page shows."""

        def work(tx: Transaction) -> tuple[AuthorizationRequest, AuthorizationRequest, Waiting | None] | None:
            browser = incoming.browser_of(request)
            before = self._authorization.find(tx, request.path_params["request_id"], browser)
            if before is None or before.ended(self._clock()):
                return None
            stored = self._sign_in.collect(tx, before)
            return before, stored, self._sign_in.waiting_page(tx, stored)

        found = await self._database.transaction(work)
        if found is None:
            return private(JSONResponse({"version": ""}, status_code=404))
        before, stored, waiting = found
        if self._privy is not None:
            self._privy.collected(before, stored)
        return private(JSONResponse({"version": _version(stored, waiting)}))

    async def go_back(self, request: Request) -> Response:
        """Back to the client, with a code or an error."""
        stored = await self._database.transaction(lambda tx: self._own.find(tx, request))
        answer = await self._authorization.answer(stored, incoming.browser_of(request) or "")
        if answer is None:
            raise ended()
        return redirect(stored.parameters.redirect_uri, answer)

    async def renew_code(self, request: Request) -> Response:
        def work(tx: Transaction) -> AuthorizationRequest:
            stored = self._own.find_live(tx, request)
            self._sign_in.renew(tx, stored)
            return stored

        return page_again(await self._database.transaction(work))

    async def cancel(self, request: Request) -> Response:
        def work(tx: Transaction) -> AuthorizationRequest:
            stored = self._own.find_live(tx, request)
            if stored.state in (RequestState.SIGN_IN, RequestState.ADMISSION):
                self._sign_in.cancel(tx, stored)
            self._authorization.refuse(tx, stored)
            return stored

        return page_again(await self._database.transaction(work))

    async def decide(self, request: Request) -> Response:
        """The person's own yes or no on the consent page."""
        form = await incoming.form_of(request)

        def work(tx: Transaction) -> AuthorizationRequest:
            stored = self._own.find_live(tx, request)
            if stored.state is not RequestState.CONSENT or stored.person_id is None:
                return stored
            if form.get("person", stored.person_id) != stored.person_id:
                return stored  # Another tab signed in as somebody else since: the page shows who this is now.
            if form.get("answer") == "allow":
                asked = scopes.parse(stored.parameters.scope)
                without_write = scopes.WRITE in asked and form.get("write") != "yes"
                scope = consent.granted(asked, without_write=without_write)
                self._authorization.allow(tx, stored, stored.person_id, scope)
            elif form.get("answer") == "deny":
                self._authorization.refuse(tx, stored)
            return stored

        return page_again(await self._database.transaction(work))

    async def _name_of(self, stored: AuthorizationRequest) -> str:
        """Who signed in, while the owner has not let them in; empty while nobody has."""
        person_id = stored.person_id
        if person_id is None:
            return ""
        record = await self._database.transaction(lambda tx: people_tables.find(tx, person_id))
        return in_full(record.person) if record is not None else ""

    async def _consent_page(self, stored: AuthorizationRequest, common: dict[str, Any]) -> Response:
        app = self._authorization.served_app(stored)
        if app is None or stored.person_id is None:
            raise ended()
        person_id = stored.person_id

        def work(tx: Transaction) -> tuple[frozenset[str], people_tables.PersonRecord | None]:
            seen = grant_tables.last_consented_tools(tx, stored.parameters.client_id, person_id)
            return seen, people_tables.find(tx, person_id)

        seen, record = await self._database.transaction(work)
        question = consent.question(app, scopes.parse(stored.parameters.scope), seen)
        return self._pages.render(
            "consent",
            **common,
            app=clean(question.app),
            person=_shown_name(record) if record else person_id,
            person_id=person_id,
            can_switch=self._privy is not None,
            ends_with_sign_in=self._privy is not None and self._privy.ends_with_sign_in,
            tools=question.tools,
            asks_write=question.asks_write,
        )


def _version(stored: AuthorizationRequest, waiting: Waiting | None) -> str:
    parts = [stored.state.value]
    if waiting is not None:
        parts += [waiting.approval.state.value, waiting.approval.code_salt, str(waiting.code is not None)]
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]


def _shown_name(record: people_tables.PersonRecord) -> str:
    """How a person is told who they are."""
    is_owner = record.person.provider == PROVIDER and record.subject == ME
    return "the owner of this computer" if is_owner else in_full(record.person)


def _shown_redirect(uri: str) -> str:
    host = redirect_host(uri)
    return f"{host} (a program on your computer)" if host in LOOPBACK_HOSTS else host
