"""Whom the owner means: a person's id, one of their e-mail addresses, or what they are called."""

from __future__ import annotations

import unicodedata

from homeport.errors import NotFoundError, SeveralPeople
from homeport.foreign_text import clean
from homeport.people import emails as addresses
from homeport.people import owner, tables
from homeport.people.tables import PersonRecord
from homeport.store import Transaction


def person_meant(tx: Transaction, who: str) -> PersonRecord:
    """The one person `who` means. Raises NotFoundError, and SeveralPeople where a name or address does not tell."""
    found = people_meant(tx, who)
    if not found:
        raise NotFoundError(
            f"Nobody is called {clean(who)!r}.", hint="`homeport people` lists everybody with their id."
        )
    if len(found) > 1:
        several = ", ".join(f"{owner.label(record.person)} ({record.person.id})" for record in found)
        raise SeveralPeople(f"{clean(who)!r} may be {several}.", hint="Say which one by the id in parentheses.")
    return found[0]


def people_meant(tx: Transaction, who: str) -> list[PersonRecord]:
    """Everybody `who` may mean. An id comes before an address, an address before a name: names are what people chose
    for themselves, so that an address never means somebody with an account who only calls themself so."""
    who = who.strip()
    if not who.isprintable():
        return []
    by_id = tables.find(tx, who)
    if by_id is not None:
        return [by_id]
    people = tables.all_people(tx)
    address = addresses.normal(who)
    if address is not None and (by_email := [record for record in people if address in addresses_of(record)]):
        return by_email
    name = _folded(who)
    if name == owner.ME and (me := tables.find_subject(tx, owner.PROVIDER, owner.ME)) is not None:
        return [me]
    if address is not None:
        people = [record for record in people if record.person.provider == owner.PROVIDER]
    return [record for record in people if name and _folded(owner.label(record.person)) == name]


def addresses_of(record: PersonRecord) -> tuple[str, ...]:
    """The addresses a person is known by, in the form that is compared."""
    own = addresses.normal(record.person.email or "")
    return tuple(dict.fromkeys([*([own] if own else []), *record.emails]))


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", clean(name)).casefold()
