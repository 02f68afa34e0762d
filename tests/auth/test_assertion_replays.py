"""An assertion counts once; a repeat of the same request counts again."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest

from homeport.auth.assertions import AuthenticatedClient
from homeport.auth.errors import InvalidClient
from homeport.store import Transaction
from tests.auth.desk import CLIENT, JWKS, P256_ORDER, desk, encode
from tests.auth.outside import document


@pytest.mark.parametrize("jti", [1, [], {}, True, ""])
async def test_jti_is_a_text(tmp_path: Path, jti: Any) -> None:
    async with desk(tmp_path) as at:
        with pytest.raises(InvalidClient):
            await at.present(encode(at.claims(jti=jti)))


async def test_the_identical_assertion_counts_again_only_for_the_identical_code(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        assertion = at.sign()
        await at.present(assertion, used_for="code-1")
        await at.present(assertion, used_for="code-1")
        with pytest.raises(InvalidClient):
            await at.present(assertion, used_for="code-2")
        with pytest.raises(InvalidClient):
            await at.present(assertion, used_for="")
        await at.present(assertion, used_for="code-1")


async def test_an_assertion_used_for_nothing_counts_once(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        assertion = at.sign()
        await at.present(assertion, used_for="")
        with pytest.raises(InvalidClient):
            await at.present(assertion, used_for="")


async def test_another_assertion_with_the_same_jti_is_a_replay_even_for_the_same_code(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.present(at.sign())
        with pytest.raises(InvalidClient):
            await at.present(at.sign(exp=int(at.house.clock.now) + 301))


async def test_without_a_jti_the_assertion_itself_counts_once(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        assertion = at.sign(jti=...)
        await at.present(assertion, used_for="code-1")
        await at.present(assertion, used_for="code-1")
        with pytest.raises(InvalidClient):
            await at.present(assertion, used_for="code-2")
        await at.present(at.sign(jti=..., exp=int(at.house.clock.now) + 301), used_for="code-2")


async def test_the_other_form_of_an_ecdsa_signature_is_no_new_assertion(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        assertion = at.sign(jti=...)
        await at.present(assertion, used_for="code-1")
        signed, _, signature = assertion.rpartition(".")
        raw = base64.urlsafe_b64decode(signature + "==")
        r, s = raw[:32], int.from_bytes(raw[32:], "big")
        other = base64.urlsafe_b64encode(r + (P256_ORDER - s).to_bytes(32, "big")).rstrip(b"=").decode()
        assert other != signature
        for variant in (other, signature + "=", signature[:-1] + "!" + signature[-1]):
            with pytest.raises(InvalidClient):
                await at.present(f"{signed}.{variant}", used_for="code-2")


async def test_a_replay_is_seen_across_a_restart(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        assertion = at.sign()
        await at.present(assertion, used_for="code-1")
    async with desk(tmp_path) as at:
        with pytest.raises(InvalidClient):
            await at.present(assertion, used_for="code-2")


async def test_of_two_exchanges_at_once_with_one_assertion_one_wins(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        assertion = at.sign()
        attempts = (at.present(assertion, used_for=f"code-{n}") for n in range(10))
        outcomes = await asyncio.gather(*attempts, return_exceptions=True)
        assert sum(isinstance(outcome, AuthenticatedClient) for outcome in outcomes) == 1
        assert sum(isinstance(outcome, InvalidClient) for outcome in outcomes) == 9


async def test_the_note_of_an_assertion_belongs_to_the_exchange(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        found = await at.present(at.sign(), record=False)
        assert await at.house.count("assertion_ids") == 0

        def exchange(tx: Transaction) -> None:
            found.record(tx)
            raise RuntimeError("the exchange failed")

        with pytest.raises(RuntimeError):
            await at.house.database.transaction(exchange)
        assert await at.house.count("assertion_ids") == 0
        await at.house.database.transaction(found.record)
        assert await at.house.count("assertion_ids") == 1


async def test_a_note_is_kept_until_the_assertion_cannot_come_again(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        at.house.granted.add(CLIENT)
        assertion = at.sign()
        await at.present(assertion, used_for="code-1")
        at.house.clock.now += 300 + 59
        await at.house.expire()
        assert await at.house.count("assertion_ids") == 1
        with pytest.raises(InvalidClient, match="before"):
            await at.present(assertion, used_for="code-2")
        at.house.clock.now += 2
        with pytest.raises(InvalidClient, match="expired"):
            await at.present(assertion, used_for="code-1")
        await at.present(at.sign(), used_for="code-2")
        at.house.clock.now += 400
        await at.house.expire()
        assert await at.house.count("assertion_ids") == 0


async def test_the_store_holds_digests_only(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.present(at.sign(jti="canary-jti"), used_for="canary-code")

        def rows(tx: Transaction) -> str:
            return str([dict(row) for row in tx.all("SELECT * FROM assertion_ids")])

        stored = await at.house.database.transaction(rows)
        assert "canary" not in stored


async def test_two_clients_may_use_the_same_jti(tmp_path: Path) -> None:
    async with desk(tmp_path) as at:
        await at.present(at.sign(), used_for="code-1")
        other = "https://client.example/second.json"
        at.house.web.answers[other] = document(
            {
                "client_id": other,
                "client_name": "Second",
                "redirect_uris": ["https://client.example/cb"],
                "token_endpoint_auth_method": "private_key_jwt",
                "jwks_uri": JWKS,
            }
        )
        await at.house.clients.resolve(other)
        await at.house.approve(other)
        await at.present(at.sign(iss=other, sub=other), client_id=other, used_for="code-2")
