"""Whether somebody who signed in with an account may enter. Pure rules in one table; the rows are in `tables`.

People without an account (`owner`) are let in by being named while approving, and are no matter of this file but for
being blocked.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection
from dataclasses import dataclass

from homeport.errors import ApprovalError, SettingsError
from homeport.foreign_text import clean
from homeport.people import emails as addresses
from homeport.people import invitations, owner, tables
from homeport.people.identity import PrivyIdentity
from homeport.people.person import Person
from homeport.people.tables import PersonRecord
from homeport.store import Transaction

PROVIDER = "privy"

MOST_NEVER_ADMITTED = 1_000
"""Strangers may sign in for ever: so many of those who were not let in are remembered."""

FORGOTTEN_AFTER = 24 * 60 * 60
"""Seconds after which somebody who was not let in is forgotten."""


class Verdict(enum.Enum):
    ADMIT = "admit"
    ASK_OWNER = "ask_owner"
    REFUSE = "refuse"


class Mode(enum.Enum):
    INVITE = "invite"
    OPEN = "open"
    LIST = "list"


class Standing(enum.Enum):
    """What the owner has said about a person."""

    NAMED = "named"
    """Invited by e-mail, or let in by the code on their page."""
    LISTED = "listed"
    """On the list as it is now."""
    UNKNOWN = "unknown"


VERDICTS: dict[tuple[Mode, Standing], Verdict] = {
    (Mode.INVITE, Standing.NAMED): Verdict.ADMIT,
    (Mode.INVITE, Standing.UNKNOWN): Verdict.ASK_OWNER,
    # A list is the whole answer: who was let in before and is not on it may not enter.
    (Mode.LIST, Standing.LISTED): Verdict.ADMIT,
    (Mode.LIST, Standing.NAMED): Verdict.REFUSE,
    (Mode.LIST, Standing.UNKNOWN): Verdict.REFUSE,
    (Mode.OPEN, Standing.NAMED): Verdict.ADMIT,
    (Mode.OPEN, Standing.UNKNOWN): Verdict.ADMIT,
}

INVITED, APPROVED, LISTED, OPEN = "invited", "approved", "listed", "open"
_BY_NAME = (INVITED, APPROVED)


@dataclass(frozen=True, slots=True)
class AdmissionPolicy:
    """The setting `people`: a mode and, for a list, whom it names."""

    mode: Mode
    emails: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    dids: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, people: tuple[str, ...], *, serve: bool) -> AdmissionPolicy:
        """`people` as the settings have it; empty means invite, but not on a server. Raises SettingsError."""
        entries = [entry.strip() for entry in people]
        if not entries:
            if serve:
                raise SettingsError(
                    "Who may enter is not set, and a server does not guess.",
                    hint='Set people to "invite", "open", or a list of e-mail addresses, domains and DIDs.',
                )
            return cls(Mode.INVITE)
        words = {addresses.lower(entry) for entry in entries} & {Mode.INVITE.value, Mode.OPEN.value}
        if words and len(entries) == 1:
            return cls(Mode(words.pop()))
        if words:
            raise SettingsError(
                f"people: {min(words)!r} stands alone, and not in a list.", hint="Take it out, or the rest."
            )
        dids = {entry for entry in entries if entry.startswith("did:")}
        names = {addresses.lower(entry).removeprefix("@") for entry in entries if entry not in dids}
        emails = {name for name in names if "@" in name}
        for name in names:
            # A slip such as `opne` would be a domain where nobody lives, and keep everybody out without a word.
            if name not in emails and ("." not in name or "*" in name):
                raise SettingsError(
                    f"people: {clean(name)!r} is no e-mail address, domain or DID.",
                    hint='Use "invite", "open", or a list such as alice@example.com, example.org, did:privy:abc.',
                )
        return cls(Mode.LIST, frozenset(emails), frozenset(names - emails), frozenset(dids))

    def lists(self, did: str, emails: Collection[str]) -> bool:
        """Whether the list names this DID exactly, or one of these addresses whole or by its domain. `emails` are only
        such that the provider verified."""
        found = _comparable(emails)
        return (
            did in self.dids
            or not self.emails.isdisjoint(found)
            or not self.domains.isdisjoint(map(addresses.domain_of, found))
        )

    def standing(self, did: str, emails: Collection[str], admitted_as: str | None) -> Standing:
        if self.lists(did, emails):
            return Standing.LISTED
        return Standing.NAMED if admitted_as in _BY_NAME else Standing.UNKNOWN


class Admission:
    """One per engine. `policy` is asked each time, so that a changed setting counts at once."""

    def __init__(self, policy: Callable[[], AdmissionPolicy]) -> None:
        self.policy = policy

    def enter(
        self, tx: Transaction, identity: PrivyIdentity, *, now: int, spare: Callable[[], Collection[str]] = tuple
    ) -> tuple[Verdict, PersonRecord]:
        """Somebody signed in: write down who they are, and say whether they may enter. Uses up their invitation.

        Strangers who were not let in may be forgotten for it, but not those of `spare`: the owner can still admit them.
        """
        policy = self.policy()
        emails = _comparable(identity.emails)
        known = tables.find_subject(tx, PROVIDER, identity.did)
        admitted_as = known.admitted_as if known else None
        if known is not None and known.blocked:
            # Their row stays as it was: an address that they gave away since is still one that is blocked.
            return Verdict.REFUSE, known
        if not tables.blocked_addresses(tx).isdisjoint(emails):
            # One address can belong to several accounts: by e-mail and by Google, say.
            verdict = Verdict.REFUSE
        else:
            verdict = VERDICTS[policy.mode, policy.standing(identity.did, emails, admitted_as)]
            if verdict is not Verdict.REFUSE and invitations.take(tx, emails):
                verdict, admitted_as = Verdict.ADMIT, INVITED
        if verdict is Verdict.ADMIT and admitted_as not in _BY_NAME:
            admitted_as = LISTED if policy.mode is Mode.LIST else OPEN
        if known is None and verdict is not Verdict.ADMIT:
            tables.keep_never_admitted(tx, MOST_NEVER_ADMITTED - 1, spare=spare())
        record = self._write(tx, identity, emails, known, now)
        if verdict is Verdict.ADMIT and admitted_as is not None and admitted_as != record.admitted_as:
            tables.set_admitted(tx, record.person.id, admitted_as)
            record = _found(tx, identity.did)
        return verdict, record

    def approve(self, tx: Transaction, person_id: str) -> None:
        """The owner typed the code that this person's page shows. Raises ApprovalError."""
        record = tables.find(tx, person_id)
        if record is None:
            raise ApprovalError(
                "The person behind this code is not known any more.", hint="Let them start again from the app."
            )
        if record.blocked:
            name = owner.label(record.person)
            raise ApprovalError(f"{name} is blocked.", hint=f"To let them in: homeport people unblock {person_id}")
        if record.admitted_as != INVITED:
            tables.set_admitted(tx, person_id, APPROVED)
        invitations.take(tx, record.emails)

    def still_admitted(self, tx: Transaction, record: PersonRecord) -> bool:
        """Whether a person who entered before may go on, by the settings of now; nobody is asked."""
        if record.blocked:
            return False
        if record.person.provider == owner.PROVIDER:
            return True
        if not tables.blocked_addresses(tx).isdisjoint(record.emails):
            return False
        try:
            policy = self.policy()
        except SettingsError:
            # A server on which nobody signs in with Privy any more need not say who may enter: then nobody may.
            return False
        standing = policy.standing(record.subject, record.emails, record.admitted_as)
        return VERDICTS[policy.mode, standing] is Verdict.ADMIT

    def purge(self, tx: Transaction, now: int) -> None:
        """Forget who came and was not let in for a day."""
        tables.purge_never_admitted(tx, now - FORGOTTEN_AFTER)

    def _write(
        self, tx: Transaction, identity: PrivyIdentity, emails: tuple[str, ...], known: PersonRecord | None, now: int
    ) -> PersonRecord:
        if known is None:
            tables.insert(tx, Person(id=identity.did, provider=PROVIDER), subject=identity.did, now=now)
            known = _found(tx, identity.did)
        # The address they are known by stays as long as it is theirs.
        first = known.person.email if known.person.email in emails else next(iter(emails), None)
        name = clean(identity.name or "") or None
        tables.update_identity(tx, known.person.id, email=first, name=name, emails=emails, now=now)
        return _found(tx, identity.did)


def _comparable(emails: Collection[str]) -> tuple[str, ...]:
    found = (addresses.normal(email) for email in emails)
    return tuple(dict.fromkeys(email for email in found if email is not None))


def _found(tx: Transaction, did: str) -> PersonRecord:
    record = tables.find_subject(tx, PROVIDER, did)
    assert record is not None
    return record
