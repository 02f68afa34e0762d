"""How tools look to a client, and when the list's digest changes."""

from __future__ import annotations

from homeport import App
from homeport.mcp_server.listing import list_tools
from tests.mcp_server.scene import open_door, small_app


async def test_tools_are_listed_in_the_order_they_were_written_without_old_names() -> None:
    async with open_door() as door:
        for modern in (False, True):
            names = [tool["name"] for tool in (await door.ask("tools/list", modern=modern)).result["tools"]]
            assert names == ["add", "note", "forget", "publish", "who"]


async def test_every_tool_has_title_description_schemas_and_all_hints() -> None:
    async with open_door() as door:
        tools = {tool["name"]: tool for tool in (await door.ask("tools/list")).result["tools"]}
    for tool in tools.values():
        assert tool["title"]
        assert tool["description"]
        assert tool["inputSchema"]["type"] == "object"
        assert tool["inputSchema"]["additionalProperties"] is False
        assert tool["outputSchema"]["type"] == "object"
        assert set(tool["annotations"]) == {
            "title",
            "readOnlyHint",
            "destructiveHint",
            "idempotentHint",
            "openWorldHint",
        }
    hints = {name: (t["annotations"]["readOnlyHint"], t["annotations"]["destructiveHint"]) for name, t in tools.items()}
    assert hints["add"] == (True, False)
    assert hints["note"] == (False, False)
    assert hints["forget"] == (False, True)


async def test_every_tool_names_its_scopes_at_the_top_and_in_meta() -> None:
    async with open_door() as door:
        for modern in (False, True):
            tools = {tool["name"]: tool for tool in (await door.ask("tools/list", modern=modern)).result["tools"]}
            for name, scopes in (("add", ["read"]), ("forget", ["write"]), ("publish", ["publish", "read"])):
                assert tools[name]["securitySchemes"] == [{"type": "oauth2", "scopes": scopes}]
                assert tools[name]["_meta"]["securitySchemes"] == tools[name]["securitySchemes"]


async def test_a_tool_that_the_scopes_do_not_allow_is_listed_so_that_it_can_be_asked_for() -> None:
    async with open_door() as door:
        everybody = (await door.ask("tools/list")).result
        assert (await door.ask("tools/list", token="reader")).result == everybody


async def test_a_modern_list_may_be_kept_for_a_while_by_its_own_client_only() -> None:
    async with open_door() as door:
        result = (await door.ask("tools/list", modern=True)).result
        assert result["cacheScope"] == "private"
        assert result["ttlMs"] > 0
        assert result["resultType"] == "complete"
        assert set((await door.ask("tools/list")).result) == {"tools"}


async def test_the_list_has_one_page() -> None:
    async with open_door() as door:
        assert (await door.ask("tools/list", {"cursor": "2"})).error["code"] == -32602


async def test_a_reload_is_listed_at_once() -> None:
    async with open_door() as door:
        await door.ask("tools/list")
        await door.ask("server/discover", modern=True)
        reloaded = App("Other", instructions="Other words.")

        @reloaded.tool(effect="read")
        async def other() -> str:
            """Be another one."""
            return "other"

        door.apps.append(reloaded)
        assert [tool["name"] for tool in (await door.ask("tools/list")).result["tools"]] == ["other"]
        discovered = (await door.ask("server/discover", modern=True)).result
        assert discovered["instructions"] == "Other words."
        assert discovered["_meta"]["io.modelcontextprotocol/serverInfo"]["name"] == "Other"
        assert (await door.call("add", a=1)).text.startswith("add is no longer a tool of Other.")


def test_the_digest_changes_with_anything_a_client_sees_and_with_nothing_else() -> None:
    def listed(description: str, effect: str = "read") -> str:
        app = App("Small")

        async def tool() -> str:
            return ""

        tool.__doc__ = description
        app.tool(effect=effect)(tool)  # type: ignore[arg-type]
        return list_tools(app).digest

    assert list_tools(small_app()).digest == list_tools(small_app()).digest
    assert listed("One.") == listed("One.")
    assert len({listed("One."), listed("Two."), listed("One.", "write")}) == 3
