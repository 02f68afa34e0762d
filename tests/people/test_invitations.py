"""The list of invited addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.errors import EmailError
from homeport.people import invitations
from homeport.people.invitations import Invitation
from homeport.store import Transaction
from tests.people.test_owner import register


async def test_an_address_is_invited_once_however_it_is_spelled(tmp_path: Path) -> None:
    def work(tx: Transaction) -> list[Invitation]:
        assert invitations.invite(tx, "Alice@Example.com", 5) == "alice@example.com"
        assert invitations.invite(tx, " alice@example.COM ", 9) == "alice@example.com"
        invitations.invite(tx, "bob@example.org", 7)
        assert invitations.waits(tx, "alice@example.com")
        return invitations.all_invitations(tx)

    async with register(tmp_path) as database:
        found = await database.transaction(work)
        assert found == [Invitation("alice@example.com", 5), Invitation("bob@example.org", 7)]


async def test_an_invitation_is_withdrawn_or_used_once(tmp_path: Path) -> None:
    def work(tx: Transaction) -> list[bool]:
        for email in ("alice@example.com", "bob@example.org", "carol@example.org"):
            invitations.invite(tx, email, 1)
        withdrawn = [invitations.withdraw(tx, who) for who in (" ALICE@example.com", "alice@example.com", "nobody")]
        used = [invitations.take(tx, ["x@example.org", "bob@example.org", "carol@example.org"]) for _ in range(2)]
        return [*withdrawn, *used, invitations.take(tx, []), bool(invitations.all_invitations(tx))]

    async with register(tmp_path) as database:
        assert await database.transaction(work) == [True, False, False, True, False, False, False]


async def test_what_is_no_address_is_not_invited(tmp_path: Path) -> None:
    async with register(tmp_path) as database:
        with pytest.raises(EmailError):
            await database.transaction(lambda tx: invitations.invite(tx, "example.com", 1))
        assert await database.transaction(invitations.all_invitations) == []
