"""Tools that call a backend: who gets one, what happens without one, and what becomes of a sign-in that has expired."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from homeport import App, Backend, Context, Person, ToolError
from homeport.apps.backend import BackendCall
from homeport.apps.backend_errors import SignInExpired
from homeport.mcp_server.callers import Caller
from tests.mcp_server.scene import listening, open_door
from tests.mcp_server.test_streams import asking_for_progress, events, headers_for

EXPIRED = "The person's sign-in has expired. Ask them to sign in again."


def asking_app() -> App:
    app = App("Asking")

    @app.tool(effect="read")
    async def ask(backend: Backend) -> dict[str, str]:
        """Ask the backend who this is."""
        return await backend.get("who", into=dict[str, str])

    @app.tool(effect="read")
    async def who(backend: Backend, context: Context) -> dict[str, str]:
        """Ask, and say how it goes."""
        await context.progress(1, 2)
        return await backend.get("who", into=dict[str, str])

    @app.tool(effect="read")
    async def perhaps(backend: Backend | None) -> str:
        """Ask if there is somebody to ask."""
        return "a backend" if backend is not None else "none"

    @app.tool(effect="read")
    async def swallow(backend: Backend) -> str:
        """Ask, and make do without an answer."""
        try:
            await backend.get("who")
        except ToolError as error:
            return error.code
        return "answered"

    return app


def answering(answer: Callable[[Caller, BackendCall], bytes]) -> Callable[[Caller], Backend]:
    """A backend that answers by itself, for each caller."""

    def of(caller: Caller) -> Backend:
        async def send(call: BackendCall) -> bytes:
            return answer(caller, call)

        return Backend(send)

    return of


def names_the_caller(caller: Caller, call: BackendCall) -> bytes:
    return json.dumps({"person": caller.person.id, "grant": caller.grant_id, "at": call.target}).encode()


def has_expired(caller: Caller, call: BackendCall) -> bytes:
    raise SignInExpired(EXPIRED)


async def test_a_tool_gets_the_backend_of_the_person_and_grant_that_call_it() -> None:
    async with open_door(asking_app(), backend=answering(names_the_caller)) as door:
        assert (await door.call("ask")).result["structuredContent"] == {"person": "p1", "grant": "g1", "at": "/who"}
        assert (await door.call("ask", token="reader")).result["structuredContent"]["grant"] == "g2"
        assert (await door.call("perhaps")).text == '{"result":"a backend"}'
        assert (await door.ask("tools/list")).result["tools"][0]["inputSchema"]["properties"] == {}


async def test_without_a_backend_a_tool_that_needs_one_says_so_and_one_that_does_not_works() -> None:
    async with open_door(asking_app()) as door:
        refused = await door.call("ask")
        assert refused.result["isError"] is True
        assert refused.text.startswith("no_backend: This tool needs a backend, and Homeport has none.")
        assert (await door.call("perhaps")).text == '{"result":"none"}'
    assert [called.outcome for called in door.called] == ["no_backend", "ok"]


@pytest.mark.parametrize("modern", [False, True])
async def test_an_expired_sign_in_makes_chatgpt_show_its_sign_in(modern: bool) -> None:
    async with open_door(asking_app(), backend=answering(has_expired)) as door:
        answer = await door.call("ask", token="chatgpt", modern=modern)
    assert answer.status == 200
    assert answer.result["isError"] is True
    assert answer.text == EXPIRED
    (challenge,) = answer.result["_meta"]["mcp/www_authenticate"]
    assert challenge == (
        'Bearer resource_metadata="https://home.example/.well-known/oauth-protected-resource/mcp", '
        f'error="invalid_token", error_description="{EXPIRED}", scope="read"'
    )
    assert [(called.outcome, called.http) for called in door.called] == [("sign_in_expired", 200)]


@pytest.mark.parametrize("modern", [False, True])
async def test_an_expired_sign_in_is_a_401_for_every_other_client(modern: bool) -> None:
    async with open_door(asking_app(), backend=answering(has_expired)) as door:
        answer = await door.call("ask", modern=modern)
    assert answer.status == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert 'scope="read write"' in answer.headers["www-authenticate"]
    assert [(called.outcome, called.http) for called in door.called] == [("sign_in_expired", 401)]


async def test_in_a_stream_the_challenge_travels_in_the_result() -> None:
    async with (
        open_door(asking_app(), backend=answering(has_expired)) as door,
        listening(door.endpoint) as url,
        httpx2.AsyncClient(base_url=url, timeout=10, trust_env=False) as client,
    ):
        for modern in (False, True):
            headers = headers_for("tools/call", "who", modern=modern)
            answer = await client.post("", json=asking_for_progress(modern=modern), headers=headers)
            result: Any = events(answer.text)[-1]["result"]
            assert result["isError"] is True
            assert result["content"][0]["text"] == EXPIRED
            (challenge,) = result["_meta"]["mcp/www_authenticate"]
            assert 'resource_metadata="https://home.example/.well-known/oauth-protected-resource/mcp"' in challenge


async def test_a_tool_may_make_do_without_an_answer() -> None:
    async with open_door(asking_app(), backend=answering(has_expired)) as door:
        assert (await door.call("swallow")).text == '{"result":"sign_in_expired"}'


def test_a_plain_function_cannot_call_the_backend() -> None:
    def blocking(backend: Backend, person: Person) -> str:
        """Ask."""
        return ""

    with pytest.raises(TypeError, match="write `async def`"):
        App("Small").tool(effect="read")(blocking)
