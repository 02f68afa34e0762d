"""What HTTP sees of the endpoint: methods, headers, sizes, tokens, and every kind of broken message."""

from __future__ import annotations

import asyncio
import json

import pytest

from homeport.mcp_server.endpoint import MAX_BODY, McpEndpoint
from tests.mcp_server.scene import OWN_PAGE, PATH, listening, open_door, request

PING = request("ping")
JSON = (b"content-type", b"application/json")
TOKEN = (b"authorization", b"Bearer anybody")


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "HEAD"])
async def test_other_methods_are_told_which_one_is_allowed(method: str) -> None:
    async with open_door() as door:
        answer = await door.send(b"", method=method)
    assert (answer.status, answer.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("method", ["ping", "initialize", "tools/list", "tools/call"])
async def test_nothing_is_answered_without_a_valid_token(method: str) -> None:
    async with open_door() as door:
        for token in (None, "unknown"):
            answer = await door.post(request(method), token=token)
            assert answer.status == 401
            assert answer.headers["www-authenticate"].startswith('Bearer resource_metadata="https://home.example/.well')
            assert answer.json["error"] == "invalid_token"


async def test_a_token_is_asked_for_before_the_body_is_read() -> None:
    async with open_door() as door:
        answer = await door.send(b"{", [(b"content-type", b"text/plain")])
    assert answer.status == 401


async def test_a_token_given_twice_is_refused() -> None:
    async with open_door() as door:
        answer = await door.send(json.dumps(PING).encode(), [JSON, TOKEN, TOKEN])
    assert answer.status == 400


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://home.example.evil.example", ""])
async def test_a_foreign_page_is_refused(origin: str) -> None:
    async with open_door() as door:
        assert (await door.post(PING, origin=origin)).status == 403


async def test_no_page_and_an_allowed_page_may_call() -> None:
    async with open_door() as door:
        assert (await door.post(PING)).result == {}
        assert (await door.post(PING, origin=OWN_PAGE)).result == {}


async def test_white_space_around_header_values_does_not_count() -> None:
    headers = [
        (b"content-type", b" application/json; charset=utf-8 "),
        (b"authorization", b"\tBearer anybody "),
        (b"mcp-protocol-version", b"2026-07-28 "),
        (b"mcp-method", b" tools/list\t"),
    ]
    async with open_door() as door:
        answer = await door.send(json.dumps(request("tools/list", modern=True)).encode(), headers)
    assert answer.status == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/jsonx", "application/x-www-form-urlencoded", ""])
async def test_only_json_is_taken(content_type: str) -> None:
    async with open_door() as door:
        assert (await door.post(PING, content_type=content_type)).status == 415


async def test_a_body_may_come_in_parts() -> None:
    async with open_door() as door:
        answer = await door.send(json.dumps(PING).encode(), [JSON, TOKEN], parts=7)
    assert answer.result == {}


async def test_a_body_that_does_not_come_is_waited_for_only_so_long() -> None:
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: home.example\r\nAuthorization: Bearer anybody\r\n"
        "Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{"
    )
    async with open_door(body_seconds=0.05) as door, listening(door.endpoint) as url:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(url.split(":")[2].split("/")[0]))
        writer.write(head.encode())
        async with asyncio.timeout(5):
            answer = await reader.read()
        writer.close()
        await writer.wait_closed()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in answer.lower()


