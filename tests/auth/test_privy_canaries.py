"""Privy's tokens and the app's secret are found in no log, no file, no event and in clear in no row."""

from __future__ import annotations

import dataclasses
import logging
from pathlib import Path

from tests.auth.privy_door import hand_over
from tests.auth.test_canaries import Everything
from tests.auth.test_privy_grants import HOUR, scene
from tests.backend.reference import Reply
from tests.privy.faults import GARBAGE, REFUSE, status

ALICE = "alice@example.com"


async def test_what_privy_gives_is_found_nowhere_in_clear(tmp_path: Path) -> None:
    heard, root = Everything(), logging.getLogger()
    before = root.level
    root.addHandler(heard)
    root.setLevel(logging.DEBUG)
    try:
        async with scene(tmp_path, stay_signed_in="true", privy_create_wallet="users-without-wallets") as on:
            at = on.at
            app = await at.door.register()
            browser, path = await at.knock(app)
            alice = at.privy.sign_in(ALICE)
            given = {
                "token": alice.token,
                "refresh_token": alice.refresh_token,
                "privy_access_token": alice.privy_access_token,
            }
            for fault in (REFUSE, GARBAGE, status(500), status(403)):
                at.privy.down["api.privy.io"] = fault
                await hand_over(browser, path, {**given, "token": alice.token[:-8] + "AAAAAAAA"})
                if fault is REFUSE:
                    await hand_over(browser, path, given)
            at.privy.down.clear()
            await hand_over(browser, path, {**given, "identity_token": alice.privy_access_token})
            await hand_over(browser, path, {**given, "canary-name": "canary-value"})
            assert (await hand_over(browser, path, given)).status_code == 200
            await browser.get("/authorize/privy?privy_oauth_code=canary-code&privy_oauth_state=canary-state")
            said = await at.consent(app, browser, path)
            tokens = (await app.exchange(said["code"])).json()
            on.backend.replies(Reply(500, {"error": "no"}), Reply(401), Reply(200, b"no json"), Reply(breaks=True))
            for _ in range(5):
                await app.call(tokens["access_token"], "who")
            at.door.clock.now += HOUR - 30
            renewed = await app.refresh(tokens["refresh_token"])
            assert renewed.status_code == 200, renewed.text
            latest = at.privy.sessions.latest
            at.privy.down["*"] = GARBAGE
            at.door.clock.now += HOUR + 1
            await app.refresh(renewed.json()["refresh_token"])
            await at.door.engine.rooms.activity.flush()
            stored = await at.door.everything_stored()
            events = repr([dataclasses.asdict(event) for event in at.door.events])
            shown = repr([await at.door.engine.status(), await at.door.engine.people(), await at.door.engine.grants()])
            secrets = {
                "app token": alice.token,
                "signature of a token": alice.token.rpartition(".")[2],
                "identity token": alice.identity_token,
                "refresh token": alice.refresh_token,
                "Privy access token": alice.privy_access_token,
                "renewed app token": latest.token,
                "renewed refresh token": latest.refresh_token,
                "app secret": at.privy.app.app_secret,
                "cookie": next(iter(browser.cookies.values())),
                "canary": "canary-",
            }
        files = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    finally:
        root.removeHandler(heard)
        root.setLevel(before)
    # The test's own HTTP client logs what it sends.
    lines = heard.text.getvalue().splitlines()
    ours = "\n".join(line for line in lines if not line.startswith(("httpcore2", "httpx2")))
    assert "A Privy token was refused" in ours
    for name, secret in secrets.items():
        assert secret, name
        for place, text in (("log", ours), ("event", events), ("answer", shown), ("database", stored)):
            assert secret not in text, (name, place)
        assert not [file for file, data in files.items() if secret.encode() in data], name
