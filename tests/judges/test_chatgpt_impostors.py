"""What only looks like ChatGPT: other keys, other claims, other documents, another host. Homeport must refuse each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.browser.chromium import chromium_window, needs_chromium
from tests.judges.chatgpt_host import CLIENT_ID, HOST, REDIRECT_URI, ChatGptHost, document
from tests.judges.in_process import PlayedNetwork, homeport_here
from tests.judges.node import needs_judges
from tests.judges.scene import JudgeFailed, scene
from tests.judges.tls import Authority

pytestmark = [needs_judges, needs_chromium]

WRONG_CLAIMS: dict[str, dict[str, Any]] = {
    # Numbers are seconds from now.
    "lives for an hour": {"exp": 3600},
    "has expired": {"exp": -120},
    "is for another server": {"aud": "https://other.example.com"},
    "is for another server as well": {"aud": ["https://homeport.test", "https://other.example.com"]},
    "is for an address that only looks alike": {"aud": "https://homeport.test//token"},
    "was issued by somebody else": {"iss": "https://chatgpt.com/oauth/other.json"},
    "is about somebody else": {"sub": "https://chatgpt.com/oauth/other.json"},
    "was issued in the future": {"iat": 600},
}


async def test_an_assertion_with_a_wrong_claim_is_refused_and_costs_nothing(tmp_path: Path) -> None:
    async with scene(tmp_path, method="private_key_jwt") as here:
        asked = await here.judge.ask("connect", clientId=CLIENT_ID, redirect=REDIRECT_URI)
        await here.judge.ask("callback", url=await here.approves(await here.popup(asked["authorize"])))
        for changed in WRONG_CLAIMS.values():
            with pytest.raises(JudgeFailed) as refused:
                await here.judge.ask("refresh_with", method="private_key_jwt", changed=changed)
            assert refused.value.error == "invalid_client"
        await here.judge.ask("refresh", times=1)


async def test_the_id_of_an_assertion_counts_once(tmp_path: Path) -> None:
    async with scene(tmp_path, method="private_key_jwt") as here:
        asked = await here.judge.ask("connect", clientId=CLIENT_ID, redirect=REDIRECT_URI)
        await here.judge.ask("callback", url=await here.approves(await here.popup(asked["authorize"])))
        first, second = {"jti": "the-same", "exp": 40}, {"jti": "the-same", "exp": 50}
        await here.judge.ask("refresh_with", method="private_key_jwt", changed=first)
        with pytest.raises(JudgeFailed) as refused:
            await here.judge.ask("refresh_with", method="private_key_jwt", changed=second)
        assert refused.value.error == "invalid_client"


async def test_another_key_is_refused(tmp_path: Path) -> None:
    async with scene(tmp_path, method="private_key_jwt") as here:
        # The client signs with the key of before; the host shows another one under the same name now.
        here.host.key = ChatGptHost().key
        asked = await here.judge.ask("connect", clientId=CLIENT_ID, redirect=REDIRECT_URI)
        url = await here.approves(await here.popup(asked["authorize"]))
        with pytest.raises(JudgeFailed) as refused:
            await here.judge.ask("callback", url=url)
        assert refused.value.error == "invalid_client"


WRONG_DOCUMENTS = {
    "names another client": document(client_id="https://chatgpt.com/oauth/other.json"),
    "returns elsewhere": document(redirect_uris=["https://chatgpt.com/elsewhere"]),
    "has keys elsewhere": document(jwks_uri="https://keys.example.com/jwks.json"),
    "has a secret": document(token_endpoint_auth_method="client_secret_post", token_endpoint_auth_methods_supported=[]),
    "is no document": {"error": "not_found"},
}


@pytest.mark.parametrize("what", WRONG_DOCUMENTS)
async def test_a_wrong_document_ends_on_a_page_and_never_at_the_redirect(tmp_path: Path, what: str) -> None:
    async with scene(tmp_path, method="none", host=ChatGptHost(document=WRONG_DOCUMENTS[what])) as here:
        asked = await here.judge.ask("connect", clientId=CLIENT_ID, redirect=REDIRECT_URI)
        popup = await here.popup(asked["authorize"])
        await expect(popup.get_by_role("alert")).to_be_visible()
        await expect(popup.locator("[data-approval-code]")).to_have_count(0)
        assert popup.url.startswith("https://homeport.test/authorize")


async def test_a_host_that_cannot_prove_its_name_is_not_chatgpt(tmp_path: Path) -> None:
    """No address is checked for ChatGPT's host, so everything hangs on its certificate."""
    (tmp_path / "other").mkdir()
    other, trusted, host = Authority(tmp_path / "other"), Authority(tmp_path), ChatGptHost()
    async with other.place(HOST, host.answer) as impostor:
        network = PlayedNetwork(trusted, impostor)
        async with homeport_here(tmp_path, network) as homeport, chromium_window() as browser:
            page = await browser.new_page()
            query = f"response_type=code&client_id={CLIENT_ID}&redirect_uri={REDIRECT_URI}"
            answer = await page.goto(f"{homeport.issuer}/authorize?{query}")
            assert answer is not None
            assert answer.status >= 400
            await expect(page.get_by_role("alert")).to_be_visible()
    assert host.fetches == []
