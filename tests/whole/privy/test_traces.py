"""What a sign-in leaves behind: no secret anywhere, nothing in a browser that keeps nothing, no questions to Privy."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from homeport.store import Transaction
from tests.auth.test_canaries import Everything
from tests.backend.reference import ReferenceBackend, reachable
from tests.browser.chromium import needs_chromium
from tests.judges.node import needs_judges
from tests.judges.scene import JudgeFailed
from tests.privy.apps import EmulatedApp
from tests.privy.door import API, AUTH
from tests.privy.emulator import PrivyEmulator
from tests.privy.oauth import ProviderAccount
from tests.whole.privy.stage import HOME, Stage, Visitor, click, stage

pytestmark = [needs_judges, needs_chromium]

ALICE = "alice@example.com"
BOB = "bob@example.com"
HOUR = 3600


def kept(backend: str) -> dict[str, Any]:
    """Settings with which Homeport keeps people signed in to Privy, for a backend that takes Privy's own tokens."""
    return {"backend_url": f"{backend}/v1", "backend_auth": "privy", "stay_signed_in": "true"}


async def test_where_homeport_keeps_the_session_the_page_keeps_nothing_and_ends_nothing(tmp_path: Path) -> None:
    backend = ReferenceBackend()
    async with reachable(backend) as url, stage(tmp_path, method="none", **kept(url)) as on:
        alice = await on.visitor()
        popup = await alice.connects()
        await alice.signs_in(popup, ALICE)
        shelves = await popup.evaluate("[...Object.keys(localStorage), ...Object.entries(sessionStorage).flat()]")
        await alice.allows(popup)
        assert [
            name for name in shelves if not re.fullmatch(r"homeport\.request|/authorize/request/[\w-]+", name)
        ] == []
        assert backend.seen[-1].bearer == on.privy.sessions.latest.token

        # An hour later Homeport has renewed it, and the person was asked nothing.
        on.passes(HOUR - 300)
        await alice.judge.ask("refresh", times=1)
        on.passes(HOUR - 300)
        await alice.judge.ask("refresh", times=1)
        await alice.judge.ask("call", tool="get-items")
        assert backend.seen[-1].bearer == on.privy.sessions.latest.token

        # Nothing is there to come back with: who connects again signs in again, and the first grant lives on.
        popup = await alice.connects()
        await popup.get_by_label("E-mail address").wait_for()
        await click(popup, "Google")
        await popup.locator("#account-0").click()
        await alice.is_asked(popup, "owner@example.com")
        await click(popup, "Use another account")
        await alice.signs_in(popup, ALICE)
        assert await popup.evaluate("Object.keys(localStorage)") == []
        await alice.allows(popup)
        assert on.at_privy("logout") == []
        assert len(on.at_privy("POST /api/v1/sessions$")) == 2
        assert len([grant for grant in await on.engine.grants() if grant.state != "revoked"]) == 2
        alice.no_complaints()


async def test_privys_tokens_codes_and_our_cookie_are_found_in_no_log_row_file_address_or_referer(
    tmp_path: Path,
) -> None:
    backend = ReferenceBackend()
    with everything_logged() as logged:
        async with reachable(backend) as url, stage(tmp_path, **kept(url)) as on:
            on.privy.accounts["google"] = (ProviderAccount("g-1", email=BOB),)
            visitor = await on.visitor()
            first = await visitor.connects()
            await visitor.signs_in(first, ALICE)
            await visitor.judge.ask("callback", url=await visitor.goes_back(first))
            await visitor.judge.ask("call", tool="get-items")
            second = await visitor.connects()
            await click(second, "Google")
            await second.locator("#account-0").click()
            await visitor.is_asked(second, BOB)
            with pytest.raises(JudgeFailed):
                await visitor.judge.ask("callback", url=await visitor.goes_back(second, "Don’t allow"))
            third = await visitor.connects()
            await visitor.sends_code(third, ALICE)
            visited = await urls_and_referers(visitor)
            cookie = (await visitor.context.cookies(HOME))[0]["value"]
            handed = tokens_handed_over(visitor)
            secrets = {**secrets_at_privy(on.privy), **handed, "cookie": cookie}
            await on.engine.rooms.activity.flush()
            stored = await everything_stored(on)
            at_privy = [json.dumps(dict(seen.request.headers)) + seen.request.path for seen in on.privy.requests]
            assert await count(on, "privy_sessions") == 1
        files = {file: file.read_bytes() for file in (tmp_path / "data").rglob("*") if file.is_file()}
    assert "POST" in logged.text.getvalue()
    # The test's own proxies and clients log what they send.
    ours = "\n".join(
        line for line in logged.text.getvalue().splitlines() if not line.startswith(("httpcore2", "httpx2"))
    )
    assert len(handed) == 8
    assert {name.split()[0] for name in secrets} > {"code", "code_verifier", "authorization_code", "token", "cookie"}
    for name, secret in secrets.items():
        found = re.compile(rf"(?<![\w.-]){re.escape(secret)}(?![\w-])")
        assert not found.search(ours), (name, "log")
        assert not found.search(stored), (name, "database")
        assert [file.name for file, data in files.items() if len(secret) > 6 and secret.encode() in data] == [], name
        places = [place for place in visited if found.search(place)]
        if name.startswith(("authorization_code", "state_code")):
            # Privy brings them in the address of the page, which takes them out of there at once.
            places = [place for place in places if not place.startswith(f"url {HOME}/authorize/privy?privy_oauth_")]
        assert places == [], (name, places)
        if name.startswith(("identity_token", "cookie")):
            assert [one for one in at_privy if secret in one] == [], name


