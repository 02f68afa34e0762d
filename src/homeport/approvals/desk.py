"""Takes questions, shows their codes to the page that asked, and lets only the right code through.

The desk decides what state a question is in; what an approval means (a person, a grant) is its caller's business, in
the same database transaction. Wrong codes are counted here: five in a row replace every live code and pause
approving for 60 seconds (SECURITY, owner sign-in).
"""

from __future__ import annotations

import base64
from collections.abc import Collection
from dataclasses import dataclass, replace

from homeport.approvals import codes, tables
from homeport.approvals.states import CODE_SECONDS, REQUEST_SECONDS, Approval, ApprovalState, Move, displaced_by_new
from homeport.clock import Clock, Randomness
from homeport.errors import ApprovingPaused, NoSuchRequest
from homeport.events import ApprovalDecided, ApprovalRequested, EventBus
from homeport.store import Transaction

WRONG_CODES_IN_A_ROW = 5
PAUSE_SECONDS = 60
NOTIFICATION_SECONDS = 60
SILENCING_DENIALS = 2
SILENCE_SECONDS = 10 * 60
MOST_ENDED = 2_000
"""Rows kept of requests that were pushed out or given up: strangers can ask for ever and the table stays small."""


@dataclass(frozen=True, slots=True)
class NewApproval:
    """What a question is about, every text cleaned already."""

    kind: str
    subject: str
    client_id: str
    client: str
    verified: bool
    redirect_host: str
    network: str
    browser: str


