"""What the SDK's kernel decides for us: parameters repeated in headers, and methods an app does not have."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import Field

from homeport import App
from tests.mcp_server.scene import MODERN, Answer, open_door, request

Region = Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})]


def app_with_a_parameter_header() -> App:
    app = App("Small")

    @app.tool(effect="read")
    async def ask(region: Region = "") -> str:
        """Ask in a region."""
        return region

    return app


async def ask(arguments: dict[str, str], **headers: str) -> Answer:
    async with open_door(app_with_a_parameter_header()) as door:
        return await door.post(
            request("tools/call", {"name": "ask", "arguments": arguments}, modern=True),
            mcp_protocol_version=MODERN,
            mcp_method="tools/call",
            mcp_name="ask",
            **headers,
        )


async def test_a_parameter_and_its_header_agree() -> None:
    assert (await ask({"region": "eu"}, mcp_param_region="eu")).result["structuredContent"] == {"result": "eu"}
    assert (await ask({"region": "é"}, mcp_param_region="=?base64?w6k=?=")).status == 200
    assert (await ask({})).status == 200


@pytest.mark.parametrize(
    ("arguments", "headers"),
    [
        ({"region": "eu"}, {"mcp_param_region": "us"}),
        ({"region": "eu"}, {}),
        ({}, {"mcp_param_region": "eu"}),
        ({"region": "eu"}, {"mcp_param_region": "=?base64?!?="}),
    ],
)
async def test_a_parameter_that_its_header_contradicts_is_refused(
    arguments: dict[str, str], headers: dict[str, str]
) -> None:
    answer = await ask(arguments, **headers)
    assert (answer.status, answer.error["code"]) == (400, -32020)


async def test_what_an_app_does_not_have_is_an_unknown_method() -> None:
    async with open_door() as door:
        for method in ("prompts/list", "resources/subscribe", "logging/setLevel", "completion/complete"):
            assert (await door.ask(method)).error["code"] in (-32601, -32602)


async def test_methods_of_the_other_era_are_unknown() -> None:
    async with open_door() as door:
        assert (await door.ask("server/discover")).error["code"] == -32601
        assert (await door.ask("ping", modern=True)).error["code"] == -32601
        assert (await door.ask("initialize", modern=True)).error["code"] in (-32601, -32602)
