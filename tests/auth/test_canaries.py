"""Secrets that pass through are found in no log, no database, no file, no argv and no event."""

from __future__ import annotations

import dataclasses
import io
import logging
import os
import sys
from pathlib import Path

from homeport.listening import access_log
from tests.auth.door import Door, Signed, code_on, open_door


class Everything(logging.Handler):
    """Every record of every logger, with arguments, extras and tracebacks."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.text = io.StringIO()
        self.setFormatter(logging.Formatter("%(name)s %(message)s %(args)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.text.write(self.format(record) + repr(record.__dict__) + "\n")


async def used(door: Door) -> dict[str, str]:
    """Every secret of a long life: a good sign-in, a bad one, failures with canaries in every field."""
    signed: Signed = await door.sign_in()
    await signed.app.call(signed.access)
    newer = (await signed.app.refresh(signed.refresh)).json()
    await signed.app.exchange(signed.code)
    await signed.app.refresh("canary-refresh-token")
    await signed.app.exchange("canary-code", code_verifier="canary-verifier" * 4)
    kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    for path in ("/token", "/revoke", "/introspect"):
        form = {"client_assertion": "canary.client.assertion", "client_assertion_type": kind, "token": "canary-token"}
        await door.form(path, {**form, "grant_type": "refresh_token", "refresh_token": "canary-refresh-token"})
        await door.form(path, {"client_id": "x", "client_secret": "canary-secret", "token": "canary-token"})
    await door.send("POST", "/mcp", json={}, headers={"authorization": "Bearer canary-access-token"})
    browser = door.browser()
    await browser.get(f"/authorize/request/{'a' * 32}?code=canary-code&state=canary-state")
    page = await browser.open(signed.app.link(state="canary-state-of-a-request"))
    await browser.post(f"{page.request.url.path}/cancel", {"answer": "canary-form-value"})
    await browser.get(f"{page.request.url.path}/continue")
    await door.form("/token", {"grant_type": "\x00", "code": "canary-code"})
    return {
        "code": signed.code,
        "access token": signed.access,
        "refresh token": signed.refresh,
        "next access token": newer["access_token"],
        "next refresh token": newer["refresh_token"],
        "verifier": signed.app.verifier,
        "cookie": next(iter(signed.browser.cookies.values())),
        "other cookie": next(iter(browser.cookies.values())),
        "typed code": code_on(await door.browser().open(signed.app.link(state="last"))),
        "canary": "canary-code",
        "canary token": "canary-token",
        "canary refresh token": "canary-refresh-token",
        "canary assertion": "canary.client.assertion",
        "canary secret": "canary-secret",
        "canary access token": "canary-access-token",
        "canary verifier": "canary-verifier",
        "canary state": "canary-state",
        "canary form value": "canary-form-value",
    }


async def test_canaries_are_found_in_no_log_database_file_argv_or_event(tmp_path: Path) -> None:
    heard, root = Everything(), logging.getLogger()
    before = root.level
    root.addHandler(heard)
    root.setLevel(logging.DEBUG)
    try:
        async with open_door(tmp_path) as door:
            secrets = await used(door)
            await door.engine.rooms.activity.flush()
            stored = await door.everything_stored()
            events = repr([dataclasses.asdict(event) for event in door.events])
            status = repr(await door.engine.status())
        files = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    finally:
        root.removeHandler(heard)
        root.setLevel(before)
    # The test's own HTTP client logs what it sends.
    lines = heard.text.getvalue().splitlines()
    ours = "\n".join(line for line in lines if not line.startswith(("httpcore2", "httpx2")))
    assert "GET" in ours
    assert "/authorize" in ours
    argv = " ".join(sys.argv) + Path("/proc/self/cmdline").read_text() if os.path.exists("/proc/self/cmdline") else ""
    for name, secret in secrets.items():
        for place, text in (("log", ours), ("event", events), ("status", status), ("argv", argv)):
            assert secret not in text, (name, place)
        assert secret not in stored, (name, "database")
        assert not [file for file, data in files.items() if secret.encode() in data], name


async def test_access_logs_hold_method_path_without_query_status_and_milliseconds(tmp_path: Path) -> None:
    heard = Everything()
    access_log.addHandler(heard)
    level = access_log.level
    access_log.setLevel(logging.INFO)
    try:
        async with open_door(tmp_path) as door:
            await door.get("/authorize?code=canary-code&state=canary-state")
    finally:
        access_log.removeHandler(heard)
        access_log.setLevel(level)
    line = heard.text.getvalue()
    assert "'method': 'GET', 'path': '/authorize', 'status': 400, 'ms':" in line
    assert "canary" not in line