def secrets_at_privy(privy: PrivyEmulator) -> dict[str, str]:
    """What pages sent to Privy, and is nobody else's business."""
    found: dict[str, str] = {}
    posts = [seen for seen in privy.requests if seen.request.host == AUTH and seen.request.body]
    for number, seen in enumerate(posts):
        asked = seen.request.json()
        for name in ("code", "code_verifier", "authorization_code", "state_code"):
            if name in asked:
                found[f"{name} {number}"] = asked[name]
    return found


def tokens_handed_over(visitor: Visitor) -> dict[str, str]:
    """What the page sent to Homeport so far."""
    posts = [one for one in visitor.requests if one.method == "POST" and one.url.endswith("/privy")]
    return {f"{name} {n}": text for n, post in enumerate(posts) for name, text in (post.post_data_json or {}).items()}


async def urls_and_referers(visitor: Visitor) -> list[str]:
    """Of every request so far."""
    found = []
    for request in visitor.requests:
        found.append(f"url {request.url}")
        found.append(f"referer {(await request.all_headers()).get('referer', '')}")
    return found


async def everything_stored(on: Stage) -> str:
    """All rows of all tables, as text."""

    def work(tx: Transaction) -> str:
        names = [row["name"] for row in tx.all("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return "\n".join(repr([dict(row) for row in tx.all(f"SELECT * FROM {name}")]) for name in names)

    return await on.engine.rooms.database.transaction(work)


async def count(on: Stage, table: str) -> int:
    return len(await on.engine.rooms.database.transaction(lambda tx: tx.all(f"SELECT * FROM {table}")))


@contextmanager
def everything_logged() -> Iterator[Everything]:
    heard, root = Everything(), logging.getLogger()
    before = root.level
    root.addHandler(heard)
    root.setLevel(logging.DEBUG)
    try:
        yield heard
    finally:
        root.removeHandler(heard)
        root.setLevel(before)


async def test_no_tool_call_ever_asks_privy_for_anything(tmp_path: Path) -> None:
    async with stage(tmp_path, method="none", app=EmulatedApp(allowed_origins=[HOME])) as on:
        alice = await on.visitor()
        popup = await alice.connects()
        await alice.signs_in(popup, ALICE)
        await alice.allows(popup)
        # Keys and configuration are long out of date, and the person's own tokens were renewed.
        on.passes(26 * HOUR)
        await alice.judge.ask("refresh", times=1)
        before = asked_by_homeport(on)
        for _ in range(5):
            await alice.judge.ask("call", tool="get-items")
        await alice.judge.ask("call", tool="add-item", arguments={"title": "Milk"})
        await alice.judge.ask("refresh", times=4)
        assert asked_by_homeport(on) == before
        assert [endpoint for endpoint in before if "jwks" in endpoint] == [
            f"GET /api/v1/apps/{on.privy.app.app_id}/jwks.json"
        ]


def asked_by_homeport(on: Stage) -> list[str]:
    """What our server asked at Privy; pages name themselves in every request."""
    asked = [seen.request for seen in on.privy.requests if seen.request.host in (AUTH, API)]
    return [request.endpoint for request in asked if request.origin is None and "cookie" not in request.headers]
