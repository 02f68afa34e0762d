"""The control listener over real sockets: what it serves, and above all whom it refuses."""

from __future__ import annotations

import asyncio
import json
import logging
from pathlib import Path

import pytest

from homeport.control.routes import ENGINE_ROUTES
from homeport.engine.protocol import EngineMethods
from homeport.errors import PortTaken
from homeport.listening import bind, ipv6_exists
from tests.control.running import running_control


def post(**body: object) -> bytes:
    return json.dumps(body).encode()


async def test_the_token_of_this_run_reads_the_status(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        answer = await control.ask()
        assert answer.status == 200
        assert answer.json["connector_url"] == "https://h.example.com/mcp"
        assert answer.json["apps"][0]["tools"] == 5


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic eDp5", "Bearer \u00e9", "bearer x, bearer y"]
)
async def test_without_the_token_nothing_is_answered(tmp_path: Path, authorization: str) -> None:
    async with running_control(tmp_path) as control:
        for row in ENGINE_ROUTES:
            answer = await control.ask(f"/api/{row.name}", method=row.method, authorization=authorization)
            assert answer.status == 401
        for path in ("/api/quit", "/api/session_code"):
            assert (await control.ask(path, method="POST", authorization=authorization)).status == 401
        assert (await control.ask("/anything", authorization=authorization)).status == 401
        assert control.engine.state == "stopped"
        assert not control.quit.is_set()


