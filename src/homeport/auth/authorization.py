"""Carries an authorization request from /authorize to its answer: storage and order of steps. Knows no HTTP.

What may be asked is decided in `request_parameters`, who approves in `owner_sign_in`; this file only ever moves a
request along the table in `authorization_requests`, and makes code and grant in one transaction.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, replace

from homeport.auth import consent, grant_tables, grants, request_tables, scopes
from homeport.auth.authorization_requests import (
    ANSWER_SECONDS,
    REQUEST_SECONDS,
    AuthorizationParameters,
    AuthorizationRequest,
    RequestState,
    Step,
)
from homeport.auth.clients import Clients
from homeport.auth.resources import ServedApp, ServedApps
from homeport.auth.sealing import seal, unseal
from homeport.clock import Clock, Randomness
from homeport.events import EventBus, GrantCreated
from homeport.people import tables as people_tables
from homeport.people.owner import label
from homeport.people.person import Person
from homeport.store import Database, Transaction

_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{32}")

MOST_STORED = 2_000
"""Requests kept at most: strangers can ask for ever and the table stays small."""


@dataclass(frozen=True, slots=True)
class Followers:
    """What else changes along with a request, in the same transaction: `issued` hears the ids of a request and of the
    grant it became, `refused` the id of a request that came to nothing."""

    issued: Callable[[Transaction, str, str], None]
    refused: Callable[[Transaction, str], None]


class Authorization:
    """One per engine. `code_key` is a vault key: codes are derived from it and never stored."""

    def __init__(
        self,
        database: Database,
        clients: Clients,
        apps: ServedApps,
        events: EventBus,
        *,
        code_key: bytes,
        followers: Followers,
        clock: Clock,
        random: Randomness,
    ) -> None:
        self._database = database
        self._clients = clients
        self._apps = apps
        self._followers = followers
        self._events = events
        self._code_key = code_key
        self._clock = clock
        self._random = random

    def find_or_open(
        self, tx: Transaction, parameters: AuthorizationParameters, browser: str, *, network: str
    ) -> tuple[AuthorizationRequest, bool]:
        """The open request of this browser with these parameters, or a new one (True): a page loaded twice is one."""
        now = int(self._clock())
        browser_digest = grants.digest(browser)
        parameters_digest = _digest_of(parameters)
        found = request_tables.find_open(tx, browser_digest, parameters_digest, now)
        if found is not None:
            return found, False
        request_id = base64.urlsafe_b64encode(self._random(24)).decode()
        if parameters.client_state is not None:
            state = parameters.client_state
            sealed = seal(state, browser=browser, request_id=request_id, random=self._random)
            parameters = replace(parameters, client_state=sealed)
        request = AuthorizationRequest(
            request_id=request_id,
            browser_digest=browser_digest,
            parameters_digest=parameters_digest,
            state=RequestState.SIGN_IN,
            parameters=parameters,
            created_at=now,
            expires_at=now + REQUEST_SECONDS,
        )
        request_tables.insert(tx, request, network=network)
        return request, True

    def make_room(self, tx: Transaction, *, spare: Collection[str]) -> None:
        """Keep the table small whatever strangers do; the requests in `spare`, which the owner can answer, stay."""
        request_tables.trim(tx, MOST_STORED, spare=spare)

    def find(self, tx: Transaction, request_id: str, browser: str | None) -> AuthorizationRequest | None:
        """The request, only for the browser that began it."""
        if browser is None or not _REQUEST_ID.fullmatch(request_id):
            return None
        request = request_tables.find(tx, request_id)
        if request is None or request.browser_digest != grants.digest(browser):
            return None
        return request

    def identify(self, tx: Transaction, request: AuthorizationRequest, person: Person) -> bool:
        """Sign-in is done; consent is still open."""
        return request_tables.advance(tx, request, Step.IDENTIFY, person_id=person.id)

    def knock(self, tx: Transaction, request: AuthorizationRequest, person: Person) -> bool:
        """Sign-in is done; the owner must let this person in first."""
        return request_tables.advance(tx, request, Step.KNOCK, person_id=person.id)

    def switch(self, tx: Transaction, request: AuthorizationRequest) -> bool:
        """The person signs in again, as somebody else."""
        return request_tables.switch(tx, request)

    def allow(self, tx: Transaction, request: AuthorizationRequest, person_id: str, scope: str) -> bool:
        return request_tables.advance(
            tx, request, Step.ALLOW, person_id=person_id, granted_scope=scope, answer="allowed"
        )

    def refuse(self, tx: Transaction, request: AuthorizationRequest) -> bool:
        if not request_tables.advance(tx, request, Step.REFUSE, answer="access_denied"):
            return False
        self._followers.refused(tx, request.request_id)
        return True

    async def answer(self, request: AuthorizationRequest, browser: str) -> dict[str, str] | None:
        """The parameters to send back to the client (RFC 6749 4.1.2, RFC 9207), or None: there is no answer (any more).

        The first call makes grant and code; for a minute every further one gives the same answer again.
        """
        parameters = request.parameters
        tail = {"iss": parameters.issuer}
        if parameters.client_state is not None:
            state = unseal(parameters.client_state, browser=browser, request_id=request.request_id)
            if state is None:
                return None
            tail = {"state": state, **tail}
        if request.answer is None or request.state not in (
            RequestState.ALLOWED,
            RequestState.DENIED,
            RequestState.ANSWERED,
        ):
            return None
        if request.ended(self._clock()):
            return None
        if request.answer != "allowed":
            await self._database.transaction(lambda tx: self._answered(tx, request))
            return {"error": request.answer, "error_description": "The person did not allow this.", **tail}
        code = grants.derive_code(self._code_key, request.request_id)
        created = await self._database.transaction(lambda tx: self._issue(tx, request, code))
        if created is not None:
            self._events.publish(created)
        return {"code": code, **tail}

    def served_app(self, request: AuthorizationRequest) -> ServedApp | None:
        """The app behind the request's resource; None when it is served no more."""
        issuer = request.parameters.issuer
        return next(
            (app for app in self._apps().values() if issuer + app.path == request.parameters.resource),
            None,
        )

    def purge(self, tx: Transaction) -> None:
        now = int(self._clock())
        request_tables.purge(tx, now - 3600)
        grant_tables.purge(tx, now=now)

    def _answered(self, tx: Transaction, request: AuthorizationRequest) -> bool:
        expires_at = min(request.expires_at, int(self._clock()) + ANSWER_SECONDS)
        return request_tables.advance(tx, request, Step.ANSWER, expires_at=expires_at)

    def _issue(self, tx: Transaction, request: AuthorizationRequest, code: str) -> GrantCreated | None:
        if not self._answered(tx, request):
            return None
        assert request.person_id is not None
        assert request.granted_scope is not None
        now = int(self._clock())
        parameters = request.parameters
        app = self.served_app(request)
        grant = grants.Grant(
            grant_id="gr_" + base64.urlsafe_b64encode(self._random(12)).decode(),
            client_id=parameters.client_id,
            person_id=request.person_id,
            issuer=parameters.issuer,
            resource=parameters.resource,
            scope=request.granted_scope,
            auth_method=None,
            redirect_uri=parameters.redirect_uri,
            nonce=parameters.nonce,
            created_at=now,
            last_used_at=now,
            expires_at=now + grants.CODE_SECONDS,
            revoked_at=None,
        )
        self._clients.mark_used(tx, parameters.client_id)
        # What the person was shown, also if they left write out; tools that were not asked for are new next time.
        shown = consent.question(app, scopes.parse(parameters.scope), frozenset()).tools if app else ()
        grant_tables.insert_grant(tx, grant, [tool.name for tool in shown])
        stored = grants.Code(
            grant_id=grant.grant_id,
            client_id=parameters.client_id,
            redirect_uri=parameters.redirect_uri,
            redirect_uri_given=parameters.redirect_uri_given,
            code_challenge=parameters.code_challenge,
            issuer=parameters.issuer,
            resource=parameters.resource,
            expires_at=now + grants.CODE_SECONDS,
            consumed_at=None,
            exchanged=False,
        )
        grant_tables.insert_code(tx, grants.digest(code), stored, now)
        self._followers.issued(tx, request.request_id, grant.grant_id)
        client = self._clients.find(tx, parameters.client_id)
        person = people_tables.find(tx, request.person_id)
        return GrantCreated(
            at=now,
            grant_id=grant.grant_id,
            client=client.name if client else parameters.client_id,
            person=label(person.person) if person else request.person_id,
            issuer=parameters.issuer,
        )


def _digest_of(parameters: AuthorizationParameters) -> str:
    text = json.dumps(asdict(parameters), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
