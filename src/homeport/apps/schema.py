"""JSON schemas and validation of a tool's arguments and result, from its annotations, built once when it is defined.

Knows types only: not what a tool does, and not how a client asks.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model
from pydantic.errors import PydanticSchemaGenerationError, PydanticUserError
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import CoreSchema

from homeport.apps.backend import Backend
from homeport.apps.problems import rule
from homeport.apps.results import Context, Result
from homeport.foreign_text import clean
from homeport.people.person import Person

INJECTED: tuple[type, ...] = (Person, Context, Backend)
SHOWN_PROBLEMS = 5


class InvalidArguments(Exception):
    """The arguments break the schema; the text names field and rule and repeats no value."""


class _PlainSchema(GenerateJsonSchema):
    """JSON schema without generated titles: a model reads names, and every title costs it attention."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def generate(self, schema: CoreSchema, mode: JsonSchemaMode = "validation") -> JsonSchemaValue:
        generated = super().generate(schema, mode)
        for position in (generated, *generated.get("$defs", {}).values()):
            if isinstance(position.get("title"), str):
                position.pop("title")
        generated.pop("$schema", None)
        return generated


@dataclass(frozen=True, slots=True)
class ArgumentSchema:
    """How a tool's arguments are checked. `injected` maps a parameter to the type it is filled with.

    `optional` are those parameters that take None where there is no backend.
    """

    json_schema: Mapping[str, Any]
    injected: Mapping[str, type]
    _model: type[BaseModel]
    _names: tuple[tuple[str, str], ...]
    _shown: frozenset[str]
    optional: frozenset[str] = frozenset()

    def validate(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments as Python values for the function. Raises InvalidArguments."""
        try:
            model = self._model.model_validate(arguments)
        except ValidationError as error:
            raise InvalidArguments(self._explain(error)) from None
        values = model.__dict__
        return {name: values[field] for field, name in self._names}

    def _explain(self, error: ValidationError) -> str:
        problems = error.errors(include_url=False, include_input=False)
        lines = [f"{self._place(p['loc'], p['type'])} {rule(p['type'], p['msg'])}" for p in problems[:SHOWN_PROBLEMS]]
        if len(problems) > SHOWN_PROBLEMS:
            lines.append(f"and {len(problems) - SHOWN_PROBLEMS} more")
        return "; ".join(lines) + "."

    def _place(self, location: tuple[int | str, ...], kind: str) -> str:
        """Where the problem is. Names that are not in the schema came with the call and are not repeated."""
        if kind == "extra_forbidden" and len(location) == 1:
            return f"There is no argument {clean(str(location[0]), 40)!r}: it"
        place = ""
        for part in location:
            if isinstance(part, int):
                place += f"[{part}]"
            elif part in self._shown:
                place += f".{part}" if place else part
        return place or "The arguments"


@dataclass(frozen=True, slots=True)
class ResultSchema:
    """How a tool's result becomes structured data; what is not an object is wrapped as `{"result": ...}`."""

    json_schema: Mapping[str, Any]
    wrapped: bool
    _adapter: TypeAdapter[Any]

    def dump(self, value: object) -> dict[str, Any]:
        """`value` as JSON data. Raises pydantic's errors when it is not what the tool declares."""
        data = self._adapter.dump_python(self._adapter.validate_python(value), mode="json", by_alias=True)
        return {"result": data} if self.wrapped else data


def argument_schema(function: Callable[..., Any], hints: Mapping[str, Any]) -> ArgumentSchema:
    """The schema of what a client may hand in. Raises TypeError in words for the author."""
    fields: dict[str, Any] = {}
    names: list[tuple[str, str]] = []
    injected: dict[str, type] = {}
    optional: set[str] = set()
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD, parameter.POSITIONAL_ONLY):
            raise TypeError(f"parameter {parameter.name!r} must be an ordinary named one: a client sends names")
        if parameter.name not in hints:
            raise TypeError(f"parameter {parameter.name!r} has no type")
        hint = hints[parameter.name]
        if hint in INJECTED:
            injected[parameter.name] = hint
            continue
        if hint == Backend | None:
            injected[parameter.name] = Backend
            optional.add(parameter.name)
            continue
        field = f"argument_{len(names)}"
        names.append((field, parameter.name))
        fields[field] = (hint, _field(parameter))
    try:
        model = create_model("Arguments", __config__=ConfigDict(extra="forbid"), **fields)
        json_schema = model.model_json_schema(by_alias=True, schema_generator=_PlainSchema)
    except (PydanticSchemaGenerationError, PydanticUserError) as error:
        raise TypeError(f"its parameters cannot be described to a client: {_first_line(error)}") from error
    json_schema.setdefault("properties", {})
    shown = frozenset(_property_names(json_schema))
    return ArgumentSchema(json_schema, injected, model, tuple(names), shown, frozenset(optional))


def result_schema(hint: Any) -> ResultSchema:
    """The schema of what a tool returns; `Result[T]` counts as T. Raises TypeError in words for the author."""
    declared = get_args(hint)[0] if get_origin(hint) is Result else hint
    if declared is Result or isinstance(declared, TypeVar):
        raise TypeError("its return type must say what is in the Result, like Result[list[str]]")
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(declared)
        generated = adapter.json_schema(by_alias=True, mode="serialization", schema_generator=_PlainSchema)
    except (PydanticSchemaGenerationError, PydanticUserError) as error:
        raise TypeError(f"its return type cannot be described to a client: {_first_line(error)}") from error
    generated = _resolved_root(generated)
    if generated.get("type") == "object":
        return ResultSchema(generated, False, adapter)
    definitions = generated.pop("$defs", None)
    wrapped: dict[str, Any] = {"type": "object", "properties": {"result": generated}, "required": ["result"]}
    if definitions:
        wrapped["$defs"] = definitions
    return ResultSchema(wrapped, True, adapter)


def _field(parameter: inspect.Parameter) -> FieldInfo:
    """The parameter's default under an internal field name, so that any parameter name is free to use."""
    default = parameter.default
    if isinstance(default, FieldInfo):
        raise TypeError(
            f"parameter {parameter.name!r}: write Annotated[type, Field(...)] instead of a Field as default"
        )
    given: FieldInfo = (
        Field(alias=parameter.name) if default is parameter.empty else Field(default, alias=parameter.name)
    )
    return given


def _resolved_root(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with a `$ref` at its root replaced: clients look for "type": "object" there."""
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return schema
    root = schema["$defs"][reference.removeprefix("#/$defs/")]
    return {**root, "$defs": schema["$defs"]}


def _property_names(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        properties = schema.get("properties")
        if isinstance(properties, dict):
            yield from properties
        for value in schema.values():
            yield from _property_names(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _property_names(value)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
