"""What an engine tells a backend about the person in each mode, and what it tells its owner about the backend."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from homeport import App, Backend, Person, ToolError
from homeport.apps.backend_errors import ProofRefused, SignInExpired
from homeport.clock import system_randomness
from homeport.engine.backend import EngineBackend
from homeport.engine.backend_credentials import PrivyToken
from homeport.errors import HomeportError
from homeport.mcp_server.callers import LocalCaller
from homeport.network import SystemNetwork
from homeport.origins import Origin
from homeport.settings import Settings
from homeport.store import open_database
from homeport.vault import open_vault
from tests.auth.outside import HandClock
from tests.backend.reference import ReferenceBackend, Reply, Seen, reachable

DAY = 86_400
HOME = Origin("https://home.example", local=False)
FRIEND = Person("per_1", name="Friend")
ALICE = Person("did:privy:alice", provider="privy", email="alice@example.com", name="Alice")


async def tokens_by_grant(grant_id: str) -> str | None:
    return {"g1": "privy-token-one", "g2": "privy-token-two"}.get(grant_id)


@dataclass(slots=True)
class Scene:
    backend: ReferenceBackend
    engine: EngineBackend
    url: str
    clock: HandClock

    def of(self, person: Person, grant_id: str = "g1") -> Backend:
        assert self.engine.of is not None
        return self.engine.of(LocalCaller(person, frozenset({"read"}), grant_id=grant_id))

    @property
    def last(self) -> Seen:
        return self.backend.seen[-1]


@asynccontextmanager
async def scene(
    folder: Path,
    auth: Literal["assertion", "privy", "none"] = "assertion",
    *replies: Reply,
    slash: str = "",
    privy_token: PrivyToken | None = None,
    clock: HandClock | None = None,
) -> AsyncIterator[Scene]:
    clock = clock or HandClock()
    backend = ReferenceBackend()
    backend.replies(*replies)
    database = await open_database(f"sqlite://{folder}/homeport.sqlite3")
    vault = await open_vault(data_dir=folder, environ={})
    async with reachable(backend) as url:
        engine = await EngineBackend.open(
            Settings(data_dir=folder, backend_url=f"{url}/v1{slash}", backend_auth=auth),
            vault=vault,
            database=database,
            network=SystemNetwork(),
            clock=clock,
            random=system_randomness,
            privy_token=privy_token,
        )
        try:
            yield Scene(backend, engine, url, clock)
        finally:
            await engine.close()
            await database.close()


def claims_of(seen: Seen) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(seen.bearer, options={"verify_signature": False})
    return claims


# --- assertion


async def test_an_assertion_says_who_the_person_is_for_a_minute_and_for_this_backend(tmp_path: Path) -> None:
    async with scene(tmp_path, slash="/") as at:
        await at.of(ALICE).get("who")
        claims = claims_of(at.last)
        assert len(claims.pop("jti")) == 20
        assert claims == {
            "iss": at.engine.key_info(HOME).issuer_claim,
            "aud": f"{at.url}/v1",
            "sub": "did:privy:alice",
            "iat": at.clock.now,
            "exp": at.clock.now + 60,
            "email": "alice@example.com",
            "email_verified": True,
        }
        header = jwt.get_unverified_header(at.last.bearer)
        assert (header["typ"], header["alg"]) == ("homeport-backend+jwt", "ES256")
        assert at.last.headers["x-privy-user-id"] == "did:privy:alice"


async def test_a_person_without_privy_has_no_privy_header_and_without_email_no_email(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        await at.of(FRIEND).get("who")
        assert "x-privy-user-id" not in at.last.headers
        assert claims_of(at.last)["sub"] == "per_1"
        assert not {"email", "email_verified", "name"} & set(claims_of(at.last))


async def test_each_request_has_an_assertion_of_its_own(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        for _ in range(3):
            await at.of(ALICE).get("who")
    assert len({claims_of(seen)["jti"] for seen in at.backend.seen}) == 3


async def test_what_the_owner_is_given_verifies_an_assertion(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        await at.of(ALICE).get("who")
        given = at.engine.key_info(HOME)
        assert given.jwks_url == "https://home.example/.well-known/backend-jwks.json"
        assert given.installation_id.startswith("inst_")
        assert given.jwk in at.engine.jwks()["keys"]  # type: ignore[operator]
        for key in (load_pem_public_key(given.pem.encode()), jwt.PyJWK(given.jwk).key):
            claims = jwt.decode(
                at.last.bearer,
                key,  # type: ignore[arg-type]
                algorithms=["ES256"],
                audience=given.audience,
                issuer=given.issuer_claim,
                options={"verify_exp": False, "verify_iat": False},
            )
            assert claims["sub"] == "did:privy:alice"
        assert "d" not in given.jwk
        assert given.jwk["alg"] == "ES256"


async def test_issuer_and_key_are_the_same_after_a_restart(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        before = at.engine.key_info(HOME)
    async with scene(tmp_path) as at:
        after = at.engine.key_info(HOME)
    assert (before.issuer_claim, before.pem) == (after.issuer_claim, after.pem)


async def test_a_new_key_is_published_a_day_before_it_signs(tmp_path: Path) -> None:
    clock = HandClock()
    async with scene(tmp_path, clock=clock) as at:
        first = at.engine.key_info(HOME).jwk
        clock.now += 89 * DAY + 60
        await at.engine.rotate_if_due()
        published: Any = at.engine.jwks()["keys"]
        assert len(published) == 2
        assert at.engine.key_info(HOME).jwk == first
        clock.now += DAY
        second = at.engine.key_info(HOME).jwk
        assert second in published
        await at.of(ALICE).get("who")
        assert jwt.get_unverified_header(at.last.bearer)["kid"] == second["kid"] != first["kid"]


async def test_a_refused_assertion_is_a_warning_until_it_is_accepted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with scene(tmp_path, "assertion", Reply(401), Reply(404)) as at:
        assert at.engine.warnings([]) == []
        with pytest.raises(ProofRefused, match="Trying again does not help"):
            await at.of(ALICE).get("who")
        (warning,) = at.engine.warnings([])
        assert "snippet: homeport backend key" in warning
        assert "backend_auth=privy" in warning
        assert warning in caplog.text
        with pytest.raises(ToolError):
            await at.of(ALICE).get("who")
        assert at.engine.warnings([]) == []


# --- privy


async def test_in_privy_mode_a_call_carries_the_token_of_its_grant_and_nothing_else(tmp_path: Path) -> None:
    async with scene(tmp_path, "privy", privy_token=tokens_by_grant) as at:
        for grant in ("g1", "g2"):
            await at.of(ALICE, grant).get("who")
        assert [seen.bearer for seen in at.backend.seen] == ["privy-token-one", "privy-token-two"]
        assert "x-privy-user-id" not in at.last.headers
        assert at.engine.jwks() == {"keys": []}


async def test_without_a_live_privy_token_nothing_is_sent_and_the_person_signs_in_again(tmp_path: Path) -> None:
    async with scene(tmp_path, "privy", privy_token=tokens_by_grant) as at:
        with pytest.raises(SignInExpired):
            await at.of(ALICE, "g3").get("who")
    assert at.backend.seen == []


async def test_a_refused_privy_token_makes_the_person_sign_in_again(tmp_path: Path) -> None:
    async with scene(tmp_path, "privy", Reply(401), privy_token=tokens_by_grant) as at:
        with pytest.raises(SignInExpired):
            await at.of(ALICE).get("who")
        assert at.engine.warnings([]) == []
    assert len(at.backend.seen) == 1


async def test_privy_mode_needs_privy_sessions(tmp_path: Path) -> None:
    with pytest.raises(HomeportError, match="no Privy sessions"):
        async with scene(tmp_path, "privy"):
            pass


# --- none, and no backend


async def test_in_mode_none_a_call_says_nothing_about_the_person(tmp_path: Path) -> None:
    async with scene(tmp_path, "none", Reply(200, {}), Reply(401)) as at:
        await at.of(ALICE).get("who")
        assert not {"authorization", "x-privy-user-id"} & set(at.last.headers)
        with pytest.raises(ProofRefused):
            await at.of(ALICE).get("who")
        (warning,) = at.engine.warnings([])
        assert "backend_auth is none" in warning


@pytest.mark.parametrize("auth", ["privy", "none"])
async def test_only_assertions_have_a_key_to_show(tmp_path: Path, auth: Literal["privy", "none"]) -> None:
    async with scene(tmp_path, auth, privy_token=tokens_by_grant) as at:
        with pytest.raises(HomeportError, match=f"backend_auth is {auth}"):
            at.engine.key_info(HOME)


async def test_without_a_backend_the_tools_that_want_one_are_named() -> None:
    app = App("Asking")

    @app.tool(effect="read")
    async def ask(backend: Backend) -> str:
        """Ask."""
        return ""

    @app.tool(effect="read")
    async def perhaps(backend: Backend | None) -> str:
        """Ask, perhaps."""
        return ""

    nothing = EngineBackend()
    assert nothing.of is None
    (warning,) = nothing.warnings([app])
    assert warning.startswith("ask: every call is refused, because there is no backend.")
    with pytest.raises(HomeportError, match="No backend is set"):
        nothing.key_info(HOME)


async def test_no_secret_is_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    found: list[Mapping[str, str]] = []
    async with scene(tmp_path, "privy", Reply(401), Reply(500), privy_token=tokens_by_grant) as at:
        for _ in range(2):
            with pytest.raises(ToolError):
                await at.of(ALICE).get("who")
        found += [seen.headers for seen in at.backend.seen]
    async with scene(tmp_path, "assertion", Reply(401), Reply(500)) as at:
        for _ in range(2):
            with pytest.raises(ToolError):
                await at.of(ALICE).get("who")
        found += [seen.headers for seen in at.backend.seen]
    assert len(found) == 4
    assert not [headers for headers in found if headers["authorization"].removeprefix("Bearer ") in caplog.text]
