"""Who signed in with Privy, proven against an emulated Privy over TLS."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from homeport.keys.remote import FRESH_FOR, RETRY_AFTER, STALE_FOR, RemoteKeys
from homeport.outbound import http_client
from homeport.people.privy import CONFIG_FRESH_FOR, CONFIG_RETRY_AFTER, Privy, PrivyRefused, PrivyUnreachable
from homeport.people.privy_api import PrivyApi
from tests.keys.fetching import FakeClock
from tests.people.privy_side import ALICE, APP, PrivySide, saying
from tests.privy.apps import AppClient, EmulatedApp
from tests.privy.emulator import PrivyEmulator
from tests.privy.faults import GARBAGE, HANG, REFUSE, status
from tests.privy.keys import SigningKey

JWKS = f"GET /api/v1/apps/{APP}/jwks.json"
CONFIG = f"GET /api/v1/apps/{APP}"
USERS = "GET /v1/users/*"


class Scene:
    """An emulated Privy and a Homeport's view of it."""

    def __init__(self, emulator: PrivyEmulator, privy: Privy, clock: FakeClock) -> None:
        self.emulator = emulator
        self.privy = privy
        self.clock = clock


@asynccontextmanager
async def scene(
    folder: Path, app: EmulatedApp | None = None, *, secret: str | None = None, deadline: float = 5.0
) -> AsyncIterator[Scene]:
    clock = FakeClock()
    async with (
        PrivyEmulator(app or EmulatedApp(), clock=clock) as emulator,
        http_client(emulator.network()) as http,
    ):
        api = PrivyApi(APP, lambda: secret, http, deadline=deadline)
        keys = RemoteKeys(fetch=api.jwks, folder=folder / "keys", clock=clock)
        privy = Privy(APP, client_id=None, api=api, keys=keys, folder=folder, clock=clock)
        try:
            yield Scene(emulator, privy, clock)
        finally:
            await privy.close()
            await keys.close()


