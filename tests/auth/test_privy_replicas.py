"""Sign-in with Privy on two replicas with one PostgreSQL: what happens at once on both is as if one came after the
other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import jwt
import pytest

from homeport.network import SystemNetwork
from homeport.people.privy_tokens import PrivyToken
from tests.auth.door import PUBLIC_URL, Browser, Door, Signed, code_on, open_door
from tests.auth.privy_door import PrivyDoor, hand_over, open_privy_door
from tests.auth.test_privy_grants import asking_app
from tests.backend.reference import ReferenceBackend, reachable
from tests.postgres_server import PostgresServer, running_postgres
from tests.privy.mint import SignedIn

ALICE, BOB = "alice@example.com", "bob@example.com"


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running_postgres() as running:
        yield running


@dataclass
class Pair:
    one: PrivyDoor
    two: Door
    backend: ReferenceBackend

    def there(self, browser: Browser) -> Browser:
        """The same browser, sent to the other replica by the load balancer."""
        return replace(browser, door=self.two)


@asynccontextmanager
async def pair(folder: Path, server: PostgresServer, **options: str) -> AsyncIterator[Pair]:
    """Two engines with one database, one Privy, one backend that wants Privy's tokens, and the same secrets."""
    backend = ReferenceBackend()
    async with reachable(backend) as url:
        chosen = {"public_url": PUBLIC_URL, "database_url": server.create_database(), "people": "open", **options}
        chosen |= {"backend_url": f"{url}/v1", "backend_auth": "privy"}
        async with open_privy_door(folder, app=asking_app(), privy=None, **chosen) as one:
            second = folder / "second" / "data"
            second.mkdir(parents=True)
            for secret in one.door.folder.glob("*secret*"):
                (second / secret.name).write_bytes(secret.read_bytes())
                (second / secret.name).chmod(0o600)
            app = one.privy.app
            async with open_door(
                folder / "second",
                app=asking_app(),
                clock=one.door.clock,
                options={**chosen, "privy_app_id": app.app_id},
                environ={"PRIVY_APP_SECRET": app.app_secret},
                network=one.privy.network(SystemNetwork()),
            ) as two:
                yield Pair(one, two, backend)


def _all(person: SignedIn) -> dict[str, str | None]:
    return {"token": person.token, "identity_token": person.identity_token}


async def _who(signed: Signed, door: Door) -> int:
    return (await replace(signed.app, door=door).call(signed.access, "who")).status_code


async def test_of_two_accounts_handed_over_at_once_one_signs_in_with_its_own_privy_token(
    tmp_path: Path, server: PostgresServer
) -> None:
    async with pair(tmp_path, server) as both:
        app = await both.one.door.register(public=True)
        for _ in range(6):
            browser, path = await both.one.knock(app)
            alice, bob = both.one.privy.sign_in(ALICE), both.one.privy.sign_in(BOB)
            handed = await asyncio.gather(
                hand_over(browser, path, _all(alice)), hand_over(both.there(browser), path, _all(bob))
            )
            assert [answer.status_code for answer in handed] == [200, 200]
            said = await both.one.consent(app, browser, path)
            tokens = (await app.exchange(said["code"])).json()
            assert (await app.call(tokens["access_token"], "who")).status_code == 200
            used = PrivyToken.read(both.backend.seen[-1].bearer or "", both.one.privy.app.app_id).did
            claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
            assert claims["sub"] == used


async def test_an_invitation_lets_one_of_two_in_who_prove_its_address_at_once(
    tmp_path: Path, server: PostgresServer
) -> None:
    async with pair(tmp_path, server, people="invite") as both:
        app = await both.one.door.register(public=True)
        for number in range(4):
            address = f"friend{number}@example.com"
            await both.one.door.engine.invite(address)
            accounts = [both.one.privy.sign_in(address) for _ in range(2)]
            # Two Privy accounts that both prove it: an e-mail and a Google account, say.
            other = both.one.privy.sign_in(f"other{number}@example.com")
            theirs = both.one.privy.mint.identity_token(
                other.did, linked_accounts=f'[{{"type":"google_oauth","email":"{address}","subject":"1","lv":1}}]'
            )
            pages = [await both.one.knock(app) for _ in accounts]
            await asyncio.gather(
                hand_over(*pages[0], _all(accounts[0])),
                hand_over(both.there(pages[1][0]), pages[1][1], {"token": other.token, "identity_token": theirs}),
            )
            shown = [(await browser.get(path)).text for browser, path in pages]
            assert sum("Use another account" in page and 'name="answer"' in page for page in shown) == 1
            assert await both.one.door.engine.invitations() == []