async def test_a_token_beside_another_one_counts_as_none(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        line = f"Authorization: Bearer {control.running.token}\r\n"
        request = f"GET /api/status HTTP/1.1\r\nHost: {control.host}\r\n{line}{line}Connection: close\r\n\r\n"
        assert (await control.send(request.encode())).status == 401


async def test_only_the_exact_loopback_address_is_a_host(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        port = control.running.port
        for host in (f"localhost:{port}", f"[::1]:{port}", "127.0.0.1", f"127.0.0.1:{port + 1}", f"127.1:{port}"):
            assert (await control.ask(host=host)).status == 421
            assert (await control.ask("/", host=host)).status == 421
        assert (await control.ask(host="evil.example")).status == 421


async def test_the_other_family_is_ours_too_and_serves_no_other_host(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        for address in ("127.0.0.1", "::1") if ipv6_exists() else ("127.0.0.1",):
            assert (await control.ask(address=address, host=f"[::1]:{control.running.port}")).status == 421
            assert (await control.ask(address=address)).status == 200


async def test_a_missing_repeated_or_second_host_is_refused(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        token = f"Authorization: Bearer {control.running.token}\r\nConnection: close\r\n\r\n"
        host = f"Host: {control.host}\r\n"
        for head in (
            f"GET /api/status HTTP/1.1\r\n{host}{host}",
            "GET /api/status HTTP/1.1\r\n",
            f"GET http://{control.host}/api/status HTTP/1.1\r\n{host}",
        ):
            assert (await control.send((head + token).encode())).status == 400


async def test_other_pages_may_not_call_not_even_those_without_an_origin_of_their_own(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        port = control.running.port
        for origin in ("null", "https://chatgpt.com", f"http://localhost:{port}", f"https://127.0.0.1:{port}"):
            answer = await control.ask(origin=origin)
            assert answer.status == 403
            assert "access-control-allow-origin" not in answer.headers
        assert (await control.ask(origin=f"http://127.0.0.1:{port}")).status == 200
        preflight = await control.ask(
            method="OPTIONS", origin="https://chatgpt.com", access_control_request_method="POST", authorization=""
        )
        assert preflight.status == 403


async def test_every_answer_carries_the_strict_headers(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        for answer in (
            await control.ask(),
            await control.ask("/"),
            await control.ask("/nowhere"),
            await control.ask(host="evil.example"),
            await control.ask(authorization=""),
        ):
            assert answer.headers["cache-control"] == "no-store"
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "default-src 'none'" in answer.headers["content-security-policy"]
            assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
            assert "set-cookie" not in answer.headers
            assert "server" not in answer.headers


async def test_the_code_of_a_link_opens_one_session_once(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        code = await control.client.session_code()
        trade = await control.ask("/api/session", method="POST", authorization="", body=post(code=code))
        token = trade.json["token"]
        assert (await control.ask(authorization=f"Bearer {token}")).status == 200
        again = await control.ask("/api/session", method="POST", authorization="", body=post(code=code))
        assert again.status == 403
        assert "homeport open" in again.json["hint"]


async def test_a_session_ends_with_the_process(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        trade = await control.ask(
            "/api/session", method="POST", authorization="", body=post(code=await control.client.session_code())
        )
        old = control.running.token
    async with running_control(tmp_path) as control:
        for token in (trade.json["token"], old):
            assert (await control.ask(authorization=f"Bearer {token}")).status == 401


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/approve", b""),
        ("/api/approve", b"{"),
        ("/api/approve", b"[]"),
        ("/api/approve", post(code="428193", who="me", admin=True)),
        ("/api/approve", post(code=428193, who="me")),
        ("/api/approve", post(code="4\x0028193", who="me")),
        ("/api/approve", b'{"code": "\xff", "who": "me"}'),
        ("/api/approve", b'{"code": "\\ud800", "who": "me"}'),
        ("/api/deny", b"{}"),
        ("/api/deny", post(number=0)),
        ("/api/deny", post(number=2**70)),
        ("/api/deny", post(number="1")),
        ("/api/start", post(now=True)),
        ("/api/session", b"{}"),
    ],
)
async def test_a_body_that_does_not_fit_is_the_callers_error(tmp_path: Path, path: str, body: bytes) -> None:
    async with running_control(tmp_path) as control:
        answer = await control.ask(path, method="POST", body=body)
        assert answer.status == 422
        assert answer.json["code"] == "bad_request"


async def test_only_json_is_read_and_not_much_of_it(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        form = await control.ask("/api/deny", method="POST", body=b"number=1", content_type="text/plain")
        assert form.status == 415
        large = await control.ask("/api/deny", method="POST", body=b" " * 70_000)
        assert large.status == 413


async def test_what_is_not_there_is_said_as_json(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        assert (await control.ask("/api/nothing")).status == 404
        wrong_method = await control.ask("/api/status", method="DELETE")
        assert (wrong_method.status, wrong_method.json["code"]) == (405, "bad_request")
        assert (await control.ask("/mcp", method="POST", body=b"{}")).status == 404


async def test_an_error_for_a_person_keeps_its_code_title_message_and_hint(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        answer = await control.ask("/api/deny", method="POST", body=post(number=7))
        assert answer.status == 404
        assert answer.json == {
            "code": "no_such_request",
            "title": "No such waiting request",
            "message": "No request 7 waits.",
            "hint": "See `homeport pending`.",
        }


async def test_a_fault_of_ours_tells_nothing_but_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with running_control(tmp_path) as control:
        control.engine.broken = True
        with caplog.at_level(logging.ERROR, "homeport.control.api"):
            answer = await control.ask()
        assert answer.status == 500
        assert "fire" not in answer.text
        assert "fire" in caplog.text


async def test_quitting_asks_the_process_to_end(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        await control.client.quit()
        await asyncio.wait_for(control.quit.wait(), 5)


async def test_no_answer_holds_the_code_that_a_person_must_type(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        control.engine.ask("428193")
        for row in ENGINE_ROUTES:
            if row.method == "GET":
                assert "428193" not in (await control.ask(f"/api/{row.name}")).text
        preview = await control.ask("/api/preview_approval", method="POST", body=post(code="428193"))
        assert preview.status == 200
        assert "428193" not in preview.text


async def test_a_port_given_by_hand_that_is_taken_is_an_error(tmp_path: Path) -> None:
    sockets = bind("127.0.0.1", 0)
    try:
        with pytest.raises(PortTaken):
            async with running_control(tmp_path, port=sockets[0].getsockname()[1]):
                pass
    finally:
        for each in sockets:
            each.close()


def test_the_table_has_one_route_for_each_method_of_the_engine() -> None:
    methods = {name for name in vars(EngineMethods) if not name.startswith("_")}
    assert {row.name for row in ENGINE_ROUTES} == methods


async def test_the_shell_serves_a_page_without_data_or_says_how_to_get_one(tmp_path: Path) -> None:
    async with running_control(tmp_path) as control:
        answer = await control.ask("/", authorization="")
        assert answer.status in (200, 503)
        assert control.running.token not in answer.text
        assert "h.example.com" not in answer.text
