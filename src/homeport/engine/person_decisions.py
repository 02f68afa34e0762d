"""What the owner decides about people: invite, block, unblock, remove. Each is one transaction over all rooms.

Whoever is blocked or removed loses access with the grants they have, on every replica, before the decision is answered.
"""

from __future__ import annotations

from homeport.auth import grant_tables
from homeport.engine import answers
from homeport.engine.protocol import Invited, PersonSummary, Removal
from homeport.engine.rooms import Rooms
from homeport.errors import NotFoundError
from homeport.foreign_text import clean
from homeport.mcp_server import tables as tool_lists
from homeport.people import emails as addresses
from homeport.people import invitations, lookup, privy_session_table, tables
from homeport.people.admission import Mode
from homeport.people.owner import label
from homeport.people.tables import PersonRecord
from homeport.settings.as_typed import as_typed
from homeport.store import Transaction

BLOCKED = "its person was blocked by the owner"
REMOVED = "its person was removed by the owner"


async def invite(rooms: Rooms, email: str, now: float) -> Invited:
    """Raises EmailError."""

    def work(tx: Transaction) -> Invited:
        address = invitations.invite(tx, email, int(now))
        blocked = [r for r in lookup.people_meant(tx, address) if r.blocked and address in lookup.addresses_of(r)]
        return Invited(address, as_typed(_why_without_effect(rooms, blocked)))

    return await rooms.database.transaction(work)


def _why_without_effect(rooms: Rooms, blocked: list[PersonRecord]) -> str:
    if blocked:
        person = blocked[0].person
        return f"{label(person)} is blocked and stays out until you say: homeport people unblock {person.id}"
    if rooms.people.privy is None:
        return (
            "People sign in here with a code that you type, and no e-mail address is checked: the invitation waits "
            "until people sign in with Privy (`homeport secrets set privy`)."
        )
    match rooms.people.admission.policy().mode:
        case Mode.LIST:
            return (
                "The setting `people` is a list, and only who is on it may enter. Add the address there, or set people "
                "to invite."
            )
        case Mode.OPEN:
            return "The setting `people` is open: everyone your Privy app admits may enter without an invitation."
        case Mode.INVITE:
            return ""


async def block(rooms: Rooms, who: str, now: float) -> PersonSummary:
    """Raises NotFoundError, SeveralPeople."""
    found = await rooms.database.transaction(lambda tx: lookup.person_meant(tx, who))
    person_id = found.person.id

    def work(tx: Transaction) -> None:
        tables.block(tx, person_id, int(now))
        privy_session_table.delete_person(tx, person_id)

    await rooms.auth.exchanges.revoke_person(person_id, BLOCKED, first=work)
    return await _summary(rooms, person_id, now)


async def unblock(rooms: Rooms, who: str, now: float) -> PersonSummary:
    """Whoever is not blocked stays as they are. Raises NotFoundError, SeveralPeople."""

    def work(tx: Transaction) -> str:
        person_id = lookup.person_meant(tx, who).person.id
        tables.unblock(tx, person_id)
        return person_id

    return await _summary(rooms, await rooms.database.transaction(work), now)


async def preview_removal(rooms: Rooms, who: str, now: float) -> Removal:
    """Raises NotFoundError, SeveralPeople."""
    return await rooms.database.transaction(lambda tx: _removal(tx, who, now))


async def remove(rooms: Rooms, who: str, now: float) -> Removal:
    """Raises NotFoundError, SeveralPeople."""
    found = await preview_removal(rooms, who, now)

    def work(tx: Transaction) -> None:
        invitations.take(tx, found.invitations)
        if found.person_id:
            _forget(tx, found.person_id)

    if found.person_id:
        await rooms.auth.exchanges.revoke_person(found.person_id, REMOVED, first=work)
    else:
        await rooms.database.transaction(work)
    return found


def _removal(tx: Transaction, who: str, now: float) -> Removal:
    """What goes: the person and what waits for their addresses, or only an invitation."""
    address = addresses.normal(who.strip())
    if address is not None and not lookup.people_meant(tx, who):
        if not invitations.waits(tx, address):
            raise NotFoundError(
                f"Nobody has the address {clean(address, 254)}, and it is not invited.",
                hint="`homeport people` lists people and invitations.",
            )
        return Removal("", "", "", "", 0, [address])
    record = lookup.person_meant(tx, who)
    person = record.person
    waiting = [email for email in lookup.addresses_of(record) if invitations.waits(tx, email)]
    live = grant_tables.live_grants_by(tx, "person_id", int(now)).get(person.id, 0)
    return Removal(person.id, label(person), clean(person.email or "", 254), person.provider, live, waiting)


def _forget(tx: Transaction, person_id: str) -> None:
    # The built-in app is loaded where it is served; its table is there also where another one is.
    from homeport.items.sql import forget_items

    forget_items(tx, person_id)
    tool_lists.forget_person(tx, person_id)
    privy_session_table.delete_person(tx, person_id)
    tables.remove(tx, person_id)


async def _summary(rooms: Rooms, person_id: str, now: float) -> PersonSummary:
    people = await answers.people(rooms, now)
    found = next((person for person in people if person.person_id == person_id), None)
    if found is None:
        raise NotFoundError("This person was removed meanwhile.", hint="`homeport people` lists everybody.")
    return found
