"""People without an account: the owner of this computer and the friends they name while approving.

The owner is `me`; a friend is a person of their own, told apart by name alone, without regard to case.
"""

from __future__ import annotations

import base64
import unicodedata

from homeport.clock import Randomness
from homeport.errors import ApprovalError
from homeport.foreign_text import clean
from homeport.people import tables
from homeport.people.person import Person
from homeport.store import Transaction

PROVIDER = "owner"
ME = "me"

_LAST_OF_ID = 6


def owner_exists(tx: Transaction) -> bool:
    return tables.find_subject(tx, PROVIDER, ME) is not None


def person_named(tx: Transaction, who: str, *, now: int, random: Randomness) -> Person:
    """The person the owner means by `who`: "me", a person's id, or a name; a name nobody has is somebody new.

    Raises ApprovalError when the name cannot be one, or its person is blocked.
    """
    name = clean(who)
    if not name or name != " ".join(who.split()):
        raise ApprovalError(
            f"{name!r} cannot be somebody's name.",
            hint="Use 1 to 64 visible characters, or 'me' for yourself.",
        )
    # Two spellings that a person cannot tell apart are one person.
    subject = unicodedata.normalize("NFKC", name).casefold()
    record = tables.find(tx, name) or tables.find_subject(tx, PROVIDER, subject)
    if record is None:
        person_id = "per_" + base64.urlsafe_b64encode(random(12)).decode()
        person = Person(id=person_id, provider=PROVIDER, name=None if subject == ME else name)
        tables.insert(tx, person, subject=subject, now=now)
        return person
    if record.blocked:
        raise ApprovalError(f"{label(record.person)} is blocked.", hint="See `homeport people`.")
    return record.person


def label(person: Person) -> str:
    """How a person is called on pages and in lists."""
    return clean(person.name or person.email or ("me" if person.provider == PROVIDER else _account(person)))


def in_full(person: Person) -> str:
    """Who somebody is, for a decision about them: what their account proves first, since anybody may choose a name."""
    proven = person.email or _account(person)
    if person.provider == PROVIDER or not person.name:
        return label(person)
    return f"{clean(proven)} ({clean(person.name)})"


def _account(person: Person) -> str:
    """Somebody of whom only the account is known: nobody reads a whole DID, and its end tells accounts apart."""
    known = person.id.startswith("did:privy:")
    return f"Privy account …{person.id[-_LAST_OF_ID:]}" if known else person.id
