"""The one bearer check: a token counts only while its grant lives, at exactly its own resource."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from homeport.auth.access import MAX_TOKEN_BYTES, REMEMBERED, bearer_token
from homeport.auth.challenges import Challenge
from homeport.keys.signing import SigningKeys
from homeport.store import MISSED
from homeport.vault import open_vault
from tests.auth.grants_at_work import ACCESS_SECONDS, ISSUER, RESOURCE, Office, office


async def refused(at: Office, header: bytes | None, resource: str = RESOURCE) -> Challenge:
    with pytest.raises(Challenge) as caught:
        await at.access.check(header, resource)
    assert at.access.cached(header, resource) is None
    return caught.value


async def test_a_token_says_who_calls_for_which_client_with_which_scopes(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        bearer = await at.call((await at.signed_in("write"))["access_token"])
        assert bearer is not None
        assert bearer.person.provider == "owner"
        assert (bearer.client_id, bearer.client_name) == (at.client_id, "Strict")
        assert bearer.scopes == {"read", "write"}  # write includes read
        assert bearer.resource == RESOURCE
        assert bearer.expires_at == int(at.clock()) + ACCESS_SECONDS
        assert not bearer.chatgpt


async def test_the_first_401_names_all_scopes_the_apps_tools_need(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        challenge = await refused(at, None)
        assert challenge.status == 401
        value = challenge.www_authenticate
        assert value.startswith("Bearer ")
        assert 'scope="read write"' in value
        assert 'error="invalid_token"' in value
        assert f'resource_metadata="{ISSUER}/.well-known/oauth-protected-resource/mcp"' in value


async def test_a_verified_token_is_remembered_until_it_expires(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        token = (await at.signed_in())["access_token"]
        header = b"Bearer " + token.encode()
        assert at.access.cached(header, RESOURCE) is None
        bearer = await at.access.check(header, RESOURCE)
        assert at.access.cached(header, RESOURCE) == bearer
        at.clock.now += ACCESS_SECONDS - 1
        assert at.access.cached(header, RESOURCE) == bearer
        at.clock.now += 1
        assert at.access.cached(header, RESOURCE) is None
        await refused(at, header)


async def test_revocation_counts_on_the_next_request(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        answer = await at.signed_in()
        header = b"Bearer " + answer["access_token"].encode()
        bearer = await at.access.check(header, RESOURCE)
        await at.server.exchanges.revoke_grant(bearer.grant_id, "test")
        await refused(at, header)


async def test_a_check_that_began_before_a_revocation_does_not_outlive_it(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        for _ in range(20):
            answer = await at.signed_in()
            header = b"Bearer " + answer["access_token"].encode()
            claims = at.tokens.read_access_token(answer["access_token"], issuer=ISSUER)
            assert claims is not None
            await asyncio.gather(
                at.access.check(header, RESOURCE),
                at.server.exchanges.revoke_grant(claims.grant_id, "test"),
                return_exceptions=True,
            )
            await refused(at, header)


async def test_an_unknown_grant_is_refused_when_the_database_was_deleted_and_the_keys_were_kept(
    tmp_path: Path,
) -> None:
    async with office(tmp_path) as at:
        answer = await at.signed_in()
    for file in tmp_path.glob("homeport.sqlite3*"):
        file.unlink()
    async with office(tmp_path, at.clock) as at:
        await refused(at, b"Bearer " + answer["access_token"].encode())


async def test_a_token_of_one_resource_is_refused_at_every_other(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        at.origins.set_public("https://home.example")
        header = b"Bearer " + (await at.signed_in())["access_token"].encode()
        await at.access.check(header, RESOURCE)
        for other in (
            "https://home.example/mcp",
            "http://127.0.0.1:3002/mcp",
            f"{ISSUER}/mcp/",
            f"{ISSUER}/MCP",
            ISSUER,
        ):
            await refused(at, header, other)


async def test_while_a_replica_cannot_hear_it_asks_the_database_every_time(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        header = b"Bearer " + (await at.signed_in())["access_token"].encode()
        bearer = await at.access.check(header, RESOURCE)

        class Deaf:
            """The database while its notifications do not come through."""

            listening = False

            def __getattr__(self, name: str) -> object:
                return getattr(at.database, name)

        at.access._database = Deaf()  # type: ignore[assignment]
        assert at.access.cached(header, RESOURCE) is None
        assert await at.access.check(header, RESOURCE) == bearer
        # Revoked elsewhere, and nobody told us.
        await at.database.transaction(lambda tx: tx.execute("UPDATE grants SET revoked_at = 1"))
        await refused(at, header)


async def test_when_notifications_may_have_been_missed_everything_is_forgotten(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        header = b"Bearer " + (await at.signed_in())["access_token"].encode()
        await at.access.check(header, RESOURCE)
        at.access._forget(MISSED)
        assert at.access.cached(header, RESOURCE) is None
        assert await at.access.check(header, RESOURCE)


async def test_a_token_of_a_person_who_was_blocked_is_refused(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        header = b"Bearer " + (await at.signed_in())["access_token"].encode()
        await at.database.transaction(lambda tx: tx.execute("UPDATE people SET blocked_at = 1"))
        await refused(at, header)


async def test_a_token_signed_by_us_with_claims_that_do_not_match_its_grant_is_refused(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        answer = await at.signed_in()
        claims = at.tokens.read_access_token(answer["access_token"], issuer=ISSUER)
        assert claims is not None
        right = {
            "issuer": ISSUER,
            "resource": RESOURCE,
            "person_id": claims.person_id,
            "client_id": claims.client_id,
            "scope": "read",
            "grant_id": claims.grant_id,
            "not_after": int(at.clock()) + 60,
        }
        fine, _ = at.tokens.access_token(**right)  # type: ignore[arg-type]
        assert await at.call(fine) is not None
        for name in ("person_id", "client_id", "grant_id"):
            forged, _ = at.tokens.access_token(**{**right, name: "other"})  # type: ignore[arg-type]
            assert await at.call(forged) is None, name


async def test_a_token_of_other_keys_is_refused(tmp_path: Path) -> None:
    async with office(tmp_path / "one") as one, office(tmp_path / "two", one.clock) as two:
        answer = await one.signed_in()
        await refused(two, b"Bearer " + answer["access_token"].encode())
        vault = await open_vault(data_dir=tmp_path / "one", environ={})
        assert (await SigningKeys.load(vault, clock=one.clock)).verify(answer["access_token"], typ="at+jwt")


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"Bearer",
        b"Bearer ",
        b"Basic abc",
        b"bearer\tabc",
        b"Bearer \xff\xfe",
        b"Bearer a.b.c",
        b"Bearer " + b"x" * 100_000,
        b"Bearer " + b"e30." * 3000,
        b"Bearer eyJhbGciOiJub25lIn0.e30.",
        b"Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.AAAA",
        b"Bearer \x00",
    ],
)
async def test_what_is_no_token_of_ours_is_a_401_and_never_an_error(tmp_path: Path, header: bytes) -> None:
    async with office(tmp_path) as at:
        challenge = await refused(at, header)
        assert challenge.status == 401
        assert "\n" not in challenge.www_authenticate


def test_the_scheme_is_without_case_and_the_token_without_white_space() -> None:
    assert bearer_token(b"bEaReR  token ") == "token"
    assert bearer_token(b"Bearer " + b"x" * MAX_TOKEN_BYTES) is None


async def test_what_is_remembered_is_bounded(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        token = (await at.signed_in())["access_token"].encode()
        bearer = await at.access.check(b"Bearer " + token, RESOURCE)
        for number in range(REMEMBERED + 10):
            at.access._remember((b"%d" % number, RESOURCE), bearer)
        assert len(at.access._remembered) == REMEMBERED
        assert sum(map(len, at.access._of_grant.values())) == REMEMBERED
        await at.server.exchanges.revoke_grant(bearer.grant_id, "test")
        assert not at.access._remembered


async def test_lists_say_when_a_grant_was_last_used(tmp_path: Path) -> None:
    async with office(tmp_path) as at:
        header = b"Bearer " + (await at.signed_in())["access_token"].encode()
        await at.access.check(header, RESOURCE)
        at.clock.now += 100
        assert at.access.cached(header, RESOURCE)
        await at.server.housekeeping()
        (row,) = await at.rows("SELECT last_used_at FROM grants")
        assert row["last_used_at"] == int(at.clock())