class ApprovalDesk:
    """One per engine. `key` is the vault's approval key; `clock` counts seconds since the epoch."""

    def __init__(self, key: bytes, events: EventBus, *, clock: Clock, random: Randomness) -> None:
        self._key = key
        self._events = events
        self._clock = clock
        self._random = random
        self._wrong_in_a_row = 0
        self._paused_until = 0.0
        self._last_notification = float("-inf")

    def open(
        self, tx: Transaction, new: NewApproval, *, protected: Collection[str]
    ) -> tuple[Approval, ApprovalRequested]:
        """Let a question wait; older ones make room, but those of `protected` networks only for their own.

        Announce the event once the transaction is done.
        """
        now = int(self._clock())
        live = tables.waiting(tx, now)
        self._make_room(tx, live, new.network, protected, now)
        approval_id = base64.urlsafe_b64encode(self._random(12)).decode()
        approval = Approval(
            approval_id=approval_id,
            number=tables.next_number(tx),
            kind=new.kind,
            subject=new.subject,
            state=ApprovalState.WAITING,
            client_id=new.client_id,
            client=new.client,
            redirect_host=new.redirect_host,
            network=new.network,
            browser=new.browser,
            code_salt=codes.salt_with_unique_code(self._key, approval_id, live, self._random),
            created_at=now,
            code_expires_at=now + CODE_SECONDS,
            expires_at=now + REQUEST_SECONDS,
        )
        tables.insert(tx, approval)
        silenced = tables.recent_denials(tx, new.client_id, now - SILENCE_SECONDS) >= SILENCING_DENIALS
        return approval, self._request_event(
            approval, waiting=len(tables.waiting(tx, now)), verified=new.verified, silenced=silenced
        )

    def announce(self, event: ApprovalRequested) -> None:
        if event.notify:
            self._last_notification = event.at
        self._events.publish(event)

    def of_subject(self, tx: Transaction, subject: str) -> Approval | None:
        return tables.find_by_subject(tx, subject)

    def code_for_page(self, approval: Approval) -> str | None:
        """The code, for the page with the request's own cookie and nobody else; None once it has expired."""
        if not approval.shows_code(self._clock()):
            return None
        return codes.derive_code(self._key, approval.approval_id, approval.code_salt)

    def renew(self, tx: Transaction, approval: Approval, *, protected: Collection[str]) -> Approval | None:
        """A new code for a page whose code or approval expired, or whose request was pushed out.

        None when it has ended, or was approved and its browser may still come.
        """
        now = int(self._clock())
        if not approval.renewable(now):
            return None
        if approval.shows_code(now):
            return approval  # a page may not choose its code by asking again and again
        live = [a for a in tables.waiting(tx, now) if a.approval_id != approval.approval_id]
        self._make_room(tx, live, approval.network, protected, now)
        salt = codes.salt_with_unique_code(self._key, approval.approval_id, live, self._random)
        was_displaced = approval.state is ApprovalState.DISPLACED
        tables.renew_code(
            tx,
            approval,
            salt,
            number=tables.next_number(tx) if was_displaced else approval.number,
            created_at=now if was_displaced else approval.created_at,
            until=min(now + CODE_SECONDS, approval.expires_at),
        )
        return tables.find_by_subject(tx, approval.subject)

    def waiting(self, tx: Transaction) -> list[Approval]:
        return tables.waiting(tx, int(self._clock()))

    def unfetched(self, tx: Transaction) -> list[Approval]:
        """Approved, and the browser may still come."""
        now = self._clock()
        return [a for a in tables.approved(tx) if a.awaits_browser(now)]

    def check_pause(self) -> None:
        """Raises ApprovingPaused while too many wrong codes were typed."""
        now = self._clock()
        if now < self._paused_until:
            seconds = int(self._paused_until - now) + 1
            raise ApprovingPaused(
                f"Too many wrong codes in a row. Approving goes on in {seconds} seconds.",
                hint="Every waiting page shows a new code by then. If you did not type these codes, deny what waits.",
            )

    def find_by_code(self, tx: Transaction, typed: str) -> Approval | None:
        """The waiting request that shows this code. Tell `right_code` or `wrong_code` when the transaction is done."""
        now = self._clock()
        wanted = codes.normalise(typed)
        found = None
        for approval in tables.waiting(tx, int(now)):
            code = codes.derive_code(self._key, approval.approval_id, approval.code_salt)
            if codes.same_code(code, wanted) and approval.shows_code(now):
                found = approval
        return found

    def right_code(self) -> None:
        self._wrong_in_a_row = 0

    def wrong_code(self) -> bool:
        """Count a wrong code; True: it was the fifth in a row, so approving pauses and `replace_codes` must follow."""
        self._wrong_in_a_row += 1
        if self._wrong_in_a_row < WRONG_CODES_IN_A_ROW:
            return False
        self._wrong_in_a_row = 0
        self._paused_until = self._clock() + PAUSE_SECONDS
        return True

    def replace_codes(self, tx: Transaction) -> None:
        """Every live request gets a new code, unique among them."""
        now = int(self._clock())
        done: list[Approval] = []
        for approval in tables.waiting(tx, now):
            salt = codes.salt_with_unique_code(self._key, approval.approval_id, done, self._random)
            until = min(now + CODE_SECONDS, approval.expires_at)
            tables.renew_code(tx, approval, salt, number=approval.number, created_at=approval.created_at, until=until)
            done.append(replace(approval, code_salt=salt))

    def approve(self, tx: Transaction, approval: Approval, *, person_id: str, scope: str) -> bool:
        to = approval.move(Move.APPROVE)
        now = int(self._clock())
        return to is not None and tables.change_state(tx, approval, to, now=now, person_id=person_id, scope=scope)

    def deny(self, tx: Transaction, number: int | None) -> list[Approval]:
        """Deny one waiting request by its number, or all with None. Raises NoSuchRequest."""
        now = int(self._clock())
        if number is None:
            chosen = tables.waiting(tx, now)
        else:
            one = tables.find_waiting_number(tx, number, now)
            if one is None:
                raise NoSuchRequest(f"No request number {number} waits.", hint="`homeport pending` lists what waits.")
            chosen = [one]
        for approval in chosen:
            tables.change_state(tx, approval, ApprovalState.DENIED, now=now)
        return chosen

    def withdraw(self, tx: Transaction, subject: str) -> None:
        """The person cancelled on their own page."""
        approval = tables.find_by_subject(tx, subject)
        to = approval.move(Move.WITHDRAW) if approval is not None else None
        if approval is not None and to is not None:
            tables.change_state(tx, approval, to, now=int(self._clock()))

    def forget(self, tx: Transaction, subject: str) -> None:
        """Take back whatever was asked about `subject`, so that it can be asked anew."""
        tables.forget(tx, subject)

    def fetched(self, tx: Transaction, approval: Approval) -> bool:
        """The browser came for its approval: True for the one that was first."""
        to = approval.move(Move.FETCH)
        if to is None or not approval.awaits_browser(self._clock()):
            return False
        return (
            tx.execute(
                "UPDATE approvals SET state = :to WHERE approval_id = :approval_id AND state = 'approved'",
                to=to.value,
                approval_id=approval.approval_id,
            )
            == 1
        )

    def decided(self, approval: Approval, outcome: str, person: str = "") -> None:
        self._events.publish(
            ApprovalDecided(
                at=self._clock(),
                number=approval.number,
                kind=approval.kind,
                client=approval.client,
                outcome=outcome,
                person=person,
            )
        )

    def purge(self, tx: Transaction) -> None:
        tables.purge(tx, int(self._clock()) - 24 * 3600)

    def _make_room(
        self, tx: Transaction, live: list[Approval], network: str, protected: Collection[str], now: int
    ) -> None:
        for displaced in displaced_by_new(live, network, protected=protected):
            tables.change_state(tx, displaced, ApprovalState.DISPLACED, now=now)
        tables.trim_ended(tx, MOST_ENDED)

    def _request_event(self, approval: Approval, *, waiting: int, verified: bool, silenced: bool) -> ApprovalRequested:
        now = self._clock()
        return ApprovalRequested(
            at=now,
            number=approval.number,
            kind=approval.kind,
            client=approval.client,
            redirect_host=approval.redirect_host,
            waiting=waiting,
            verified=verified,
            notify=not silenced and now - self._last_notification >= NOTIFICATION_SECONDS,
        )
