"""A tool's calls to a real backend over real HTTP: what arrives there, and what the tool gets."""

from __future__ import annotations

import asyncio
import gzip
import subprocess
import sys
from typing import Annotated

import pytest
from pydantic import BaseModel, Field

from homeport import Conflict, NotFound, ToolError
from homeport.apps.backend_errors import (
    AnswerNotUsable,
    BackendBusy,
    BackendFailed,
    NotAllowed,
    PathRefused,
    ProofRefused,
    RequestRefused,
)
from tests.apps.calling import says_nothing_it_should_not, scene
from tests.backend.reference import Reply


class Recipe(BaseModel):
    id: str
    title: str
    minutes: Annotated[int, Field(ge=1)] = 30


LOADED = "from homeport import App, Backend; import sys; print(*{name.partition('.')[0] for name in sys.modules})"


def test_an_author_who_names_the_backend_loads_no_client_and_no_server() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert not set(done.stdout.split()) & {"httpx2", "httpcore2", "mcp", "starlette", "uvicorn", "cryptography"}


# --- what arrives


async def test_a_call_arrives_below_the_address_with_its_query_and_its_proof() -> None:
    async with scene(Reply(200, [])) as at:
        assert await at.alice.get("recipes", "a/b c", query={"q": "ü", "tag": ["x", "y"]}) == []
    (seen,) = at.backend.seen
    assert (seen.method, seen.target) == ("GET", "/v1/recipes/a%2Fb%20c?q=%C3%BC&tag=x&tag=y")
    assert seen.headers["authorization"] == "Bearer alice.g1.1"
    assert seen.headers["accept"] == "application/json"
    assert "content-type" not in seen.headers


async def test_a_body_is_json_from_data_or_from_a_model() -> None:
    async with scene(Reply(201, {}), Reply(200, {}), Reply(200, {}), Reply(204)) as at:
        await at.alice.post("recipes", json=Recipe(id="1", title="Soup"))
        await at.alice.put("recipes", 1, json={"title": "Soup", "tags": []})
        await at.alice.patch("recipes", 1, json=["x"])
        await at.alice.delete("recipes", 1)
    assert [seen.method for seen in at.backend.seen] == ["POST", "PUT", "PATCH", "DELETE"]
    assert [seen.json for seen in at.backend.seen[:3]] == [
        {"id": "1", "title": "Soup", "minutes": 30},
        {"title": "Soup", "tags": []},
        ["x"],
    ]
    assert {seen.headers["content-type"] for seen in at.backend.seen[:3]} == {"application/json"}
    assert at.backend.seen[3].body == b""


async def test_a_value_that_leads_elsewhere_is_never_sent() -> None:
    async with scene() as at:
        with pytest.raises(PathRefused) as refused:
            await at.alice.get("recipes", "../../admin")
    assert at.backend.seen == []
    assert says_nothing_it_should_not(refused.value)


async def test_a_cookie_that_the_backend_sets_for_one_person_reaches_no_call_at_all() -> None:
    cookie = {"set-cookie": "session=canary; Path=/"}
    async with scene(
        Reply(200, {}, cookie), Reply(404, {}, cookie), Reply(302, None, {**cookie, "location": "/x"})
    ) as at:
        await at.alice.get("recipes")
        for backend in (at.alice, at.bob):
            with pytest.raises(ToolError):
                await backend.get("recipes")
        await at.bob.get("who")
        await at.alice.get("who")
    assert len(at.backend.seen) == 5
    assert not [seen for seen in at.backend.seen if "cookie" in seen.headers]


async def test_two_persons_calls_at_the_same_time_keep_their_own_proof() -> None:
    async with scene() as at:
        await asyncio.gather(*(backend.get("who") for _ in range(10) for backend in (at.alice, at.bob)))
    owners = [seen.bearer.split(".")[:2] for seen in at.backend.seen]
    assert owners.count(["alice", "g1"]) == owners.count(["bob", "g2"]) == 10


async def test_a_redirect_is_not_followed() -> None:
    async with scene(Reply(307, None, {"location": "http://127.0.0.1:9/canary"})) as at:
        with pytest.raises(AnswerNotUsable, match="307") as refused:
            await at.alice.get("recipes")
    assert len(at.backend.seen) == 1
    assert says_nothing_it_should_not(refused.value)


async def test_no_proxy_of_the_environment_stands_between_this_computer_and_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.lower(), "http://127.0.0.1:9")
    async with scene() as at:
        assert await at.alice.get("who", into=dict[str, str]) == {"person": "anybody"}


# --- what the tool gets


