"""A chat in memory behaves as ChatGPT's does."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import jwt
import pytest
from pydantic import BaseModel

from homeport import App, Backend, Conflict, Context, Person, Result, ToolError
from homeport.testing import Chat

ROOT = Path(__file__).resolve().parents[2]

AUTHORS_TEST = """
from homeport import App, Person, ToolError
from homeport.testing import Chat

app = App("Recipes")

async def test_it() -> None:
    async with Chat(app, person=Person("cook"), scopes={"read"}, rules={"forget": "allow"}) as chat:
        names: list[str] = [tool["name"] for tool in await chat.list_tools()]
        try:
            await chat.call(names[0], words="soup", limit=3)
        except ToolError as error:
            code: str = error.code
            message: str = error.message
"""
LOADED = "import homeport.testing.chat, sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"


class Recipe(BaseModel):
    title: str
    day: date | None = None


class AlreadyPublished(Conflict):
    """It was public before."""


app = App("Recipes", instructions="Find recipes.")


@app.tool(effect="read", was=["search"])
async def find(words: str, limit: int = 1) -> list[str]:
    """Find."""
    return [words] * limit


@app.tool(effect="write")
async def keep(recipe: Recipe) -> Result[Recipe]:
    """Keep."""
    return Result(recipe, text="Kept.")


@app.tool(effect="write", scope="publish")
async def publish(title: str) -> str:
    """Publish."""
    raise AlreadyPublished(f"{title} is public already.")


@app.tool(effect="destroy")
async def forget(title: str) -> str:
    """Forget."""
    return f"Forgot {title}."


@app.tool(effect="read")
async def who(person: Person, context: Context) -> str:
    """Who?"""
    await context.progress(1, 2)
    await context.log("asked")
    return person.id


@app.tool(effect="read")
async def fail(secret: str) -> str:
    """Fail."""
    raise RuntimeError(f"cannot read {secret}")


async def refusal(chat: Chat, tool: str, **arguments: object) -> tuple[str, str]:
    with pytest.raises(ToolError) as caught:
        await chat.call(tool, **arguments)
    return caught.value.code, caught.value.message


async def test_a_call_gives_the_data_of_the_result() -> None:
    async with Chat(app) as chat:
        assert await chat.call("find", words="soup", limit=2) == ["soup", "soup"]
        assert await chat.call("search", words="old name") == ["old name"]


async def test_the_whole_result_is_what_a_client_gets() -> None:
    async with Chat(app) as chat:
        assert await chat.call_result("keep", recipe={"title": "Soup"}) == {
            "content": [{"type": "text", "text": "Kept."}],
            "structuredContent": {"title": "Soup", "day": None},
            "isError": False,
        }


async def test_arguments_and_results_travel_as_json() -> None:
    async with Chat(app) as chat:
        kept = await chat.call("keep", recipe=Recipe(title="Soup", day=date(2027, 1, 2)))
        assert kept == {"title": "Soup", "day": "2027-01-02"}


async def test_the_list_is_what_a_client_gets() -> None:
    async with Chat(app) as chat:
        tools = {tool["name"]: tool for tool in await chat.list_tools()}
    assert list(tools) == ["find", "keep", "publish", "forget", "who", "fail"]
    assert tools["find"]["inputSchema"]["required"] == ["words"]
    assert tools["forget"]["annotations"]["destructiveHint"] is True
    assert tools["publish"]["securitySchemes"] == [{"type": "oauth2", "scopes": ["publish", "write"]}]


async def test_a_tool_learns_who_calls() -> None:
    async with Chat(app, person=Person("cook")) as chat:
        assert await chat.call("who") == "cook"
    async with Chat(app) as chat:
        assert await chat.call("who") == "tester"


async def test_a_refusal_of_the_apps_own_carries_its_code_and_words() -> None:
    async with Chat(app, scopes={"write", "publish"}) as chat:
        assert await refusal(chat, "publish", title="Soup") == ("already_published", "Soup is public already.")


async def test_an_argument_that_breaks_the_schema_is_refused_without_its_value() -> None:
    async with Chat(app) as chat:
        code, words = await refusal(chat, "find", words="x", limit="canary-value")
    assert (code, words) == (
        "invalid_arguments",
        "limit should be a valid integer, unable to parse string as an integer.",
    )


async def test_a_tool_that_is_not_there_is_refused() -> None:
    async with Chat(app) as chat:
        code, words = await refusal(chat, "bake")
    assert code == "unknown_tool"
    assert words.startswith("bake is no longer a tool of Recipes.")


async def test_a_scope_that_was_not_given_is_named() -> None:
    async with Chat(app) as chat:
        assert await refusal(chat, "publish", title="Soup") == (
            "insufficient_scope",
            "This needs the scopes publish, write, and not all of them were given.",
        )
    async with Chat(app, scopes={"read"}) as chat:
        assert (await refusal(chat, "keep", recipe={"title": "Soup"}))[0] == "insufficient_scope"


async def test_write_includes_read() -> None:
    async with Chat(app, scopes={"write"}) as chat:
        assert await chat.call("find", words="soup") == ["soup"]


async def test_a_tool_that_destroys_is_blocked_until_the_owner_allows_it() -> None:
    async with Chat(app) as chat:
        assert (await refusal(chat, "forget", title="Soup"))[0] == "blocked"
    async with Chat(app, rules={"forget": "allow", "find": "block"}) as chat:
        assert await chat.call("forget", title="Soup") == "Forgot Soup."
        assert (await refusal(chat, "find", words="soup"))[0] == "blocked"


async def test_any_other_exception_is_an_internal_error_whose_number_the_log_knows(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with Chat(app) as chat:
        code, words = await refusal(chat, "fail", secret="canary-value")
    assert code == "internal_error"
    assert "canary-value" not in words
    number = re.search(r"under ([0-9a-f]{8})\.$", words)
    assert number is not None, words
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert number[1] in record.getMessage()
    assert record.exc_info is not None
    assert "cannot read canary-value" in str(record.exc_info[1])


calling = App("Calling")


@calling.tool(effect="read")
async def ask(name: str, backend: Backend) -> dict[str, str]:
    """Ask the backend."""
    return await backend.get("things", name, into=dict[str, str])


async def thing_store(scope: Any, receive: Any, send: Any) -> None:
    """An app as an author may write it for their tests."""
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    claims = jwt.decode(headers["authorization"].removeprefix("Bearer "), options={"verify_signature": False})
    if scope["path"] == "/things/broken":
        raise RuntimeError("the disk is full")
    status = 404 if scope["path"] == "/things/lost" else 200
    body = json.dumps({"header": headers["x-privy-user-id"], "sub": claims["sub"], "aud": claims["aud"]}).encode()
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]})
    await send({"type": "http.response.body", "body": body})


async def test_a_backend_in_memory_is_told_who_calls() -> None:
    for person in ("cook", "guest"):
        async with Chat(calling, person=Person(person), backend=thing_store) as chat:
            told = {"header": person, "sub": person, "aud": "http://backend.test"}
            assert await chat.call("ask", name="spoon") == told


async def test_a_backend_in_memory_refuses_and_fails_as_a_real_one_does(caplog: pytest.LogCaptureFixture) -> None:
    async with Chat(calling, backend=thing_store) as chat:
        assert (await refusal(chat, "ask", name="lost"))[0] == "not_found"
        assert (await refusal(chat, "ask", name="../lost"))[0] == "path_refused"
        code, words = await refusal(chat, "ask", name="broken")
    assert code == "backend_failed"
    assert "disk" not in words
    assert "the disk is full" in caplog.text


async def test_a_tool_that_needs_a_backend_says_so_where_there_is_none() -> None:
    async with Chat(calling) as chat:
        assert (await refusal(chat, "ask", name="spoon"))[0] == "no_backend"


def test_scopes_are_a_set_of_names() -> None:
    with pytest.raises(TypeError, match=re.escape('like {"read"}')):
        Chat(app, scopes="read")


def test_an_authors_test_is_typed(tmp_path: Path) -> None:
    (tmp_path / "test_app.py").write_text(AUTHORS_TEST, encoding="utf-8")
    cache = ROOT / ".mypy_cache" / "snippets"
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--config-file=", "--cache-dir", str(cache), "test_app.py"],
        cwd=tmp_path,
        env={"MYPYPATH": str(ROOT / "src"), "PATH": ""},
        capture_output=True,
        text=True,
        timeout=110,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_chat_in_memory_loads_no_server() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"mcp", "starlette", "uvicorn", "sqlite3", "httpx2"}
