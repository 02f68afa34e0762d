"""Bytes in, one message out, for any bytes at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.mcp_server.messages import Message, encode, error_body, parse_message, result_body
from homeport.mcp_server.protocol import RpcError

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.binary() | json_values.map(lambda value: json.dumps(value).encode()))
def test_whatever_comes_is_a_message_or_an_error_with_400(body: bytes) -> None:
    try:
        outcome: Message | int | None = parse_message(body)
    except RpcError as error:
        outcome = error.status
    assert isinstance(outcome, Message) or outcome == 400


@given(st.integers() | st.text(), st.text(), st.none() | st.dictionaries(st.text(), json_values))
def test_a_request_is_read_as_it_was_written(request_id: str | int, method: str, params: dict[str, Any] | None) -> None:
    written = {"jsonrpc": "2.0", "id": request_id, "method": method, "params": params}
    assert parse_message(json.dumps(written, ensure_ascii=False).encode()) == Message(request_id, method, params)


def test_the_same_key_twice_is_refused_at_any_depth() -> None:
    with pytest.raises(RpcError):
        parse_message(b'{"jsonrpc":"2.0","id":1,"method":"m","params":{"a":[{"b":1,"b":1}]}}')


@given(st.integers() | st.text(), json_values)
def test_an_answer_is_json_with_the_id_of_its_request(request_id: str | int, result: Any) -> None:
    answer = json.loads(result_body(request_id, encode(result)))
    assert answer == {"jsonrpc": "2.0", "id": request_id, "result": result}
    assert json.loads(error_body(request_id, RpcError(-32602, "No.")))["id"] == request_id


def test_numbers_without_a_json_form_are_null() -> None:
    assert encode([float("nan"), float("inf")]) == b"[null,null]"
