"""Sign-in without an account: the owner types the code that a waiting page shows, says who it is, and confirms.

Sign-in and consent are one step here (SECURITY, owner sign-in), unless the owner leaves consent to the person's own
page. Nothing in this file hands a code to anybody but the page with the request's own cookie.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from homeport.approvals import Approval, ApprovalDesk, ApprovalState, NewApproval
from homeport.auth import consent, grant_tables, request_tables, scopes
from homeport.auth.authorization import Authorization
from homeport.auth.authorization_requests import AuthorizationRequest, RequestState
from homeport.auth.browsers import THIS_COMPUTER, UNKNOWN_NETWORK, Visitor
from homeport.auth.client import Client
from homeport.auth.clients import Clients
from homeport.auth.redirects import redirect_host
from homeport.clock import Clock, Randomness
from homeport.errors import ApprovalError, ApprovingPaused, NoSuchRequest, OtherNetwork, WrongCode
from homeport.events import ApprovalRequested
from homeport.foreign_text import clean
from homeport.people import tables as people_tables
from homeport.people.admission import Admission
from homeport.people.owner import PROVIDER, in_full, label, owner_exists, person_named
from homeport.people.person import Person
from homeport.store import Database, Transaction

T = TypeVar("T")

KIND = "sign-in"
NEW_PERSON = "new-person"
"""Somebody signed in elsewhere, such as with Privy, and nobody has invited them yet."""


_WAITING = (RequestState.SIGN_IN, RequestState.ADMISSION)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the waiting page shows: the code, or None when it expired or the request was pushed out."""

    approval: Approval
    code: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What typing this code would allow."""

    approval: Approval
    client: Client | None
    question: consent.ConsentQuestion
    same_network: bool
    own_network_known: bool
    owner_exists: bool
    people: tuple[tuple[str, str], ...]
    newcomer: str = ""
    """Who would be let in, where sign-in showed that already; the owner is not asked who this is then."""

    @property
    def relay_warning(self) -> str:
        """Names whose browser gets access, so that a code somebody sent is not typed in good faith."""
        where = describe_place(self.approval.network, same=self.same_network, known=self.own_network_known)
        if self.newcomer:
            return (
                f"{self.newcomer} signed in from {self.approval.browser}, {where}. "
                "Once let in, they use these tools as themselves, now and whenever they sign in again."
            )
        return (
            f"You connect the browser that shows this code: {self.approval.browser}, {where}. "
            "Whoever sent you a code gets your tools."
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """The owner's answer: `who` is "me", a person's id or name, or a new name; empty for one who has signed in."""

    who: str
    read_only: bool = False
    consent_in_browser: bool = False
    other_network: bool = False


class OwnerSignIn:
    """`own_network` tells this computer's own public network, learned by the self-probe, or None."""

    def __init__(
        self,
        database: Database,
        desk: ApprovalDesk,
        authorization: Authorization,
        clients: Clients,
        admission: Admission,
        *,
        own_network: Callable[[], str | None],
        reachable: Callable[[], bool],
        clock: Clock,
        random: Randomness,
    ) -> None:
        self._database = database
        self._desk = desk
        self._authorization = authorization
        self._clients = clients
        self._admission = admission
        self._own_network = own_network
        self._reachable = reachable
        self._clock = clock
        self._random = random
        # One code after the other: of many guesses at once only five are looked at before the pause.
        self._typing = asyncio.Lock()

    def begin(
        self, tx: Transaction, request: AuthorizationRequest, client: Client, visitor: Visitor
    ) -> ApprovalRequested | None:
        """Let the owner know that a browser waits; the event is for after the transaction. None: it waits already."""
        if self._desk.of_subject(tx, request.request_id) is not None:
            return None
        return self._ask(tx, KIND, request, client, visitor)

    def ask_to_admit(
        self, tx: Transaction, request: AuthorizationRequest, client: Client, visitor: Visitor
    ) -> ApprovalRequested | None:
        """Ask whether the person who signed in may enter; the event is for after the transaction."""
        self._desk.forget(tx, request.request_id)
        return self._ask(tx, NEW_PERSON, request, client, visitor)

    def _ask(
        self, tx: Transaction, kind: str, request: AuthorizationRequest, client: Client, visitor: Visitor
    ) -> ApprovalRequested:
        new = NewApproval(
            kind=kind,
            subject=request.request_id,
            client_id=client.client_id,
            client=client.name,
            verified=client.verified_host is not None,
            redirect_host=clean(redirect_host(request.parameters.redirect_uri)),
            network=self.network(visitor),
            browser=visitor.browser,
        )
        return self._desk.open(tx, new, protected=self._own_networks())[1]

    def announce(self, event: ApprovalRequested) -> None:
        self._desk.announce(event)

    def waiting_page(self, tx: Transaction, request: AuthorizationRequest) -> Waiting | None:
        approval = self._desk.of_subject(tx, request.request_id)
        return None if approval is None else Waiting(approval, self._desk.code_for_page(approval))

    def renew(self, tx: Transaction, request: AuthorizationRequest) -> bool:
        """A new code for the page that asks for one; False when there is nothing to wait for any more."""
        if request.state not in _WAITING:
            return False
        approval = self._desk.of_subject(tx, request.request_id)
        if approval is None:
            return False
        return self._desk.renew(tx, approval, protected=self._own_networks()) is not None

    def waiting_requests(self, tx: Transaction) -> frozenset[str]:
        """The ids of the authorization requests that the owner can still approve, or whose browser may still come."""
        return frozenset(approval.subject for approval in (*self._desk.waiting(tx), *self._desk.unfetched(tx)))

    def cancel(self, tx: Transaction, request: AuthorizationRequest) -> None:
        self._desk.withdraw(tx, request.request_id)

    def collect(self, tx: Transaction, request: AuthorizationRequest) -> AuthorizationRequest:
        """The browser comes back: what the owner decided meanwhile moves the request on, once."""
        if request.state not in _WAITING:
            return request
        approval = self._desk.of_subject(tx, request.request_id)
        if approval is None:
            return request
        if approval.state is ApprovalState.DENIED:
            self._authorization.refuse(tx, request)
        elif approval.state is ApprovalState.APPROVED and self._desk.fetched(tx, approval):
            record = people_tables.find(tx, approval.person_id or "")
            if record is None or record.blocked or request.person_id not in (None, record.person.id):
                self._authorization.refuse(tx, request)
            elif approval.scope:
                self._authorization.allow(tx, request, record.person.id, approval.scope)
            else:
                self._authorization.identify(tx, request, record.person)
        return request_tables.find(tx, request.request_id) or request

    async def pending(self) -> list[tuple[Approval, bool, bool]]:
        """What waits: the approval, whether its client's host is verified, whether its network is this computer's."""

        def work(tx: Transaction) -> list[tuple[Approval, bool, bool]]:
            waiting = self._desk.waiting(tx)
            clients = {a.client_id: self._clients.find(tx, a.client_id) for a in waiting}
            return [(a, _verified(clients[a.client_id]), self._same_network(a.network)) for a in waiting]

        return await self._database.transaction(work)

    async def preview(self, code: str) -> Preview:
        """What this code would allow. Raises WrongCode or ApprovingPaused; a wrong code counts."""
        return await self._typed(lambda tx: self._preview(tx, code))

    async def approve(self, code: str, decision: Decision) -> tuple[Approval, Person, str]:
        """Let the browser that shows this code in; it continues by itself within two minutes.

        Returns the approval, the person and the scope given (empty: they decide on their own page). Raises WrongCode,
        ApprovingPaused, OtherNetwork, ApprovalError.
        """

        def work(tx: Transaction) -> tuple[Approval, Person, str] | None:
            preview = self._preview(tx, code)
            if preview is None:
                return None
            approval = preview.approval
            if not preview.same_network and not decision.other_network:
                where = describe_place(approval.network, same=False, known=preview.own_network_known)
                raise OtherNetwork(
                    f"The browser that shows this code is somewhere else: {approval.browser}, {where}.",
                    hint="If it is yours, or you trust who sent the code, confirm the other network "
                    "(--other-network). Otherwise deny the request.",
                )
            if decision.read_only and decision.consent_in_browser:
                raise ApprovalError(
                    "Either you leave changes out, or the person decides on their own page: not both.",
                    hint="Leave one of --read-only and --consent-in-browser out.",
                )
            if approval.kind == NEW_PERSON:
                return self._let_in(tx, approval)
            person = person_named(tx, decision.who, now=int(self._clock()), random=self._random)
            scope = consent.granted(preview.question.scopes, without_write=decision.read_only)
            if decision.consent_in_browser:
                scope = ""
            if not self._desk.approve(tx, approval, person_id=person.id, scope=scope):
                return None
            return approval, person, scope

        done = await self._typed(work)
        approval, person, _ = done
        self._desk.decided(approval, "approved", label(person))
        return done

    def _let_in(self, tx: Transaction, approval: Approval) -> tuple[Approval, Person, str] | None:
        """The one who signed in may enter from now on; what their client may do they decide on their own page."""
        request = request_tables.find(tx, approval.subject)
        record = people_tables.find(tx, request.person_id or "") if request is not None else None
        if record is None or request is None or request.state is not RequestState.ADMISSION:
            raise NoSuchRequest("The request behind this code has ended.", hint="Start again from the app.")
        if record.blocked:
            raise ApprovalError(f"{label(record.person)} is blocked.", hint="See `homeport people`.")
        if not self._desk.approve(tx, approval, person_id=record.person.id, scope=""):
            return None
        self._admission.approve(tx, record.person.id)
        return approval, record.person, ""

    async def deny(self, number: int | None) -> int:
        """Deny one waiting request or, with None, all. Raises NoSuchRequest."""
        denied = await self._database.transaction(lambda tx: self._desk.deny(tx, number))
        for approval in denied:
            self._desk.decided(approval, "denied")
        return len(denied)

    def purge(self, tx: Transaction) -> None:
        self._desk.purge(tx)

    async def _typed(self, work: Callable[[Transaction], T | None]) -> T:
        """What `work` finds for a typed code; None from it is a wrong code, which counts."""
        async with self._typing:
            self._desk.check_pause()
            found = await self._database.transaction(work)
            if found is None:
                raise await self._wrong_code()
            self._desk.right_code()
            return found

    async def _wrong_code(self) -> WrongCode | ApprovingPaused:
        if self._desk.wrong_code():
            await self._database.transaction(self._desk.replace_codes)
            return ApprovingPaused(
                "That was the fifth wrong code in a row. Approving is paused for 60 seconds.",
                hint="Every waiting page shows a new code now: read it again after the pause.",
            )
        return WrongCode(
            "No waiting request shows this code.",
            hint="Read it again from the page that waits. A code lives five minutes and works once; "
            "the page offers a new one.",
        )

    def _preview(self, tx: Transaction, code: str) -> Preview | None:
        approval = self._desk.find_by_code(tx, code)
        if approval is None:
            return None
        request = request_tables.find(tx, approval.subject)
        app = self._authorization.served_app(request) if request is not None else None
        if request is None or app is None:
            raise NoSuchRequest("The request behind this code has ended.", hint="Start again from the app.")
        me = people_tables.find_subject(tx, "owner", "me")
        seen = grant_tables.last_consented_tools(tx, approval.client_id, me.person.id) if me else frozenset()
        newcomer = people_tables.find(tx, request.person_id or "") if approval.kind == NEW_PERSON else None
        people = tuple((r.person.id, label(r.person)) for r in people_tables.all_people(tx) if _may_be_named(r))
        return Preview(
            approval=approval,
            client=self._clients.find(tx, approval.client_id),
            question=consent.question(app, scopes.parse(request.parameters.scope), seen),
            same_network=self._same_network(approval.network),
            own_network_known=self._own_network() is not None,
            owner_exists=owner_exists(tx),
            people=people,
            newcomer=in_full(newcomer.person) if newcomer is not None else "",
        )

    def network(self, visitor: Visitor) -> str:
        """Where the browser is. A tunnel that marks nothing makes the whole world look like this computer: while there
        is a public URL, loopback counts only once the self-probe has shown that the tunnel marks what it brings."""
        if visitor.network == THIS_COMPUTER and self._reachable() and self._own_network() is None:
            return UNKNOWN_NETWORK
        return visitor.network

    def _own_networks(self) -> frozenset[str]:
        own = self._own_network()
        return frozenset({THIS_COMPUTER} if own is None else {THIS_COMPUTER, own})

    def _same_network(self, network: str) -> bool:
        return network in self._own_networks()


def describe_place(network: str, *, same: bool, known: bool) -> str:
    """Where a browser is, for a person. `known`: this computer's own network is, so that they can be compared."""
    if network == THIS_COMPUTER:
        return "on this computer"
    if same:
        return f"{network}, this computer's network"
    return f"{network}, {'not this' if known else 'perhaps not this'} computer's network"


def _may_be_named(record: people_tables.PersonRecord) -> bool:
    """Not those who only knocked: a stranger's account would stand in the list of the owner's friends."""
    return not record.blocked and (record.person.provider == PROVIDER or record.admitted_as is not None)


def _verified(client: Client | None) -> bool:
    return client is not None and client.verified_host is not None
