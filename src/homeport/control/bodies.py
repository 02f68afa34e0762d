"""What comes in and goes out as JSON, for every route of the control listener."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import TypeAdapter
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from homeport.control.request_bodies import Body

B = TypeVar("B", bound=Body)


async def read_body(request: Request, model: type[B]) -> B:
    """The body as `model`; nothing counts as `{}`. Anything but JSON is a ValidationError or a 415."""
    content = await request.body()
    if content and request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "The body must be application/json.")
    return model.model_validate_json(content or b"{}")


def json_answer(answer: object, kind: Any) -> Response:
    """`answer`, which is a `kind`, as JSON."""
    return Response(TypeAdapter[Any](kind).dump_json(answer), media_type="application/json")