async def test_whoever_is_blocked_on_one_replica_is_out_on_the_other_within_a_second(
    tmp_path: Path, server: PostgresServer
) -> None:
    async with pair(tmp_path, server) as both:
        signed = await both.one.sign_in(ALICE, app=await both.one.door.register(public=True))
        assert await _who(signed, both.two) == 200
        assert await _who(signed, both.two) == 200  # from memory now
        await both.one.door.engine.block_person(ALICE)
        assert await _who(signed, both.one.door) == 401
        began = time.perf_counter()
        while await _who(signed, both.two) == 200:
            assert time.perf_counter() - began < 1.0
        assert await both.one.door.count("privy_sessions") == 0


@pytest.mark.parametrize("end", ["block_person", "remove_person"])
async def test_who_loses_access_while_they_consent_gets_no_tokens_whatever_comes_first(
    end: str, tmp_path: Path, server: PostgresServer
) -> None:
    async with pair(tmp_path, server) as both:
        app = await both.one.door.register(public=True)
        for _ in range(4):
            browser, path = await both.one.knock(app)
            alice = both.one.privy.sign_in(ALICE)
            assert (await hand_over(browser, path, _all(alice))).status_code == 200

            async def tokens(browser: Browser = browser, path: str = path) -> str:
                said = await both.one.consent(app, browser, path)
                answer = await app.exchange(said["code"])
                return str(answer.json().get("access_token", ""))

            access, _ = await asyncio.gather(tokens(), getattr(both.two.engine, end)(alice.did))
            if access:
                assert (await app.call(access, "who")).status_code == 401
                assert (await replace(app, door=both.two).call(access, "who")).status_code == 401
            held = await both.one.door.count("privy_sessions")
            await both.one.door.engine.housekeeping()
            assert await both.one.door.count("privy_sessions") <= held
            if end == "block_person":
                await both.two.engine.unblock_person(alice.did)


async def test_a_removal_during_refreshes_on_both_leaves_no_token_that_works(
    tmp_path: Path, server: PostgresServer
) -> None:
    async with pair(tmp_path, server) as both:
        app = await both.one.door.register(public=True)
        signed = await both.one.sign_in(ALICE, app=app)
        did = both.one.privy.sign_in(ALICE).did
        there = replace(app, door=both.two)
        refreshes = [asyncio.create_task(client.refresh(signed.refresh)) for client in (app, there) * 5]
        await both.two.engine.remove_person(did)
        for answer in await asyncio.gather(*refreshes):
            if answer.status_code == 200:
                assert await _who(replace(signed, answer=answer.json()), both.one.door) == 401
                assert (await app.refresh(answer.json()["refresh_token"])).status_code == 400


async def test_the_owners_yes_on_one_replica_and_a_switch_on_the_other_let_nobody_else_in(
    tmp_path: Path, server: PostgresServer
) -> None:
    async with pair(tmp_path, server, people="invite") as both:
        app = await both.one.door.register(public=True)
        for number in range(4):
            browser, path = await both.one.knock(app)
            friend, other = (both.one.privy.sign_in(f"{who}{number}@example.com") for who in ("friend", "other"))
            await hand_over(browser, path, _all(friend))
            code = code_on(await browser.get(path))

            async def another(browser: Browser = browser, path: str = path, other: SignedIn = other) -> None:
                await browser.post(f"{path}/switch")
                await hand_over(browser, path, _all(other))

            await asyncio.gather(
                both.one.door.approve(code, other_network=True), another(both.there(browser)), return_exceptions=True
            )
            let_in = {p.person_id for p in await both.one.door.engine.people() if p.admitted_as}
            assert other.did not in let_in
            assert 'name="answer"' not in (await browser.get(path)).text
            await both.one.door.engine.deny(None)
