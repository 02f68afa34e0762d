"""What the decorator decides about a tool, and how its function is called."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import pytest
from pydantic import Field

from homeport import App, Context, NotFound, Person, Result
from homeport.apps.schema import InvalidArguments
from homeport.apps.tools import Effect, ToolDefinition

SOMEBODY = Person("owner:1", name="Owner")


def offered(function: Callable[..., Any], effect: Effect = "read", **options: Any) -> ToolDefinition:
    app = App("Recipes")
    app.tool(effect=effect, **options)(function)
    return next(iter(app.tools.values()))


async def data_of(tool: ToolDefinition, **arguments: Any) -> Any:
    return (await tool.call(arguments, person=SOMEBODY, context=Context())).data


async def find_recipe(name: str) -> str:
    """Find a recipe by its name.

    Names are in English.
    """
    return name


def test_a_tool_is_named_and_described_as_its_function() -> None:
    tool = offered(find_recipe)
    assert tool.name == "find_recipe"
    assert tool.title == "Find recipe"
    assert tool.description == "Find a recipe by its name.\n\nNames are in English."


def test_name_and_title_can_be_given() -> None:
    tool = offered(find_recipe, name="find-a-recipe", title="Recipes by name")
    assert (tool.name, tool.title) == ("find-a-recipe", "Recipes by name")


@pytest.mark.parametrize(("effect", "scope"), [("read", "read"), ("write", "write"), ("destroy", "write")])
def test_the_effect_decides_the_scope(effect: Effect, scope: str) -> None:
    assert offered(find_recipe, effect).scopes == {scope}
    assert offered(find_recipe, effect, scope="publish").scopes == {scope, "publish"}


@pytest.mark.parametrize("name", ["a" * 64, "A-z_0"])
def test_a_name_has_up_to_64_characters(name: str) -> None:
    assert offered(find_recipe, name=name).name == name


@pytest.mark.parametrize("name", ["", "a" * 65, "find recipe", "findé", "find.recipe", "find\n"])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(TypeError, match="must be 1 to 64 characters of A-Z, a-z, 0-9, _ and -"):
        offered(find_recipe, name=name)
    with pytest.raises(TypeError, match="must be 1 to 64 characters"):
        offered(find_recipe, was=[name])


@pytest.mark.parametrize("scope", ["", "two words", 'quo"te', "back\\slash", "é"])
def test_a_scope_is_one_word(scope: str) -> None:
    with pytest.raises(TypeError, match="must be one word"):
        offered(find_recipe, scope=scope)


@pytest.mark.parametrize("effect", ["delete", "", None, "READ"])
def test_another_effect_is_refused_with_the_ones_there_are(effect: Any) -> None:
    with pytest.raises(TypeError, match=r"'find_recipe' cannot be offered: .* one of read, write, destroy"):
        offered(find_recipe, effect)


def test_old_names_are_a_list() -> None:
    with pytest.raises(TypeError, match=r"like \[\"search\"\]"):
        offered(find_recipe, was="search")


def undocumented(name: str) -> str:
    return name


def untyped(name: str):  # type: ignore[no-untyped-def]
    """Find."""


def generating(name: str) -> Any:
    """Find."""
    yield name


async def generating_later(name: str) -> AsyncIterator[str]:
    """Find."""
    yield name


class Recipe:
    """A recipe."""


def half_said(name: str) -> str:
    "Find \ud83d."
    return name


def half_explained(name: Annotated[str, Field(description="\udc00")]) -> str:
    """Find."""
    return name


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (undocumented, "no docstring"),
        (untyped, "no return type"),
        (generating, "must not yield"),
        (generating_later, "must not yield"),
        (Recipe, "a tool is a function"),
        ("find", "a tool is a function"),
        (half_said, "half a character .* in its docstring"),
        (half_explained, "half a character .* in its arguments"),
    ],
)
def test_what_cannot_be_a_tool_is_refused_with_its_reason(function: Any, words: str) -> None:
    with pytest.raises(TypeError, match=f"cannot be offered: .*{words}"):
        offered(function)


async def test_person_and_context_are_handed_in_wherever_they_stand() -> None:
    async def first(person: Person, context: Context, name: str) -> list[str]:
        """Find."""
        return [person.id, context.client, name]

    async def last(name: str, context: Context, *, person: Person) -> list[str]:
        """Find."""
        return [person.id, context.client, name]

    for function in (first, last):
        tool = offered(function)
        given = await tool.call({"name": "soup"}, person=SOMEBODY, context=Context(client="ChatGPT"))
        assert given.data == {"result": ["owner:1", "ChatGPT", "soup"]}
        assert list(tool.input_schema["properties"]) == ["name"]
        assert tool.wants_context


async def test_a_client_cannot_hand_in_a_person() -> None:
    async def mine(person: Person) -> str:
        """Whose?"""
        return person.id

    with pytest.raises(InvalidArguments):
        await data_of(offered(mine), person={"id": "somebody-else"})


async def test_a_plain_function_runs_in_a_thread_and_does_not_hold_up_others() -> None:
    released = threading.Event()

    def wait() -> str:
        """Wait."""
        assert released.wait(10)
        return threading.current_thread().name

    call = asyncio.create_task(data_of(offered(wait)))
    await asyncio.sleep(0)
    released.set()
    assert (await call)["result"] != threading.current_thread().name


async def test_a_cancelled_call_does_not_wait_for_its_thread() -> None:
    began, released = threading.Event(), threading.Event()

    def wait() -> str:
        """Wait."""
        began.set()
        released.wait(10)
        return "late"

    call = asyncio.create_task(data_of(offered(wait)))
    await asyncio.to_thread(began.wait, 10)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    released.set()


async def test_defaults_fill_what_a_client_leaves_out() -> None:
    async def find(words: str = "all", limit: int = 3) -> list[str]:
        """Find."""
        return [words] * limit

    assert await data_of(offered(find)) == {"result": ["all"] * 3}
    assert await data_of(offered(find), limit=1) == {"result": ["all"]}


async def test_a_result_carries_text_and_meta_beside_its_data() -> None:
    async def find() -> Result[dict[str, int]]:
        """Find."""
        return Result({"found": 2}, text="Two.", meta={"cursor": "x"})

    given = await offered(find).call({}, person=SOMEBODY, context=Context())
    assert (given.data, given.text, given.meta) == ({"found": 2}, "Two.", {"cursor": "x"})


async def test_what_the_function_raises_passes_through() -> None:
    async def find() -> str:
        """Find."""
        raise NotFound("No such recipe.")

    with pytest.raises(NotFound, match="No such recipe"):
        await data_of(offered(find))


async def test_a_result_of_another_type_than_declared_is_an_error_of_the_tool() -> None:
    async def count() -> int:
        """Count."""
        return "many"  # type: ignore[return-value]

    with pytest.raises(ValueError, match="int"):
        await data_of(offered(count))
