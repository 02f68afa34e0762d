"""The judges must fail when Homeport is wrong: a proxy changes one thing in its answers, and the client notices."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.chromium import needs_chromium
from tests.browser.sign_in import read_code
from tests.judges.chatgpt_host import CLIENT_ID, REDIRECT_URI
from tests.judges.node import needs_judges
from tests.judges.scene import PUBLIC_URL, JudgeFailed, scene

pytestmark = [needs_judges, needs_chromium]

URL = PUBLIC_URL.encode()


class Wrong:
    """Replaces bytes in each answer, when it is told to, and counts what it replaced."""

    def __init__(self) -> None:
        self.here: bytes | None = None
        self.there = b""
        self.count = 0

    def __call__(self, answer: bytes) -> bytes:
        if self.here is None:
            return answer
        self.count += answer.count(self.here)
        return answer.replace(self.here, self.there)


WHAT_IT_SAYS_OF_ITSELF = {
    "an issuer with a slash": (b'"issuer":"' + URL, b'"issuer":"' + URL + b"/"),
    "an authorization server with a slash": (b'servers":["' + URL, b'servers":["' + URL + b"/"),
    "a resource with a slash": (b'"resource":"' + URL + b"/mcp", b'"resource":"' + URL + b"/mcp/"),
    "no S256": (b'"S256"', b'"plain"'),
    "no iss in its answers": (b'iss_parameter_supported":true', b'iss_parameter_supported":false'),
    "no client documents": (b'metadata_document_supported":true', b'metadata_document_supported":false'),
    "no refresh": (b'"offline_access"', b'"other"'),
    "no keys of clients": (b'"private_key_jwt"', b'"client_secret_basic"'),
    "no metadata in the challenge": (b"resource_metadata=", b"realm="),
    "no scope in the challenge": (b"scope=", b"realm="),
    "metadata that is no JSON by its type": (b"application/json", b"text/plain"),
}


async def test_the_client_refuses_wrong_metadata(tmp_path: Path) -> None:
    wrong = Wrong()
    async with scene(tmp_path, method="private_key_jwt", change=wrong) as here:
        assert await here.judge.ask("connect", clientId=CLIENT_ID, redirect=REDIRECT_URI)
        accepted = []
        for what, (wrong.here, wrong.there) in WHAT_IT_SAYS_OF_ITSELF.items():
            wrong.count = 0
            try:
                await here.judge.ask("connect", clientId=CLIENT_ID, redirect=REDIRECT_URI)
                accepted.append(what)
            except JudgeFailed:
                assert wrong.count, f"{what}: nothing was changed"
    assert accepted == []


WHAT_IT_ANSWERS = {
    "another issuer at the callback": (b"iss=https%3A%2F%2Fhomeport.test", b"iss=https%3A%2F%2Fother.test"),
    "no issuer at the callback": (b"&iss=", b"&not="),
    "a token answer that may be kept": (b"no-store", b"public"),
    "no refresh token": (b'"refresh_token"', b'"other"'),
    "another kind of token": (b'"Bearer"', b'"mac"'),
}


@pytest.mark.parametrize("what", WHAT_IT_ANSWERS)
async def test_the_client_refuses_a_wrong_answer(tmp_path: Path, what: str) -> None:
    wrong = Wrong()
    async with scene(tmp_path, method="none", change=wrong) as here:
        asked = await here.judge.ask("connect", clientId=CLIENT_ID, redirect=REDIRECT_URI)
        popup = await here.popup(asked["authorize"])
        await read_code(popup)
        wrong.here, wrong.there = WHAT_IT_ANSWERS[what]
        url = await here.approves(popup)
        with pytest.raises(JudgeFailed):
            await here.judge.ask("callback", url=url)
        assert wrong.count, "nothing was changed"
        here.host.complaints.clear()  # Its redirect page noticed some of this as well.


async def test_the_page_of_chatgpt_notices_that_its_popup_was_cut_off(tmp_path: Path) -> None:
    wrong = Wrong()
    wrong.here = b"x-frame-options:"
    wrong.there = b"cross-origin-opener-policy: same-origin\r\nx-frame-options:"
    async with scene(tmp_path, method="none", change=wrong) as here:
        asked = await here.judge.ask("connect", clientId=CLIENT_ID, redirect=REDIRECT_URI)
        popup = await here.popup(asked["authorize"])
        await here.homeport.approve(await read_code(popup), "--other-network")
        async with popup.expect_event("pageerror") as error:
            pass
        assert "postMessage" in str(await error.value)
