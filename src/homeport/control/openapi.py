"""Describes the control API as OpenAPI 3.1, from the same table and types that serve it."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from homeport.control.request_bodies import Nothing
from homeport.control.routes import ENGINE_ROUTES
from homeport.control.rows import EngineRoute

ERROR: dict[str, Any] = {
    "type": "object",
    "properties": {name: {"type": "string"} for name in ("code", "title", "message", "hint")},
    "required": ["code", "title", "message", "hint"],
}


def describe(port: int) -> dict[str, Any]:
    """The description for a control listener at `port`."""
    schemas: dict[str, Any] = {"Error": ERROR}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Homeport control API", "version": "1"},
        "servers": [{"url": f"http://127.0.0.1:{port}"}],
        "security": [{"token": []}],
        "paths": {f"/api/{row.name}": {row.method.lower(): _operation(row, schemas)} for row in ENGINE_ROUTES},
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(row: EngineRoute, schemas: dict[str, Any]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": row.name,
        "summary": row.summary,
        "responses": {
            "200": {"description": row.summary, "content": _json(_schema(TypeAdapter[Any](row.answer), schemas))},
            "4XX": {"description": "What went wrong", "content": _json({"$ref": "#/components/schemas/Error"})},
        },
    }
    if row.body is not Nothing:
        operation["requestBody"] = {"required": True, "content": _json(_schema(TypeAdapter[Any](row.body), schemas))}
    return operation


def _schema(adapter: TypeAdapter[Any], schemas: dict[str, Any]) -> dict[str, Any]:
    schema = adapter.json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    return schema


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
