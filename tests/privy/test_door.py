"""What is refused before an endpoint even looks: headers, origins, bodies, methods."""

from __future__ import annotations

from typing import Any

import pytest

from tests.privy.apps import AppClient, EmulatedApp
from tests.privy.emulator import PrivyEmulator
from tests.privy.visitors import AUTH, HOME, page, programs, refusal

INIT = "/passwordless/init"
BODY = {"email": "owner@example.com"}


@pytest.mark.parametrize(
    ("header", "value", "expected"),
    [
        ("privy-app-id", None, (401, "missing_or_invalid_privy_app_id")),
        ("privy-app-id", "cm0some0other0app00000001", (401, "missing_or_invalid_privy_app_id")),
        ("privy-client", None, (400, "invalid_data")),
        ("privy-client", "js-sdk-core", (400, "invalid_data")),
        ("privy-client-id", "client-unknown", (400, "missing_or_invalid_privy_client_id")),
        ("origin", None, (403, "missing_origin")),
        ("origin", "https://evil.example", (403, "invalid_origin")),
        ("origin", "null", (403, "invalid_origin")),
        ("authorization", "Basic-ish", (401, "missing_or_invalid_token")),
        ("content-type", "text/plain", (415, "invalid_data")),
    ],
)
async def test_a_request_with_a_wrong_header_is_refused(
    header: str, value: str | None, expected: tuple[int, str]
) -> None:
    async with PrivyEmulator(EmulatedApp(allowed_origins=[HOME])) as privy, page(privy) as visitor:
        visitor.headers[header] = value
        assert refusal(await visitor.post(INIT, BODY)) == expected
        assert privy.tenant().codes.sent == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"email": 7}',
        b'{"email": null}',
        b"{}",
        b'{"email": "owner@example.com", "extra": 1}',
        b'{"email": "owner"}',
        b'{"email": "<owner@example.com>"}',
    ],
)
async def test_a_body_of_another_shape_is_refused(body: bytes) -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        answer = await visitor.ask("POST", INIT, content=body, headers={"content-type": "application/json"})
        assert refusal(answer) == (400, "invalid_data")


async def test_a_number_in_quotes_is_no_number() -> None:
    response = {"attestation_object": "AA", "client_data_json": "AA", "public_key_algorithm": "-7"}
    credential = {
        "id": "AA",
        "raw_id": "AA",
        "type": "public-key",
        "client_extension_results": {},
        "response": response,
    }
    async with PrivyEmulator() as privy, page(privy) as visitor:
        body = {"relying_party": HOME, "authenticator_response": credential}
        answer = await visitor.post("/passkeys/register", body)
        assert refusal(answer) == (400, "invalid_data")
        assert "public_key_algorithm" in answer.json()["error"]


async def test_unknown_paths_and_methods_are_refused() -> None:
    async with PrivyEmulator() as privy, page(privy) as visitor:
        assert (await visitor.ask("GET", "/sessions/verify")).status_code == 404
        assert (await visitor.ask("GET", INIT)).status_code == 405
        assert (await visitor.ask("GET", "/apps/cm0some0other0app00000001")).status_code == 401


async def test_an_allowed_origin_gets_cors_headers_for_itself_and_another_none() -> None:
    async with PrivyEmulator(EmulatedApp(allowed_origins=[HOME])) as privy, page(privy) as visitor:
        allowed = await visitor.post(INIT, BODY)
        assert allowed.headers["access-control-allow-origin"] == HOME
        assert allowed.headers["access-control-allow-credentials"] == "true"
        visitor.headers["origin"] = "https://evil.example"
        refused = await visitor.post(INIT, BODY)
        assert "access-control-allow-origin" not in refused.headers
        privy.app.readable_refusals = True
        assert (await visitor.post(INIT, BODY)).headers["access-control-allow-origin"] == "https://evil.example"


async def test_a_preflight_is_answered_for_known_endpoints_headers_and_origins_only() -> None:
    async with PrivyEmulator(EmulatedApp(allowed_origins=[HOME])) as privy, programs(privy) as client:

        async def preflight(path: str, origin: str) -> Any:
            headers = {"origin": origin, "access-control-request-method": "POST"}
            return await client.request("OPTIONS", f"{AUTH}{path}", headers=headers)

        allowed = await preflight(INIT, HOME)
        assert allowed.status_code == 204
        assert allowed.headers["access-control-allow-methods"] == "POST"
        assert "privy-ca-id" in allowed.headers["access-control-allow-headers"]
        assert "x-other" not in allowed.headers["access-control-allow-headers"]
        assert "access-control-allow-origin" not in (await preflight(INIT, "https://evil.example")).headers
        assert (await preflight("/sessions/verify", HOME)).status_code == 404


async def test_a_server_may_read_the_public_configuration_but_not_from_a_refused_origin() -> None:
    async with PrivyEmulator(EmulatedApp(allowed_origins=[HOME])) as privy, page(privy, origin=None) as visitor:
        visitor.headers["privy-client"] = None
        path = f"/apps/{privy.app.app_id}"
        assert (await visitor.ask("GET", path)).json()["allowed_domains"] == [HOME]
        visitor.headers["origin"] = "https://evil.example"
        assert refusal(await visitor.ask("GET", path)) == (403, "invalid_origin")


async def test_an_app_clients_origins_replace_the_apps() -> None:
    other = "https://other.example"
    app = EmulatedApp(allowed_origins=[HOME], clients={"client-1": AppClient(allowed_origins=[other])})
    async with PrivyEmulator(app) as privy, page(privy) as visitor:
        visitor.headers["privy-client-id"] = "client-1"
        assert refusal(await visitor.post(INIT, BODY)) == (403, "invalid_origin")
        visitor.headers["origin"] = other
        assert (await visitor.post(INIT, BODY)).status_code == 200
        configuration = await visitor.ask("GET", f"/apps/{privy.app.app_id}")
        assert configuration.json()["allowed_domains"] == [other]


async def test_apps_do_not_know_each_others_people_keys_and_methods() -> None:
    other = EmulatedApp(app_id="cm0some0other0app00000001", methods={"google"})
    async with PrivyEmulator(EmulatedApp(), other) as privy, page(privy) as visitor:
        mine = await visitor.sign_in(privy)
        visitor.headers["privy-app-id"] = other.app_id
        answer = await visitor.ask("GET", "/users/me", bearer=mine["privy_access_token"])
        assert refusal(answer) == (401, "missing_or_invalid_token")
        assert refusal(await visitor.post(INIT, BODY)) == (403, "disallowed_login_method")
        assert privy.tenant(other.app_id).users.get(mine["user"]["id"]) is None
