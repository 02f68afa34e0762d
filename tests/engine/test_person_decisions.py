"""What becomes of a person's access and data when the owner invites, blocks, unblocks or removes them."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from homeport import Person
from homeport.engine.protocol import Removal
from homeport.errors import ApprovalError, EmailError, HomeportError, NotFoundError, SeveralPeople
from homeport.items import SqlItems
from homeport.people import privy_session_table
from homeport.people.identity import PrivyIdentity
from tests.auth.door import Door, Signed, code_on, open_door, way_on
from tests.auth.test_replicas import at, server, two_doors
from tests.engine.engines import engine_for, running
from tests.postgres_server import PostgresServer
from tests.privy.emulator import PrivyEmulator

__all__ = ["server"]

DID = "did:privy:alice"
ALICE = "alice@example.com"


async def comes(door: Door, did: str, *emails: str, name: str | None = None) -> None:
    """Somebody signs in with Privy at this Homeport, wherever that leads."""
    now = int(door.clock())
    identity = PrivyIdentity(did, "session", now + 3600, emails, name, has_wallet=False)
    await door.query(lambda tx: door.engine.rooms.people.admission.enter(tx, identity, now=now))


async def alice_signs_in(door: Door) -> Signed:
    """With Privy, and then all the way to tokens."""
    await comes(door, DID, ALICE, "work@example.org", name="Alice")
    await door.query(lambda tx: door.engine.rooms.people.admission.approve(tx, DID))
    return await door.sign_in(who=DID)


async def status(signed: Signed) -> int:
    return (await signed.app.call(signed.access)).status_code


# --- blocking --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [DID, "ALICE@example.com", "work@example.org", "alice"])
async def test_whoever_is_blocked_is_refused_on_the_next_request_and_gets_no_new_tokens(
    who: str, tmp_path: Path
) -> None:
    async with open_door(tmp_path) as door:
        signed, other = await alice_signs_in(door), await door.sign_in(who="A friend")
        assert (await status(signed), await status(other)) == (200, 200)
        blocked = await door.engine.block_person(who)
        assert (blocked.person_id, blocked.blocked, blocked.live_grants) == (DID, True, 0)
        assert await status(signed) == 401
        refused = await signed.app.refresh(signed.refresh)
        assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
        assert await status(other) == 200
        with pytest.raises(ApprovalError, match="blocked"):
            await door.sign_in(who=DID)


async def test_a_code_that_was_given_out_before_the_block_is_worth_nothing_after_it(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        page = await browser.open(app.link())
        await door.approve(code_on(page), "A friend")
        code = await door.walk_back(app, browser, page)
        await door.engine.block_person("A friend")
        assert (await app.exchange(code)).json()["error"] == "invalid_grant"


async def test_unblocking_lets_a_person_sign_in_again_and_gives_nothing_back(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        signed = await door.sign_in(who="A friend")
        await door.engine.block_person("A friend")
        await door.engine.block_person("A friend")
        for _ in range(2):
            assert not (await door.engine.unblock_person("A friend")).blocked
        assert await status(signed) == 401
        assert (await signed.app.refresh(signed.refresh)).status_code == 400
        assert await status(await door.sign_in(who="A friend")) == 200


async def test_the_owner_can_be_blocked_too_by_being_called_me(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        signed = await door.sign_in()
        await comes(door, "did:privy:impostor", name="me")
        assert (await door.engine.block_person("me")).provider == "owner"
        assert await status(signed) == 401


async def test_a_block_on_one_replica_counts_on_the_other(tmp_path: Path, server: PostgresServer) -> None:
    async with two_doors(tmp_path, server) as (one, two):
        signed = await one.sign_in(await one.register(public=True), who="A friend")
        there = at(signed.app, two)
        for _ in range(2):  # the second time from memory
            assert (await there.call(signed.access)).status_code == 200
        await one.engine.block_person("A friend")
        assert await status(signed) == 401
        began = time.perf_counter()
        while (await there.call(signed.access)).status_code == 200:
            assert time.perf_counter() - began < 1.0
        assert (await there.refresh(signed.refresh)).json()["error"] == "invalid_grant"


# --- removing --------------------------------------------------------------------------------------------------------


async def test_a_person_is_removed_with_access_items_invitations_and_privy_sessions(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        signed, friend = await alice_signs_in(door), await door.sign_in(who="A friend")
        items = SqlItems(door.engine.rooms.database)
        (friend_id,) = [p.person_id for p in await door.engine.people() if p.name == "A friend"]
        for person in (Person(DID), Person(friend_id)):
            assert len(await items.find(person, "")) == 3
        await door.engine.invite("work@example.org")
        await door.engine.invite("bob@example.org")
        for holder, person_id in (("gr_1", DID), ("request", DID), ("gr_2", friend_id)):
            row = privy_session_table.SessionRow(holder, person_id, "sealed", None, None, 2**40, 0)
            await door.query(lambda tx, row=row: privy_session_table.put(tx, row))

        removal = Removal(DID, "Alice", ALICE, "privy", 1, ["work@example.org"])
        assert await door.engine.preview_removal("Alice") == removal
        assert await status(signed) == 200
        assert await door.engine.remove_person("Alice") == removal
        assert (await status(signed), await status(friend)) == (401, 200)
        assert (await signed.app.refresh(signed.refresh)).json()["error"] == "invalid_grant"
        assert DID not in {person.person_id for person in await door.engine.people()}
        assert [invitation.email for invitation in await door.engine.invitations()] == ["bob@example.org"]
        for table in ("items", "item_collections", "privy_sessions", "tool_lists", "people"):
            rows = await door.query(lambda tx, table=table: tx.all(f"SELECT * FROM {table}"))
            assert {row["person_id"] for row in rows} <= {friend_id}
        assert ALICE not in await door.everything_stored()
        assert len(await items.find(Person(friend_id), "")) == 3


async def test_whoever_was_removed_is_a_stranger_when_they_come_again(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        await alice_signs_in(door)
        await door.engine.remove_person(ALICE)
        await comes(door, DID, ALICE)
        (person,) = await door.engine.people()
        assert (person.person_id, person.admitted_as, person.live_grants) == (DID, "", 0)


async def test_removing_an_address_that_only_waits_withdraws_its_invitation(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        await door.engine.invite("Bob@Example.org")
        removal = Removal("", "", "", "", 0, ["bob@example.org"])
        assert await door.engine.preview_removal("bob@example.org") == removal
        assert len(await door.engine.invitations()) == 1
        assert await door.engine.remove_person(" BOB@example.org ") == removal
        assert await door.engine.invitations() == []
        with pytest.raises(NotFoundError, match="not invited"):
            await door.engine.remove_person("bob@example.org")


async def test_a_removed_person_who_was_approved_meanwhile_does_not_get_in(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app, browser = await door.register(), door.browser()
        page = await browser.open(app.link())
        await door.approve(code_on(page), "A friend")
        await door.engine.remove_person("A friend")
        said = app.came_back(await browser.get(way_on(await browser.get(page.request.url.path))))
        assert said["error"] == "access_denied"


# --- who is meant ----------------------------------------------------------------------------------------------------


async def test_an_address_or_name_of_several_is_asked_about_and_changes_nobody(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        await comes(door, "did:privy:one", ALICE, name="Alice")
        await comes(door, "did:privy:two", ALICE, name="ALICE")
        for who in (ALICE, "Alice"):
            for decide in (door.engine.block_person, door.engine.preview_removal, door.engine.remove_person):
                with pytest.raises(SeveralPeople, match="did:privy:two") as caught:
                    await decide(who)
                assert "id in parentheses" in caught.value.hint
        assert [person.blocked for person in await door.engine.people()] == [False, False]


async def test_an_address_is_not_outdone_by_somebody_who_calls_themself_so(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        await comes(door, "did:privy:mallory", name=ALICE)
        await comes(door, DID, ALICE, name="Alice")
        assert (await door.engine.block_person(ALICE)).person_id == DID


@pytest.mark.parametrize("who", ["nobody", "", " ", "did:privy:x", "nobody@example.com", "\x00", "\u202e"])
async def test_nobody_is_meant_by_what_nobody_is_called(who: str, tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        await comes(door, DID, name="")
        for decide in (door.engine.block_person, door.engine.unblock_person, door.engine.remove_person):
            with pytest.raises(NotFoundError, match="homeport people"):
                await decide(who)


# --- inviting, and what is told --------------------------------------------------------------------------------------


async def test_an_invitation_is_kept_once_and_lets_its_person_in(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        first = await door.engine.invite("Alice@Example.com")
        assert (first.email, (await door.engine.invite(ALICE)).email) == (ALICE, ALICE)
        (invitation,) = await door.engine.invitations()
        assert (invitation.email, invitation.invited_at) == (ALICE, int(door.clock()))
        await comes(door, DID, ALICE)
        (person,) = await door.engine.people()
        assert (person.admitted_as, person.emails, person.email) == ("invited", [ALICE], ALICE)
        assert await door.engine.invitations() == []
        with pytest.raises(EmailError):
            await door.engine.invite("alice")


async def test_an_invitation_says_what_still_keeps_its_person_out(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        assert "homeport secrets set privy" in (await door.engine.invite(ALICE)).note
        await comes(door, DID, "bob@example.org", name="Bob")
        await door.engine.block_person("Bob")
        note = (await door.engine.invite("bob@example.org")).note
        assert note == f"Bob is blocked and stays out until you say: homeport people unblock {DID}"


@pytest.mark.parametrize(
    ("people", "note"),
    [("", ""), ("invite", ""), ("open", "everyone your Privy app admits"), ("example.org", "a list")],
)
async def test_an_invitation_says_when_the_setting_makes_no_use_of_it(people: str, note: str, tmp_path: Path) -> None:
    async with PrivyEmulator() as privy:
        options = {"privy_app_id": privy.app.app_id, "people": people or None}
        async with running(tmp_path / "data", network=privy.network(), **options) as engine:
            said = (await engine.invite(ALICE)).note
            assert note in said
            assert bool(said) == bool(note)


async def test_people_are_told_with_their_last_sign_in_or_use(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        await door.sign_in()
        began = int(door.clock())
        door.clock.now += 3600
        await comes(door, DID, ALICE, name="Alice\x1b[31m")
        people = {person.name: person for person in await door.engine.people()}
        assert people["me"].seen_at == began
        assert people["Alice[31m"].seen_at == began + 3600


async def test_housekeeping_forgets_who_was_not_let_in(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        await comes(door, DID)
        door.clock.now += 86_401
        await door.engine.housekeeping()
        assert await door.engine.people() == []


async def test_a_redirect_host_is_allowed_until_that_is_withdrawn(tmp_path: Path) -> None:
    async with open_door(tmp_path) as door:
        app = await door.register(redirect_uri="https://app.example.com/back")
        await door.engine.allow_host("app.example.com")
        assert (await door.browser().open(app.link())).status_code == 200
        await door.engine.withdraw_host("app.example.com")
        refused = await door.browser().open(app.link())
        assert refused.status_code == 403
        assert [(host.host, host.allowed_at) for host in await door.engine.hosts()] == [("app.example.com", 0)]
        for host in ("app.example.com", "elsewhere.example", "not a host"):
            with pytest.raises(NotFoundError, match="homeport clients"):
                await door.engine.withdraw_host(host)


async def test_before_the_first_start_every_question_says_so(tmp_path: Path) -> None:
    engine = engine_for(tmp_path / "data")
    for question in (engine.people, engine.invitations, engine.secrets, engine.backend_key):
        with pytest.raises(HomeportError, match="has not started"):
            await question()
    await engine.close()
