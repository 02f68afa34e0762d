"""A strict client that behaves like ChatGPT, against Homeport at a public https address behind a proxy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest

from tests.browser.chromium import complaints_of, needs_chromium
from tests.browser.sign_in import read_code
from tests.judges.chatgpt_host import CLIENT_ID, CONNECTION_REDIRECT_URI, REDIRECT_URI
from tests.judges.node import needs_judges
from tests.judges.scene import PUBLIC_URL, JudgeFailed, scene

pytestmark = [needs_judges, needs_chromium]


@pytest.mark.parametrize("audience", ["issuer", "token_endpoint"])
async def test_chatgpt_connects_by_its_document_and_stays_connected(tmp_path: Path, audience: str) -> None:
    async with scene(tmp_path, method="private_key_jwt", audience=audience) as here:
        judge = here.judge
        asked = await judge.ask("connect", clientId=CLIENT_ID, redirect=REDIRECT_URI)
        popup = await here.popup(asked["authorize"])
        complaints = complaints_of(popup)
        await read_code(popup)
        await popup.goto(asked["authorize"])  # Browsers and previews load it twice.
        await popup.reload()
        tokens = await judge.ask("callback", url=await here.approves(popup))
        assert tokens["audience"] == here.homeport.mcp_url
        assert {"read", "write"} <= set(tokens["scope"].split())
        assert complaints == []

        assert (await judge.ask("validate"))["lifetime"] == tokens["expires_in"]
        assert {"get-items", "add-item", "perform-item-action", "search", "fetch"} <= set(await judge.ask("tools"))
        assert await judge.ask("call", tool="get-items")
        await judge.ask("call", tool="add-item", arguments={"title": "Milk for the judge"})

        first = await judge.ask("refresh", times=4)
        assert (await judge.ask("refresh_with", refresh_token=first["previous"]))["same"]
        await here.homeport.restart()
        assert "Milk for the judge" in json.dumps(await judge.ask("call", tool="get-items"))
        await judge.ask("refresh", times=1)
        assert (await judge.ask("introspect"))["active"]
        assert await judge.ask("revoke") == {"refused": True}
        with pytest.raises(JudgeFailed) as refused:
            await judge.ask("refresh", times=1)
        assert refused.value.error == "invalid_grant"
        assert here.host.fetches == ["/oauth/client.json", "/oauth/jwks.json"]


async def test_a_grant_that_began_with_a_key_is_not_refreshed_without_it(tmp_path: Path) -> None:
    async with scene(tmp_path, method="private_key_jwt") as here:
        asked = await here.judge.ask("connect", clientId=CLIENT_ID, redirect=REDIRECT_URI)
        await here.judge.ask("callback", url=await here.approves(await here.popup(asked["authorize"])))
        previous = (await here.judge.ask("refresh", times=1))["previous"]
        with pytest.raises(JudgeFailed) as refused:
            await here.judge.ask("refresh_with", refresh_token=previous, method="none")
        assert refused.value.error in ("invalid_client", "invalid_grant")
        assert await here.judge.ask("call", tool="get-items")


CONNECTIONS: dict[str, dict[str, Any]] = {
    "registered": {
        "redirect": REDIRECT_URI,
        "register": {"client_name": "ChatGPT", "token_endpoint_auth_method": "none"},
    },
    "static": {"redirect": CONNECTION_REDIRECT_URI, "clientId": "chatgpt-connector"},
    "document": {"redirect": REDIRECT_URI, "clientId": CLIENT_ID},
}


@pytest.mark.parametrize("how", CONNECTIONS)
async def test_chatgpt_connects_without_a_key(tmp_path: Path, how: str) -> None:
    async with scene(tmp_path, method="none") as here:
        judge = here.judge
        asked = await judge.ask("connect", **CONNECTIONS[how])
        url = await here.approves(await here.popup(asked["authorize"]))
        for wrong in forged(url):
            with pytest.raises(JudgeFailed):
                await judge.ask("callback", url=wrong)
        await judge.ask("callback", url=url)
        with pytest.raises(JudgeFailed) as repeated:
            await judge.ask("callback", url=url)
        assert repeated.value.error == "invalid_grant"
        assert await judge.ask("call", tool="get-items"), "a repeated code must not end what the first began"
        await judge.ask("refresh", times=4)
        await here.homeport.restart()
        await judge.ask("refresh", times=1)
        assert await judge.ask("call", tool="get-items")


def forged(url: str) -> list[str]:
    """The callback with another issuer, with none, and with another state: a strict client refuses each."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
    base = url.partition("?")[0]
    changed = [
        query | {"iss": f"{PUBLIC_URL}/"},
        {name: value for name, value in query.items() if name != "iss"},
        query | {"state": "of-somebody-else"},
    ]
    return [f"{base}?{urlencode(one)}" for one in changed]


async def test_a_denied_popup_goes_back_with_the_error_and_the_issuer(tmp_path: Path) -> None:
    async with scene(tmp_path, method="private_key_jwt") as here:
        asked = await here.judge.ask("connect", clientId=CLIENT_ID, redirect=REDIRECT_URI)
        await read_code(await here.popup(asked["authorize"]))
        await here.homeport.run("deny", "all")
        url = await here.callback()
        assert f"iss={quote(PUBLIC_URL, safe='')}" in url
        with pytest.raises(JudgeFailed) as denied:
            await here.judge.ask("callback", url=url)
        assert denied.value.error == "access_denied"


async def test_two_accounts_of_chatgpt_get_a_grant_each(tmp_path: Path) -> None:
    async with scene(tmp_path, method="private_key_jwt") as here:
        asked = await here.judge.ask("connect", clientId=CLIENT_ID, redirect=REDIRECT_URI)
        await here.judge.ask("callback", url=await here.approves(await here.popup(asked["authorize"])))
        first = await here.judge.ask("refresh", times=1)
        asked = await here.judge.ask("again", scope="read")
        await here.judge.ask("callback", url=await here.approves(await here.popup(asked["authorize"])))
        listed = json.loads(await here.homeport.run("grants", "--json"))
        assert len(listed) == 2, listed
        assert not (await here.judge.ask("refresh_with", refresh_token=first["previous"]))["same"]
