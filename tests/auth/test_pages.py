"""The pages: what strangers write into them is shown and nothing more."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from homeport.apps.app import App
from homeport.auth.pages import Pages
from tests.auth.door import code_on, open_door
from tests.auth.tiny import tiny_app

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</title></style><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "\u202egnp.exe\u202c\u200b\u2066",
    "a\r\nSet-Cookie: x=y\x00\x1b[31m",
    "x" * 10_000,
    "ChatGPT (verified: chatgpt.com)",
    "&lt;b&gt;",
    "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
]


class Elements(HTMLParser):
    """Every tag of a page with its attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    @property
    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(tag, tuple(sorted(attributes))) for tag, attributes in self.tags]


async def pages_for(tmp_path: Path, name: str) -> tuple[Elements, Elements]:
    """The waiting page and the consent page for a client of this name."""
    async with open_door(tmp_path) as door:
        app, browser = await door.register(name=name), door.browser()
        waiting = await browser.open(app.link())
        await door.approve(code_on(waiting), consent_in_browser=True)
        consent = await browser.get(waiting.request.url.path)
        assert consent.status_code == 200
        return Elements(waiting.text), Elements(consent.text)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_client_metadata_is_inert(tmp_path: Path, name: str) -> None:
    ordinary = await pages_for(tmp_path / "ordinary", "Ordinary")
    hostile = await pages_for(tmp_path / "hostile", name)
    for plain, odd in zip(ordinary, hostile, strict=True):
        assert odd.shape == plain.shape
        assert not [char for char in odd.text if char in "\x00\x1b\u202e\u200b\u2066\r"]
        assert "(unverified name)" in odd.text
        assert len(odd.text) < len(plain.text) + 4 * 64  # 64 characters at most, wherever it stands


@pytest.fixture
def hostile_app() -> App:
    app = App("<b>App</b>\u202e" + "x" * 500)

    @app.tool(effect="destroy", title="<script>alert(1)</script>\u202e")
    async def harmless() -> str:
        """Nothing."""
        return ""

    return app


async def test_hostile_names_of_apps_and_tools_are_inert(tmp_path: Path, hostile_app: App) -> None:
    found: list[Elements] = []
    for app in (tiny_app(), hostile_app):
        async with open_door(tmp_path / str(len(found)), app=app) as door:
            client, browser = await door.register(), door.browser()
            page = await browser.open(client.link())
            await door.approve(code_on(page), "<i>Me</i>", consent_in_browser=True)
            found.append(Elements((await browser.get(page.request.url.path)).text))
    tags = [tag for tag, _ in found[1].tags]
    assert tags.count("script") == 0
    assert "i" not in tags
    assert "b" not in tags
    assert "<script>alert(1)</script>" in found[1].text
    assert "can delete" in found[1].text
    assert "\u202e" not in found[1].text


def test_every_text_is_escaped_and_a_missing_one_is_an_error() -> None:
    pages = Pages()
    page = pages.render("error", title="<b>", message="<i>", hint='"><u>')
    body = bytes(page.body).decode()
    assert not re.search(r"<(b|i|u)>", body)
    with pytest.raises(Exception, match="hint"):
        pages.render("error", title="t", message="m")


def test_a_command_on_a_page_is_one_that_can_be_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_RUN_RECURSION_DEPTH", "1")
    pages = Pages()
    shown = [
        pages.render("front"),
        pages.render("error", title="t", message="m", hint="Ask `homeport doctor`."),
    ]
    for page, command in zip(shown, ("uv run homeport url", "uv run homeport doctor"), strict=True):
        assert command in bytes(page.body).decode()


def test_style_and_script_are_allowed_by_their_hash_and_nothing_else_runs() -> None:
    page = Pages().render("front")
    policy = page.headers["content-security-policy"]
    assert re.search(r"script-src 'sha256-[A-Za-z0-9+/]{43}='", policy)
    assert re.search(r"style-src 'sha256-[A-Za-z0-9+/]{43}='", policy)
    assert "frame-ancestors 'none'" in policy
    body = bytes(page.body).decode()
    assert " style=" not in body
    assert not re.search(r"\son[a-z]+=", body)
    # No second request: a tunnel's own page could stand in its way.
    assert not re.search(r'(src|href)="(?!data:)', body)
