"""What servers ask with the app secret, and the keys anybody may read."""

from __future__ import annotations

import pytest

from tests.auth.outside import HandClock
from tests.privy.emulator import PrivyEmulator
from tests.privy.visitors import API, AUTH, HOME, programs, refusal, server

WALLET = {"wallets": [{"chain_type": "ethereum"}]}


@pytest.mark.parametrize("base", [API, AUTH])
async def test_a_user_is_read_with_the_app_secret(base: str) -> None:
    async with PrivyEmulator() as privy, server(privy) as backend:
        did = privy.sign_in("owner@example.com").did
        user = (await backend.ask("GET", f"{base}/users/{did}")).json()
        assert (user["id"], user["linked_accounts"][0]["address"]) == (did, "owner@example.com")
        unknown = await backend.ask("GET", f"{base}/users/did:privy:nobody")
        assert refusal(unknown) == (404, "user_does_not_exist")


async def test_wrong_credentials_and_browsers_are_refused() -> None:
    async with PrivyEmulator() as privy, server(privy) as backend, programs(privy) as client:
        url = f"{API}/users/{privy.sign_in('owner@example.com').did}"
        from_browser = await backend.ask("GET", url, headers={"origin": HOME})
        assert refusal(from_browser) == (403, "invalid_origin")
        assert "access-control-allow-origin" not in from_browser.headers
        no_header = await client.get(url, auth=(privy.app.app_id, privy.app.app_secret))
        assert refusal(no_header) == (401, "missing_or_invalid_privy_app_id")
        no_secret = await client.get(url, headers={"privy-app-id": privy.app.app_id})
        assert refusal(no_secret) == (401, "invalid_credentials")
        backend.secret = "wrong"
        assert refusal(await backend.ask("GET", url)) == (401, "invalid_credentials")


async def test_a_wallet_is_made_once_for_a_user() -> None:
    async with PrivyEmulator() as privy, server(privy) as backend:
        did = privy.sign_in("owner@example.com").did
        made = await backend.ask("POST", f"{API}/users/{did}/wallets", json=WALLET)
        wallet = made.json()["linked_accounts"][1]
        assert (wallet["wallet_client_type"], wallet["chain_type"]) == ("privy", "ethereum")
        again = await backend.ask("POST", f"{API}/users/{did}/wallets", json=WALLET)
        assert refusal(again) == (400, "invalid_data")
        wrong = await backend.ask("POST", f"{API}/users/{did}/wallets", json={"wallets": [{"chain_type": "other"}]})
        assert refusal(wrong) == (400, "invalid_data")


async def test_wallets_are_limited_by_the_minute() -> None:
    clock = HandClock()
    async with PrivyEmulator(clock=clock) as privy, server(privy) as backend:
        privy.app.wallets_per_minute = 1
        first, second = (privy.sign_in(f"{name}@example.com").did for name in ("owner", "guest"))
        assert (await backend.ask("POST", f"{API}/users/{first}/wallets", json=WALLET)).status_code == 200
        refused = await backend.ask("POST", f"{API}/users/{second}/wallets", json=WALLET)
        assert refusal(refused) == (429, "too_many_requests")
        clock.now += 60
        assert (await backend.ask("POST", f"{API}/users/{second}/wallets", json=WALLET)).status_code == 200


async def test_keys_are_public_at_both_addresses_and_nowhere_else() -> None:
    async with PrivyEmulator() as privy, programs(privy) as client:
        for base in (API, AUTH):
            keys = await client.get(f"{base}/apps/{privy.app.app_id}/jwks.json")
            assert [key["kid"] for key in keys.json()["keys"]] == ["emulated-1"]
            assert "d" not in keys.json()["keys"][0]
            assert (await client.get(f"{base}/apps/unknown/jwks.json")).status_code == 404
        assert (await client.get(f"{API}/apps/{privy.app.app_id}/.well-known/jwks.json")).status_code >= 400


async def test_the_configuration_at_the_server_api_needs_the_secret() -> None:
    async with PrivyEmulator() as privy, server(privy) as backend, programs(privy) as client:
        url = f"{API}/apps/{privy.app.app_id}"
        assert (await backend.ask("GET", url)).json()["id"] == privy.app.app_id
        assert (await client.get(url, headers={"privy-app-id": privy.app.app_id})).status_code == 401
        assert (await backend.ask("DELETE", url)).status_code == 405
        assert (await backend.ask("GET", f"{API}/wallets/1")).status_code == 404