async def test_who_signed_in_by_email_is_known_with_that_email(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        person = at.emulator.sign_in("Alice@Example.com")
        identity = await at.privy.verify(person.token, person.identity_token)
        assert (identity.did, identity.session_id) == (person.did, person.session_id)
        assert identity.emails == ("alice@example.com",)
        assert identity.token_expires_at == at.clock.now + 3600
        assert not identity.has_wallet


async def test_without_an_identity_token_privy_is_asked_with_the_secret(tmp_path: Path) -> None:
    async with scene(tmp_path, secret="emulated-app-secret") as at:
        person = at.emulator.sign_in("alice@example.com")
        identity = await at.privy.verify(person.token, None)
        assert identity.emails == ("alice@example.com",)
        assert at.emulator.asked(f"GET /v1/users/{person.did}")


async def test_without_identity_token_and_secret_the_person_is_known_and_their_email_is_not(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        person = at.emulator.sign_in("alice@example.com")
        identity = await at.privy.verify(person.token, None)
        assert (identity.did, identity.emails, identity.name) == (person.did, (), None)


async def test_a_wrong_secret_leaves_people_without_emails_and_is_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with scene(tmp_path, secret="canary-wrong-secret") as at:
        person = at.emulator.sign_in("alice@example.com")
        assert (await at.privy.verify(person.token, None)).emails == ()
        assert "app secret right?" in caplog.text
        assert "canary" not in caplog.text


async def test_somebody_whom_privy_deleted_is_refused(tmp_path: Path) -> None:
    async with scene(tmp_path, secret="emulated-app-secret") as at:
        person = at.emulator.sign_in("alice@example.com")
        at.emulator.users.remove(person.did)
        with pytest.raises(PrivyRefused) as caught:
            await at.privy.verify(person.token, None)
        assert caught.value.code == "user_gone"


async def test_every_bad_token_is_refused(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        person = at.emulator.sign_in("alice@example.com")
        accepted = []
        for name, token in at.emulator.mint.bad_app_tokens(person.did).items():
            try:
                await at.privy.verify(token, None)
            except PrivyRefused:
                continue
            accepted.append(name)
        assert accepted == []
        await at.privy.verify(at.emulator.mint.app_token(person.did), None)


async def test_a_token_from_the_future_says_that_this_clock_is_wrong(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        person = at.emulator.sign_in("alice@example.com")
        at.clock.advance(-600)
        with pytest.raises(PrivyRefused, match="600 seconds from now") as caught:
            await at.privy.verify(person.token, None)
        assert caught.value.code == "clock_wrong"


async def test_a_forged_token_says_nothing_about_the_clock(tmp_path: Path) -> None:
    side = PrivySide()
    with pytest.raises(PrivyRefused) as caught:
        await side.privy(tmp_path).verify(side.token(key=SigningKey("first"), iat=side.clock() + 9_000), None)
    assert caught.value.code == "token_invalid"


async def test_an_identity_token_of_somebody_else_is_refused(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        alice, bob = at.emulator.sign_in("alice@example.com"), at.emulator.sign_in("bob@example.com")
        with pytest.raises(PrivyRefused) as caught:
            await at.privy.verify(alice.token, bob.identity_token)
        assert caught.value.code == "other_person"


async def test_a_forged_identity_token_gives_nobody_an_email(tmp_path: Path) -> None:
    side = PrivySide()
    accounts = [{"type": "email", "address": "owner@example.com", "lv": 1}]
    header, payload, _ = side.identity_token(accounts).split(".")
    forged = f"{header}.{payload}.{side.token().rpartition('.')[2]}"
    with pytest.raises(PrivyRefused, match="signature"):
        await side.privy(tmp_path).verify(side.token(), forged)


async def test_an_identity_token_that_expired_is_not_believed_any_more(tmp_path: Path) -> None:
    side = PrivySide(secret="a-secret")
    side.answer = saying({"id": ALICE, "linked_accounts": []})
    old = side.identity_token(
        [{"type": "email", "address": "old@example.com", "lv": 1}], iat=1, exp=int(side.clock()) - 60
    )
    assert (await side.privy(tmp_path).verify(side.token(), old)).emails == ()


async def test_an_access_token_in_the_place_of_an_identity_token_is_refused(tmp_path: Path) -> None:
    side = PrivySide()
    with pytest.raises(PrivyRefused) as caught:
        await side.privy(tmp_path).verify(side.token(), side.token())
    assert caught.value.code == "wrong_kind"


async def test_with_the_keys_at_hand_verifying_needs_no_network_and_under_5_ms(tmp_path: Path) -> None:
    side = PrivySide()
    privy = side.privy(tmp_path)
    token, identity_token = side.token(), side.identity_token([{"type": "email", "address": "a@example.com", "lv": 1}])
    await privy.verify(token, identity_token)
    await privy.warm()
    side.keys.asked.clear()
    side.asked.clear()
    times = []
    for _ in range(50):
        began = time.perf_counter()
        await privy.verify(token, identity_token)
        times.append(time.perf_counter() - began)
    assert (side.keys.asked, side.asked) == ([], [])
    # The best of many: how slow the others were says how busy the machine is.
    assert min(times) < 0.005


async def test_a_new_key_of_privy_is_fetched_once_it_is_used(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        person = at.emulator.sign_in("alice@example.com")
        await at.privy.verify(person.token, None)
        at.emulator.rotate_keys()
        at.clock.advance(RETRY_AFTER)
        fresh = at.emulator.mint.app_token(person.did)
        assert (await at.privy.verify(fresh, None)).did == person.did
        with pytest.raises(PrivyRefused):
            await at.privy.verify(person.token, None)


async def test_invented_key_names_do_not_make_homeport_fetch_again_and_again(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        person = at.emulator.sign_in("alice@example.com")
        await at.privy.verify(person.token, None)
        for number in range(20):
            with pytest.raises(PrivyRefused):
                await at.privy.verify(at.emulator.tenant().keys.current.sign({}, kid=f"invented-{number}"), None)
        assert len(at.emulator.asked(JWKS)) == 1


@pytest.mark.parametrize("fault", [REFUSE, GARBAGE, status(503), status(404)], ids=["refused", "garbage", "503", "404"])
async def test_while_privy_is_away_known_keys_serve_on(tmp_path: Path, fault: object) -> None:
    async with scene(tmp_path) as at:
        person = at.emulator.sign_in("alice@example.com")
        await at.privy.verify(person.token, None)
        at.emulator.down[JWKS] = fault  # type: ignore[assignment]
        at.clock.advance(FRESH_FOR + 1)
        fresh = at.emulator.mint.app_token(person.did)
        assert (await at.privy.verify(fresh, None)).did == person.did
        at.clock.advance(STALE_FOR)
        with pytest.raises(PrivyUnreachable):
            await at.privy.verify(at.emulator.mint.app_token(person.did), None)


async def test_keys_survive_a_restart_without_privy(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        person = at.emulator.sign_in("alice@example.com")
        await at.privy.verify(person.token, None)
        at.emulator.down["*"] = REFUSE
        async with http_client(at.emulator.network()) as http:
            api = PrivyApi(APP, lambda: None, http)
            keys = RemoteKeys(fetch=api.jwks, folder=tmp_path / "keys", clock=at.clock)
            again = Privy(APP, client_id=None, api=api, keys=keys, folder=tmp_path, clock=at.clock)
            assert (await again.verify(person.token, None)).did == person.did
            await again.close()


async def test_a_privy_that_says_nothing_holds_a_sign_in_up_no_longer_than_the_deadline(tmp_path: Path) -> None:
    async with scene(tmp_path, deadline=0.3) as at:
        person = at.emulator.sign_in("alice@example.com")
        at.emulator.down["*"] = HANG
        began = time.monotonic()
        with pytest.raises(PrivyUnreachable):
            await at.privy.verify(person.token, None)
        assert time.monotonic() - began < 3
        began = time.monotonic()
        with pytest.raises(PrivyUnreachable):
            await at.privy.verify(person.token, None)
        assert time.monotonic() - began < 0.3


async def test_many_sign_ins_at_once_fetch_the_keys_once(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        people = [at.emulator.sign_in(f"p{number}@example.com") for number in range(20)]
        found = await asyncio.gather(*(at.privy.verify(person.token, None) for person in people))
        assert [identity.did for identity in found] == [person.did for person in people]
        assert len(at.emulator.asked(JWKS)) == 1


async def test_privy_away_while_it_is_asked_for_emails_is_no_sign_in_without_them(tmp_path: Path) -> None:
    async with scene(tmp_path, secret="emulated-app-secret", deadline=1) as at:
        person = at.emulator.sign_in("alice@example.com")
        at.emulator.down[USERS] = REFUSE
        with pytest.raises(PrivyUnreachable):
            await at.privy.verify(person.token, None)


async def test_the_configuration_is_there_after_warming_and_after_a_restart_without_privy(tmp_path: Path) -> None:
    async with scene(tmp_path, EmulatedApp(captcha="turnstile")) as at:
        assert at.privy.config is None
        await at.privy.warm()
        assert at.privy.config is not None
        assert at.privy.config.turnstile
        assert len(at.emulator.asked(JWKS)) == 1
    side = PrivySide()
    again = side.privy(tmp_path).config
    assert again is not None
    assert (again.name, again.turnstile) == ("Recipes", True)


async def test_another_app_or_client_does_not_take_over_the_stored_configuration(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        await at.privy.warm()
    assert PrivySide(client_id="client-1").privy(tmp_path).config is None


@pytest.mark.parametrize("stored", ["", "{}", "[" * 100_000, '{"id": 5}', "\x00"])
def test_a_damaged_copy_of_the_configuration_is_passed_over(tmp_path: Path, stored: str) -> None:
    side = PrivySide()
    side.privy(tmp_path)._store_config({"id": APP, "name": "Recipes"})
    (file,) = tmp_path.glob("privy-app-*.json")
    file.write_text(stored)
    assert side.privy(tmp_path).config is None


async def test_a_failed_warming_is_only_logged_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with scene(tmp_path, deadline=1) as at:
        at.emulator.down["*"] = REFUSE
        with caplog.at_level(logging.WARNING):
            await at.privy.warm()
        assert caplog.text.count("could not be fetched") >= 2
        del at.emulator.down["*"]
        at.privy.refresh_soon()
        assert at.privy.config is None
        at.clock.advance(CONFIG_RETRY_AFTER)
        at.privy.refresh_soon()
        await at.emulator.saw(CONFIG)
        await at.privy.warm()
        assert at.privy.config is not None


async def test_an_old_configuration_is_refreshed_in_the_background_of_a_sign_in(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        await at.privy.warm()
        person = at.emulator.sign_in("alice@example.com")
        at.clock.advance(CONFIG_FRESH_FOR)
        at.emulator.app.name = "Renamed"
        await at.privy.verify(person.token, None)
        await at.privy.warm()
        assert at.privy.config is not None
        assert at.privy.config.name == "Renamed"


async def test_a_wallet_is_made_for_who_has_none_and_once(tmp_path: Path) -> None:
    async with scene(tmp_path, secret="emulated-app-secret") as at:
        person = at.emulator.sign_in("alice@example.com")
        await at.privy.create_wallet(person.did)
        assert (await at.privy.verify(person.token, None)).has_wallet
        await at.privy.create_wallet(person.did)
        assert len(at.emulator.asked(f"POST /v1/users/{person.did}/wallets")) == 1


async def test_a_wallet_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    async with scene(tmp_path) as at:
        with pytest.raises(PrivyRefused, match="none is set"):
            await at.privy.create_wallet(ALICE)
    async with scene(tmp_path, secret="wrong") as at:
        with pytest.raises(PrivyRefused, match="401 invalid_credentials"):
            await at.privy.create_wallet(ALICE)
    async with scene(tmp_path, secret="emulated-app-secret", deadline=1) as at:
        at.emulator.down["*"] = REFUSE
        with pytest.raises(PrivyUnreachable):
            await at.privy.create_wallet(ALICE)


async def test_an_app_client_is_named_to_privy(tmp_path: Path) -> None:
    app = EmulatedApp(clients={"client-1": AppClient(allowed_origins=["https://home.example"])})
    async with PrivyEmulator(app) as emulator, http_client(emulator.network()) as http:
        config = await PrivyApi(APP, lambda: None, http, "client-1").config()
    assert config.allowed_origins == ("https://home.example",)


def test_the_stored_configuration_holds_only_what_is_public(tmp_path: Path) -> None:
    side = PrivySide(secret="canary-secret")
    side.privy(tmp_path)._store_config({"id": APP})
    (file,) = tmp_path.glob("privy-app-*.json")
    assert json.loads(file.read_text()) == {"id": APP}