async def test_a_body_that_is_too_large_is_refused_whether_it_says_so_or_not() -> None:
    large = b" " * (MAX_BODY + 1)
    async with open_door() as door:
        assert (await door.send(large, [JSON, TOKEN])).status == 413
        assert (await door.send(large, [JSON, TOKEN], parts=9)).status == 413
        for declared in (str(MAX_BODY + 1), "9" * 30):
            assert (await door.post(PING, content_length=declared)).status == 413


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param(b"", -32700, id="nothing"),
        pytest.param(b"{", -32700, id="half an object"),
        pytest.param(b"\xff\xfe", -32700, id="no UTF-8"),
        pytest.param('{"jsonrpc":"2.0"}'.encode("utf-16"), -32700, id="UTF-16"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, -32700, id="very deep"),
        pytest.param(b'{"a":' * 300 + b"1" + b"}" * 300, -32700, id="deep"),
        pytest.param(b'{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}', -32700, id="a key twice"),
        pytest.param(b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":NaN}}', -32700, id="NaN"),
        pytest.param(b'{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":1e999}}', -32700, id="infinity"),
        pytest.param(b'{"jsonrpc":"2.0","id":' + b"9" * 5000 + b',"method":"ping"}', -32700, id="a huge number"),
        pytest.param(b'{"jsonrpc":"2.0","id":"\\ud800","method":"ping"}', -32700, id="half a character"),
        pytest.param(b"[]", -32600, id="an empty batch"),
        pytest.param(b'[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600, id="a batch"),
        pytest.param(b'"ping"', -32600, id="a string"),
        pytest.param(b'{"id":1,"method":"ping"}', -32600, id="no version"),
        pytest.param(b'{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600, id="an old version"),
        pytest.param(b'{"jsonrpc":"2.0","id":1}', -32600, id="no method"),
        pytest.param(b'{"jsonrpc":"2.0","id":1,"method":["ping"]}', -32600, id="a list as method"),
        pytest.param(b'{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}', -32600, id="a list as params"),
        pytest.param(b'{"jsonrpc":"2.0","id":1,"result":{}}', -32600, id="an answer"),
        pytest.param(b'{"jsonrpc":"2.0","id":null,"method":"ping"}', -32600, id="null as id"),
        pytest.param(b'{"jsonrpc":"2.0","id":true,"method":"ping"}', -32600, id="true as id"),
        pytest.param(b'{"jsonrpc":"2.0","id":1.5,"method":"ping"}', -32600, id="a fraction as id"),
        pytest.param(b'{"jsonrpc":"2.0","id":[1],"method":"ping"}', -32600, id="a list as id"),
    ],
)
async def test_a_broken_message_is_answered_400(body: bytes, code: int) -> None:
    async with open_door() as door:
        for headers in ({}, {"mcp_protocol_version": "2026-07-28"}):
            answer = await door.post(body, **headers)
            assert (answer.status, answer.error["code"], answer.json["id"]) == (400, code, None)


@pytest.mark.parametrize("request_id", [1, -5, 2**70, "one", "", 'ü\u2028🙂\\"'])
async def test_the_answer_carries_the_id_of_its_request(request_id: str | int) -> None:
    async with open_door() as door:
        answer = await door.post({**request("tools/call", {"name": "add", "arguments": {"a": 1}}), "id": request_id})
    assert answer.json["id"] == request_id


async def test_a_notification_is_taken_without_an_answer() -> None:
    note = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    async with open_door() as door:
        for headers in ({}, {"mcp_protocol_version": "2026-07-28"}):
            answer = await door.post(note, **headers)
            assert (answer.status, answer.body) == (202, b"")
        assert (await door.post(note, mcp_protocol_version="2099-01-01")).error["code"] == -32022


async def test_an_unknown_method_is_an_error_in_either_era() -> None:
    async with open_door() as door:
        legacy = await door.ask("no/such")
        modern = await door.ask("no/such", modern=True)
    assert (legacy.status, legacy.error["code"], legacy.json["id"]) == (200, -32601, 1)
    assert (modern.status, modern.error["code"], modern.json["id"]) == (404, -32601, 1)


async def test_an_unknown_version_is_told_which_ones_there_are() -> None:
    message = request("tools/list", modern=True)
    message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = "2099-01-01"
    async with open_door() as door:
        answer = await door.post(message, mcp_protocol_version="2099-01-01", mcp_method="tools/list")
    assert (answer.status, answer.error["code"]) == (400, -32022)
    assert answer.error["data"] == {"supported": ["2026-07-28"], "requested": "2099-01-01"}


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"mcp_method": "tools/list", "mcp_name": "add"}, id="another method"),
        pytest.param({"mcp_name": "add"}, id="no method"),
        pytest.param({"mcp_method": "tools/call", "mcp_name": "note"}, id="another tool"),
        pytest.param({"mcp_method": "tools/call"}, id="no tool"),
    ],
)
async def test_headers_that_disagree_with_the_body_are_refused(headers: dict[str, str]) -> None:
    async with open_door() as door:
        message = request("tools/call", {"name": "add", "arguments": {"a": 1}}, modern=True)
        answer = await door.post(message, mcp_protocol_version="2026-07-28", **headers)
    assert (answer.status, answer.error["code"]) == (400, -32020)
    assert door.called == []


async def test_a_routing_header_given_twice_is_refused() -> None:
    headers = [JSON, TOKEN, (b"mcp-protocol-version", b"2026-07-28"), *[(b"mcp-method", b"tools/list")] * 2]
    async with open_door() as door:
        answer = await door.send(json.dumps(request("tools/list", modern=True)).encode(), headers)
    assert (answer.status, answer.error["code"]) == (400, -32020)


async def test_the_handshake_of_each_legacy_version_names_app_and_instructions() -> None:
    async with open_door() as door:
        for version in ("2025-03-26", "2025-06-18", "2025-11-25"):
            client = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}}
            result = (await door.post(request("initialize", client))).result
            assert result["protocolVersion"] == version
            assert result["serverInfo"] == {"name": "Small", "version": "7.1"}
            assert result["instructions"] == "Adds numbers."
            assert "tools" in result["capabilities"]


async def test_discovery_of_the_modern_era_names_app_and_instructions() -> None:
    async with open_door() as door:
        result = (await door.ask("server/discover", modern=True)).result
    assert result["supportedVersions"] == ["2026-07-28"]
    assert result["instructions"] == "Adds numbers."
    assert result["cacheScope"] == "private"
    assert result["_meta"]["io.modelcontextprotocol/serverInfo"] == {"name": "Small", "version": "7.1"}


async def test_an_endpoint_without_access_control_needs_to_know_who_calls() -> None:
    async with open_door() as door:
        dispatch = door.endpoint._dispatch
    with pytest.raises(ValueError, match="who calls"):
        McpEndpoint(dispatch, path="/mcp", access=None, origin_allowed=lambda origin: True)