async def test_an_answer_becomes_the_type_that_was_asked_for() -> None:
    sent = {"id": "1", "title": "Soup", "more": "ignored"}
    async with scene(Reply(200, [sent]), Reply(200, sent), Reply(200, None), Reply(204)) as at:
        assert await at.alice.get("recipes", into=list[Recipe]) == [Recipe(id="1", title="Soup")]
        assert await at.alice.post("recipes", into=Recipe) == Recipe(id="1", title="Soup")
        assert await at.alice.get("recipes", into=Recipe | None) is None
        assert await at.alice.delete("recipes") is None


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"id": "1"}, "title is missing"),
        ({"id": "1", "title": "Soup", "minutes": "canary"}, "minutes should be a valid integer"),
        ({"id": "1", "title": "Soup", "minutes": 0}, "minutes should be greater than or equal to 1"),
        (b"<html>canary</html>", "is not JSON"),
        (b"", "it should be"),
    ],
)
async def test_an_answer_of_another_shape_names_the_field_and_no_value(sent: object, words: str) -> None:
    async with scene(Reply(200, sent)) as at:
        with pytest.raises(AnswerNotUsable) as refused:
            await at.alice.get("recipes", into=Recipe)
    assert words in refused.value.message
    assert refused.value.code == "answer_not_usable"
    assert says_nothing_it_should_not(refused.value)


async def test_without_a_type_the_answer_is_plain_data_and_must_still_be_json() -> None:
    async with scene(Reply(200, {"a": [1]}), Reply(200, b"canary")) as at:
        assert await at.alice.get("x") == {"a": [1]}
        with pytest.raises(AnswerNotUsable, match="not JSON"):
            await at.alice.get("x")


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, RequestRefused, "request_refused"),
        (403, NotAllowed, "not_allowed"),
        (404, NotFound, "not_found"),
        (410, NotFound, "not_found"),
        (409, Conflict, "conflict"),
        (412, Conflict, "conflict"),
        (422, RequestRefused, "request_refused"),
        (429, BackendBusy, "backend_busy"),
        (500, BackendFailed, "backend_failed"),
        (503, BackendFailed, "backend_failed"),
        (401, ProofRefused, "proof_refused"),
    ],
)
async def test_a_refusal_is_an_error_that_a_model_can_act_on(status: int, kind: type[ToolError], code: str) -> None:
    async with scene(Reply(status, b"<html>canary</html>")) as at:
        with pytest.raises(kind) as refused:
            await at.alice.post("recipes", json={})
    assert type(refused.value) is kind
    assert refused.value.code == code
    assert len(refused.value.message) > 10 or status == 401
    assert says_nothing_it_should_not(refused.value)
    assert at.credentials.accepted_answers == (0 if status == 401 else 1)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"message": "The soup is public."}, "It says: The soup is public."),
        ({"error": {"message": "Nested."}}, "It says: Nested."),
        ({"error": "conflict", "error_description": "Twice."}, "It says: Twice."),
        ({"title": "Problem", "status": 409}, "It says: Problem"),
        ({"detail": [{"loc": ["body", "title"], "msg": "Field required", "input": "canary"}]}, "body.title: Field req"),
        ({"message": "a\u202eb\n\x1b[31mc"}, "It says: ab [31mc"),
        ({"message": "x" * 5_000}, "It says: " + "x" * 250),
    ],
)
async def test_what_a_backend_says_in_json_about_a_refusal_reaches_the_model_clean(body: object, said: str) -> None:
    async with scene(Reply(409, body)) as at:
        with pytest.raises(Conflict) as refused:
            await at.alice.post("recipes")
    assert said in refused.value.message
    assert len(refused.value.message) < 400
    assert says_nothing_it_should_not(refused.value)


async def test_what_a_backend_says_about_an_error_of_its_own_stays_here() -> None:
    async with scene(Reply(500, {"message": "canary in the database"})) as at:
        with pytest.raises(BackendFailed) as refused:
            await at.alice.post("recipes")
    assert says_nothing_it_should_not(refused.value)
    assert "look before trying again" in refused.value.message


async def test_an_answer_that_is_too_large_is_refused_before_it_is_all_here() -> None:
    async with scene(Reply(200, b"[" + b"1," * 200_000 + b"1]"), most_bytes=100_000) as at:
        with pytest.raises(AnswerNotUsable, match="larger than 97 kB"):
            await at.alice.get("recipes")


async def test_a_compressed_answer_is_not_taken() -> None:
    bomb = gzip.compress(b"[" + b"0," * 1_000_000 + b"0]")
    async with scene(Reply(200, bomb, {"content-encoding": "gzip"})) as at:
        with pytest.raises(AnswerNotUsable, match="compressed"):
            await at.alice.get("recipes")
    assert at.backend.seen[0].headers["accept-encoding"] == "identity"
