"""Who may enter, by the setting `people`, by invitation, and by the owner's yes; and who no longer may."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from homeport.errors import ApprovalError, SettingsError
from homeport.people import admission, invitations, tables
from homeport.people.admission import VERDICTS, AdmissionPolicy, Mode, Standing, Verdict
from homeport.people.person import Person
from homeport.store import Database, Transaction
from tests.people.newcomers import NOW, Doorkeeper, somebody
from tests.people.test_owner import named, register

ADMIT, ASK_OWNER, REFUSE = Verdict.ADMIT, Verdict.ASK_OWNER, Verdict.REFUSE
ALICE = "alice@example.com"


async def invite(database: Database, email: str) -> None:
    await database.transaction(lambda tx: invitations.invite(tx, email, NOW))


async def waiting(database: Database) -> list[str]:
    found = await database.transaction(invitations.all_invitations)
    return [invitation.email for invitation in found]


async def stored(database: Database, name: str) -> tables.PersonRecord | None:
    return await database.transaction(lambda tx: tables.find(tx, f"did:privy:{name}"))


# --- the setting -----------------------------------------------------------------------------------------------------


def test_every_mode_says_what_becomes_of_everybody() -> None:
    unlisted = {(mode, standing) for mode in Mode for standing in (Standing.NAMED, Standing.UNKNOWN)}
    assert set(VERDICTS) == unlisted | {(Mode.LIST, Standing.LISTED)}


def test_nothing_said_means_invite_and_on_a_server_it_must_be_said() -> None:
    assert AdmissionPolicy.parse((), serve=False).mode is Mode.INVITE
    with pytest.raises(SettingsError, match="Who may enter is not set"):
        AdmissionPolicy.parse((), serve=True)


@pytest.mark.parametrize(("word", "mode"), [("invite", Mode.INVITE), ("Open", Mode.OPEN), (" open ", Mode.OPEN)])
@pytest.mark.parametrize("serve", [True, False])
def test_a_word_is_a_mode(word: str, mode: Mode, serve: bool) -> None:
    assert AdmissionPolicy.parse((word,), serve=serve) == AdmissionPolicy(mode)


@pytest.mark.parametrize(
    "people",
    [("open", ALICE), (ALICE, "invite"), ("invite", "open"), ("opne",), ("*.example.com",), ("",), ("example",)],
)
def test_a_list_that_would_not_mean_what_it_says_is_refused(people: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError, match="people: "):
        AdmissionPolicy.parse(people, serve=True)


@pytest.mark.parametrize("entry", ["example.com", "@example.com", "EXAMPLE.com", ALICE, "Alice@Example.Com"])
def test_a_list_names_addresses_whole_or_by_their_domain_without_case(entry: str) -> None:
    policy = AdmissionPolicy.parse((entry,), serve=True)
    assert policy.lists("did:privy:a", [ALICE])
    assert policy.lists("did:privy:a", ["other@example.org", ALICE])


@pytest.mark.parametrize(
    "email",
    [
        "alice@sub.example.com",
        "alice@notexample.com",
        "alice@example.com.evil.example",
        "alice@example.comx",
        "alice@example.com@evil.example",
        "example.com@evil.example",
        "example.com",
        "alice@example.com.",
    ],
)
def test_what_only_resembles_an_address_of_the_domain_is_not_on_the_list(email: str) -> None:
    assert not AdmissionPolicy.parse(("example.com",), serve=True).lists("did:privy:a", [email])


def test_an_address_on_the_list_is_meant_whole() -> None:
    policy = AdmissionPolicy.parse((ALICE,), serve=True)
    for email in ("bob@example.com", "malice@example.com", "alice+x@example.com", "alice@example.com@evil.example"):
        assert not policy.lists("did:privy:a", [email])


def test_a_did_on_the_list_is_meant_exactly() -> None:
    policy = AdmissionPolicy.parse(("did:privy:cAse",), serve=True)
    assert policy.lists("did:privy:cAse", [])
    assert not policy.lists("did:privy:case", [])
    assert not policy.lists("did:privy:cAse2", ["did:privy:cAse"])


# --- coming in -------------------------------------------------------------------------------------------------------


async def test_under_invite_a_stranger_is_asked_about_and_comes_in_once_the_owner_says_yes(tmp_path: Path) -> None:
    async with register(tmp_path) as database:
        door = Doorkeeper(database, "invite")
        alice = somebody("alice", ALICE)
        verdict, record = await door.enter(alice)
        assert verdict is ASK_OWNER
        assert (record.person.id, record.person.provider, record.person.email) == (alice.did, "privy", ALICE)
        assert record.admitted_as is None
        assert not await door.still(alice)
        await door.approve(alice)
        assert await door.still(alice)
        verdict, record = await door.enter(alice)
        assert (verdict, record.admitted_as) == (ADMIT, "approved")


async def test_whoever_was_invited_by_email_comes_in_without_the_owner_and_the_invitation_is_used(
    tmp_path: Path,
) -> None:
    async with register(tmp_path) as database:
        door = Doorkeeper(database)
        await invite(database, "Alice@Example.com")
        verdict, record = await door.enter(somebody("alice", "work@example.org", "ALICE@example.com"))
        assert (verdict, record.admitted_as) == (ADMIT, "invited")
        assert await waiting(database) == []
        assert await door.verdict(somebody("alice")) is ADMIT
        assert await door.verdict(somebody("mallory", ALICE)) is ASK_OWNER


async def test_an_invitation_is_for_one_address_and_not_for_its_neighbours(tmp_path: Path) -> None:
    async with register(tmp_path) as database:
        door = Doorkeeper(database, "invite")
        await invite(database, ALICE)
        for email in ("bob@example.com", "alice@example.com@evil.example", "alice+1@example.com", "alice@example.co"):
            assert await door.verdict(somebody("mallory", email)) is ASK_OWNER
        assert await waiting(database) == [ALICE]


async def test_of_two_who_claim_one_invitation_at_once_one_gets_in(tmp_path: Path) -> None:
    async with register(tmp_path) as database:
        door = Doorkeeper(database, "invite")
        await invite(database, ALICE)
        verdicts = await asyncio.gather(*(door.verdict(somebody(f"person{n}", ALICE)) for n in range(5)))
        assert sorted(verdicts, key=lambda v: v.value) == [ADMIT, *[ASK_OWNER] * 4]


async def test_somebody_asked_about_before_is_let_in_by_an_invitation_that_comes_later(tmp_path: Path) -> None:
    async with register(tmp_path) as database:
        door = Doorkeeper(database, "invite")
        assert await door.verdict(somebody("alice", ALICE)) is ASK_OWNER
        await invite(database, ALICE)
        assert await door.verdict(somebody("alice", ALICE)) is ADMIT


async def test_two_invitations_of_one_person_are_both_used(tmp_path: Path) -> None:
    async with register(tmp_path) as database:
        door = Doorkeeper(database, "invite")
        await invite(database, ALICE)
        await invite(database, "work@example.org")
        assert await door.verdict(somebody("alice", ALICE, "work@example.org")) is ADMIT
        assert await waiting(database) == []


async def test_a_yes_of_the_owners_uses_up_the_invitation_too(tmp_path: Path) -> None:
    async with register(tmp_path) as database:
        door = Doorkeeper(database, "invite")
        alice = somebody("alice", ALICE)
        await door.enter(alice)
        await invite(database, ALICE)
        await door.approve(alice)
        assert await waiting(database) == []


async def test_a_list_lets_in_whom_it_names_and_refuses_the_rest_without_asking(tmp_path: Path) -> None:
    async with register(tmp_path) as database:
        door = Doorkeeper(database, "example.com", "bob@example.org", "did:privy:carol")
        verdict, record = await door.enter(somebody("alice", ALICE))
        assert (verdict, record.admitted_as) == (ADMIT, "listed")
        assert await door.verdict(somebody("bob", "BOB@example.org")) is ADMIT
        assert await door.verdict(somebody("carol")) is ADMIT
        assert await door.verdict(somebody("mallory", "mallory@example.org")) is REFUSE
        assert await door.verdict(somebody("nobody")) is REFUSE


async def test_a_list_is_not_widened_by_an_invitation_which_keeps_waiting(tmp_path: Path) -> None:
    async with register(tmp_path) as database:
        door = Doorkeeper(database, "example.org")
        await invite(database, ALICE)
        assert await door.verdict(somebody("alice", ALICE)) is REFUSE
        assert await waiting(database) == [ALICE]


async def test_open_lets_everybody_in_whom_privy_admits(tmp_path: Path) -> None:
    async with register(tmp_path) as database:
        door = Doorkeeper(database, "open")
        verdict, record = await door.enter(somebody("alice"))
        assert (verdict, record.admitted_as, record.person.email) == (ADMIT, "open", None)


# --- what changes afterwards -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("people", ["invite", "open", "example.com", "did:privy:alice"])
async def test_whoever_is_blocked_is_refused_under_every_setting(people: str, tmp_path: Path) -> None:
    async with register(tmp_path) as database:
        door = Doorkeeper(database, "open")
        alice = somebody("alice", ALICE)
        await door.enter(alice)
        await invite(database, ALICE)
        await database.transaction(lambda tx: tables.block(tx, alice.did, NOW))
        door.people = (people,)
        verdict, record = await door.enter(alice)
        assert (verdict, record.blocked) == (REFUSE, True)
        assert not await door.still(alice)
        assert await waiting(database) == [ALICE]
        with pytest.raises(ApprovalError, match="is blocked"):
            await door.approve(alice)
        await database.transaction(lambda tx: tables.unblock(tx, alice.did))
        assert await door.verdict(alice) is ADMIT


async def test_a_changed_setting_counts_at_once_in_both_directions(tmp_path: Path) -> None:
    async with register(tmp_path) as database:
        door = Doorkeeper(database, "open")
        alice = somebody("alice", ALICE)
        await door.enter(alice)
        assert await door.still(alice)
        door.people = ("invite",)
        assert not await door.still(alice)
        assert await door.verdict(alice) is ASK_OWNER
        door.people = ("example.org",)
        assert not await door.still(alice)
        assert await door.verdict(alice) is REFUSE
        door.people = ("example.com",)
        assert await door.still(alice)
        door.people = ("open",)
        assert await door.still(alice)


async def test_whom_the_owner_let_in_by_name_is_still_in_when_the_door_was_open_meanwhile(tmp_path: Path) -> None:
    async with register(tmp_path) as database:
        door = Doorkeeper(database, "invite")
        alice, bob = somebody("alice", ALICE), somebody("bob", "bob@example.org")
        await invite(database, ALICE)
        await door.enter(alice)
        await door.enter(bob)
        await door.approve(bob)
        door.people = ("open",)
        for person in (alice, bob):
            await door.enter(person)
        door.people = ("invite",)
        assert await door.still(alice)
        assert await door.still(bob)


async def test_an_invitation_counts_for_good_also_where_the_door_was_open_when_it_was_used(tmp_path: Path) -> None:
    async with register(tmp_path) as database:
        door = Doorkeeper(database, "open")
        await invite(database, ALICE)
        verdict, record = await door.enter(somebody("alice", ALICE))
        assert (verdict, record.admitted_as) == (ADMIT, "invited")
        assert await waiting(database) == []


async def test_an_address_that_privy_no_longer_vouches_for_no_longer_opens_a_list(tmp_path: Path) -> None:
    async with register(tmp_path) as database:
        door = Doorkeeper(database, "example.com")
        await door.enter(somebody("alice", ALICE))
        verdict, record = await door.enter(somebody("alice", "alice@example.org"))
        assert verdict is REFUSE
        assert record.emails == ("alice@example.org",)
        assert not await door.still(somebody("alice"))


async def test_what_privy_says_of_a_person_is_written_down_at_each_sign_in(tmp_path: Path) -> None:
    async with register(tmp_path) as database:
        door = Doorkeeper(database, "open")
        await door.enter(somebody("alice", ALICE, "Work@example.org", called="Alice\u202e\x1b"), now=NOW)
        first = await stored(database, "alice")
        assert first is not None
        assert (first.person.name, first.person.email) == ("Alice", ALICE)
        assert (first.emails, first.created_at, first.seen_at) == ((ALICE, "work@example.org"), NOW, NOW)
        await door.enter(somebody("alice", "new@example.org", ALICE, "no address", ""), now=NOW + 60)
        second = await stored(database, "alice")
        assert second is not None
        assert (second.person.name, second.person.email) == (None, ALICE)
        assert (second.emails, second.created_at, second.seen_at) == (("new@example.org", ALICE), NOW, NOW + 60)


async def test_people_without_an_account_are_outside_the_list_but_not_outside_a_block(tmp_path: Path) -> None:
    async with register(tmp_path) as database:
        door = Doorkeeper(database, "example.com")
        for who in ("me", "A friend"):
            person = await named(database, who)

            def goes_on(tx: Transaction, person: Person = person) -> bool:
                record = tables.find(tx, person.id)
                assert record is not None
                return door.admission.still_admitted(tx, record)

            assert await database.transaction(goes_on)
            await database.transaction(lambda tx, person=person: tables.block(tx, person.id, NOW))  # type: ignore[misc]
            assert not await database.transaction(goes_on)


async def test_a_yes_for_somebody_who_is_gone_says_so(tmp_path: Path) -> None:
    async with register(tmp_path) as database:
        with pytest.raises(ApprovalError, match="not known any more"):
            await Doorkeeper(database).approve(somebody("alice"))


# --- strangers in numbers --------------------------------------------------------------------------------------------


async def test_of_strangers_who_were_not_let_in_only_the_newest_are_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "MOST_NEVER_ADMITTED", 3)
    async with register(tmp_path) as database:
        door = Doorkeeper(database, "open")
        await named(database, "me")
        await door.enter(somebody("admitted"), now=NOW - 100)
        door.people = ("invite",)
        await door.enter(somebody("blocked"), now=NOW - 99)
        await database.transaction(lambda tx: tables.block(tx, "did:privy:blocked", NOW))
        for number in range(5):
            await door.enter(somebody(f"stranger{number}"), now=NOW + number)
        await door.enter(somebody("stranger2"), now=NOW + 10)
        await door.enter(somebody("late"), now=NOW + 11)
        known = {record.subject.removeprefix("did:privy:") for record in await database.transaction(tables.all_people)}
        assert known == {"me", "admitted", "blocked", "stranger2", "stranger4", "late"}


async def test_a_stranger_who_was_not_let_in_is_forgotten_after_a_day(tmp_path: Path) -> None:
    day = 24 * 60 * 60
    async with register(tmp_path) as database:
        door = Doorkeeper(database, "invite")
        await named(database, "me")
        for name in ("stranger", "blocked", "approved"):
            await door.enter(somebody(name), now=NOW)
        await database.transaction(lambda tx: tables.block(tx, "did:privy:blocked", NOW))
        await door.approve(somebody("approved"))
        for now, known in ((NOW + day, 4), (NOW + day + 1, 3)):
            await database.transaction(lambda tx, now=now: door.admission.purge(tx, now))  # type: ignore[misc]
            assert len(await database.transaction(tables.all_people)) == known
        assert await stored(database, "stranger") is None
