"""From annotations to JSON schemas, and from a client's arguments to Python values."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field, field_validator
from typing_extensions import TypedDict

from homeport import App, Result
from homeport.apps.schema import InvalidArguments
from homeport.apps.tools import ToolDefinition

SECRET = "canary-value"


class Step(BaseModel):
    text: str
    minutes: Annotated[int, Field(ge=0, le=600)] = 5


class Recipe(BaseModel):
    title: str
    steps: list[Step] = []


class Tree(BaseModel):
    name: str
    children: list[Tree] = []


class Point(TypedDict):
    x: int


class Colour(Enum):
    RED = "red"


def offered(function: Callable[..., Any]) -> ToolDefinition:
    app = App("Recipes")
    app.tool(effect="read")(function)
    return next(iter(app.tools.values()))


def refusal(function: Callable[..., Any], arguments: dict[str, Any]) -> str:
    with pytest.raises(InvalidArguments) as caught:
        offered(function).arguments.validate(arguments)
    return str(caught.value)


async def find(
    words: Annotated[str, Field(max_length=20, description="What to look for.")],
    order: Literal["new", "old"] = "new",
    limit: int | None = None,
) -> str:
    """Find."""
    return words


async def keep(recipe: Recipe, day: date, tags: list[str] = []) -> Recipe:  # noqa: B006
    """Keep."""
    return recipe


def test_a_schema_has_types_rules_defaults_and_descriptions() -> None:
    assert offered(find).input_schema == {
        "type": "object",
        "properties": {
            "words": {"type": "string", "maxLength": 20, "description": "What to look for."},
            "order": {"type": "string", "enum": ["new", "old"], "default": "new"},
            "limit": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
        },
        "required": ["words"],
        "additionalProperties": False,
    }


def test_nested_models_are_described_once_and_arrive_as_models() -> None:
    tool = offered(keep)
    assert set(tool.input_schema["$defs"]) == {"Recipe", "Step"}
    assert tool.input_schema["required"] == ["recipe", "day"]
    values = tool.arguments.validate({"recipe": {"title": "Soup", "steps": [{"text": "Cut"}]}, "day": "2027-01-02"})
    assert values == {
        "recipe": Recipe(title="Soup", steps=[Step(text="Cut", minutes=5)]),
        "day": date(2027, 1, 2),
        "tags": [],
    }


def test_a_default_is_never_shared_between_calls() -> None:
    tool = offered(keep)
    first = tool.arguments.validate({"recipe": {"title": "Soup"}, "day": "2027-01-02"})
    first["tags"].append("mine")
    assert tool.arguments.validate({"recipe": {"title": "Soup"}, "day": "2027-01-02"})["tags"] == []


def test_a_tool_without_parameters_takes_an_empty_object() -> None:
    async def everything() -> str:
        """Show."""
        return ""

    assert offered(everything).input_schema == {"type": "object", "properties": {}, "additionalProperties": False}
    assert offered(everything).arguments.validate({}) == {}


@pytest.mark.parametrize("name", ["model_config", "schema", "json", "validate", "model_dump", "self", "_private"])
def test_a_parameter_may_have_any_name(name: str) -> None:
    scope: dict[str, Any] = {}
    exec(f'def tool({name}: int) -> int:\n    """Tool."""\n    return {name}', scope)
    assert offered(scope["tool"]).arguments.validate({name: 3}) == {name: 3}


def test_types_from_inside_a_function_are_found() -> None:
    class Local(BaseModel):
        name: str

    app = App("Recipes")

    @app.tool(effect="write")
    async def keep(one: Local) -> Local:
        """Keep."""
        return one

    assert app.tools["keep"].input_schema["$defs"]["Local"]["required"] == ["name"]


def stars(*words: str) -> str:
    """Find."""
    return ""


def named_stars(**words: str) -> str:
    """Find."""
    return ""


def positional(words: str, /) -> str:
    """Find."""
    return ""


def untyped(words) -> str:  # type: ignore[no-untyped-def]
    """Find."""
    return ""


def field_as_default(words: str = Field(max_length=3)) -> str:
    """Find."""
    return ""


def indescribable(words: threading.Lock) -> str:  # type: ignore[name-defined]  # noqa: F821
    """Find."""
    return ""


def of_no_known_type(words: Callable[[], str]) -> str:
    """Find."""
    return ""


def returning_no_known_type() -> ToolDefinition:
    """Find."""
    raise NotImplementedError


def returning_bare_result() -> Result:  # type: ignore[type-arg]
    """Find."""
    raise NotImplementedError


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (stars, "'words' must be an ordinary named one"),
        (named_stars, "'words' must be an ordinary named one"),
        (positional, "'words' must be an ordinary named one"),
        (untyped, "'words' has no type"),
        (field_as_default, r"write Annotated\[type, Field\(...\)\]"),
        (indescribable, "its types name 'threading', which is not defined"),
        (of_no_known_type, "its parameters cannot be described to a client"),
        (returning_no_known_type, "its return type cannot be described to a client"),
        (returning_bare_result, r"what is in the Result, like Result\[list\[str\]\]"),
    ],
)
def test_what_has_no_schema_is_refused_in_words_for_the_author(function: Callable[..., Any], words: str) -> None:
    with pytest.raises(TypeError, match=f"The tool '{function.__name__}' cannot be offered: .*{words}"):
        offered(function)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "words is missing."),
        ({"words": 3}, "words should be a valid string."),
        ({"words": SECRET * 4}, "words should have at most 20 characters."),
        ({"words": "x", "order": SECRET}, "order should be 'new' or 'old'."),
        ({"words": "x", "limit": SECRET}, "limit should be a valid integer, unable to parse string as an integer."),
        ({"words": "x", "colour": SECRET}, "There is no argument 'colour': it is not allowed."),
    ],
)
def test_a_refusal_names_the_field_and_the_rule_and_no_value(arguments: dict[str, Any], words: str) -> None:
    assert refusal(find, arguments) == words


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        ({"title": "Soup", "steps": [{"text": "Cut"}, {"minutes": 3}]}, "recipe.steps[1].text is missing."),
        ({"title": "Soup", "steps": [{"text": "Cut", "minutes": 601}]}, "recipe.steps[0].minutes should be less than"),
        (SECRET, "recipe should be a valid dictionary or instance of Recipe"),
    ],
)
def test_a_refusal_says_where_in_a_nested_argument(recipe: Any, words: str) -> None:
    said = refusal(keep, {"recipe": recipe, "day": "2027-01-02"})
    assert words in said
    assert SECRET not in said


def test_a_date_that_is_none_is_refused_without_repeating_it() -> None:
    said = refusal(keep, {"recipe": {"title": "Soup"}, "day": SECRET})
    assert said.startswith("day should be a valid date")
    assert SECRET not in said


def test_a_refusal_names_five_problems_and_counts_the_rest() -> None:
    steps: list[object] = [{} for _ in range(8)]
    said = refusal(keep, {"recipe": {"title": "Soup", "steps": steps}, "day": "2027-01-02"})
    assert said.count("is missing") == 5
    assert said.endswith("and 3 more.")


def test_an_unknown_name_is_made_safe_before_it_is_repeated() -> None:
    said = refusal(find, {"words": "x", "a\u202eb\n" + "c" * 100: 1})
    assert "\u202e" not in said
    assert "\n" not in said
    assert len(said) < 100


def test_a_validator_of_the_authors_speaks_in_its_own_words() -> None:
    class Portion(BaseModel):
        people: int

        @field_validator("people")
        @classmethod
        def even(cls, people: int) -> int:
            if people % 2:
                raise ValueError("must be even")
            return people

    app = App("Recipes")

    @app.tool(effect="read")
    async def cook(portion: Portion) -> str:
        """Cook."""
        return ""

    with pytest.raises(InvalidArguments, match=r"^portion.people is not valid \(must be even\).$"):
        app.tools["cook"].arguments.validate({"portion": {"people": 3}})


def returns(annotation: Any) -> ToolDefinition:
    def tool() -> Any:
        """Give."""

    tool.__annotations__["return"] = annotation
    return offered(tool)


@pytest.mark.parametrize("annotation", [Recipe, Result[Recipe], Point, dict[str, int], Tree])
def test_a_result_that_is_an_object_stays_as_it_is(annotation: Any) -> None:
    schema = returns(annotation).output_schema
    assert schema["type"] == "object"
    assert "result" not in schema.get("properties", {})
    assert "$ref" not in schema


@pytest.mark.parametrize(
    ("annotation", "schema", "value", "data"),
    [
        (str, {"type": "string"}, "soup", "soup"),
        (list[int], {"type": "array", "items": {"type": "integer"}}, [1], [1]),
        (Result[bool], {"type": "boolean"}, True, True),
        (None, {"type": "null"}, None, None),
        (date, {"type": "string", "format": "date"}, date(2027, 1, 2), "2027-01-02"),
    ],
)
def test_any_other_result_is_wrapped(annotation: Any, schema: dict[str, Any], value: Any, data: Any) -> None:
    tool = returns(annotation)
    assert tool.output_schema == {"type": "object", "properties": {"result": schema}, "required": ["result"]}
    assert tool.result.dump(value) == {"result": data}


def test_a_wrapped_list_of_models_keeps_their_definitions_at_the_root() -> None:
    schema = returns(list[Recipe]).output_schema
    assert schema["properties"]["result"] == {"type": "array", "items": {"$ref": "#/$defs/Recipe"}}
    assert set(schema["$defs"]) == {"Recipe", "Step"}


def test_an_enum_is_given_by_its_values() -> None:
    async def paint(colour: Colour) -> Colour:
        """Paint."""
        return colour

    tool = offered(paint)
    assert tool.arguments.validate({"colour": "red"}) == {"colour": Colour.RED}
    assert tool.result.dump(Colour.RED) == {"result": "red"}


def test_no_schema_carries_generated_titles() -> None:
    assert "title" not in str(offered(keep).input_schema).replace("'title': {'type': 'string'}", "").replace(
        "'required': ['title']", ""
    )
