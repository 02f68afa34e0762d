"""Tools called from the preview: for real, as somebody, under the rules and scopes that ChatGPT meets."""

from __future__ import annotations

from pathlib import Path

from homeport.clock import system_clock
from homeport.people import tables as people_tables
from homeport.people.person import Person
from tests.control.preview.scene import Previewed, previewed


async def known_person(scene: Previewed) -> Person:
    person = Person("p1", "owner", None, "Sam")
    now = int(system_clock())
    await scene.engine.rooms.database.transaction(lambda tx: people_tables.insert(tx, person, subject="sam", now=now))
    return person


async def test_a_call_is_made_as_the_tester_or_as_a_known_person(tmp_path: Path) -> None:
    async with previewed(tmp_path) as scene:
        await known_person(scene)
        actors = (await scene.get("scene"))["actors"]
        assert [(one["id"], one["name"]) for one in actors] == [("tester", "Tester"), ("p1", "Sam")]
        for who in ("tester", "p1"):
            called = await scene.post("call", path="/mcp", tool="show_note", arguments={"words": "hi"}, who=who)
            assert called["result"]["structuredContent"] == {"who": who, "words": "hi"}
            assert called["result"]["_meta"] == {"secret": "for the widget"}


async def test_nobody_calls_as_somebody_unknown_or_blocked(tmp_path: Path) -> None:
    async with previewed(tmp_path) as scene:
        await known_person(scene)
        await scene.engine.block_person("p1")
        for who in ("p1", "nobody"):
            assert (await scene.post("call", path="/mcp", tool="show_note", who=who)).status_code == 404
        assert [one["id"] for one in (await scene.get("scene"))["actors"]] == ["tester"]


async def test_a_sign_in_that_is_not_theirs_or_has_ended_is_refused(tmp_path: Path) -> None:
    async with previewed(tmp_path) as scene:
        await known_person(scene)
        answer = await scene.post("call", path="/mcp", tool="show_note", who="p1", grant="g1")
        assert answer.status_code == 404
        assert "This sign-in has ended" in answer.text


async def test_every_call_is_in_the_activity_as_one_of_the_previews(tmp_path: Path) -> None:
    async with previewed(tmp_path) as scene:
        await scene.post("call", path="/mcp", tool="keep_note", arguments={"words": "hi"}, by="widget")
        entry = (await scene.engine.rooms.activity.recent(1))[0]
        assert (entry.client_id, entry.person_id, entry.tool, entry.outcome) == (
            "homeport-preview",
            "tester",
            "keep_note",
            "ok",
        )


async def test_scopes_count_and_are_refused_as_chatgpt_is(tmp_path: Path) -> None:
    async with previewed(tmp_path) as scene:
        refused = await scene.post("call", path="/mcp", tool="read_diary")
        assert refused["result"]["isError"]
        assert 'scope="read diary"' in refused["result"]["_meta"]["mcp/www_authenticate"][0]
        allowed = await scene.post("call", path="/mcp", tool="read_diary", scopes=["read", "diary"])
        assert allowed["result"]["structuredContent"]["words"] == "dear diary"


async def test_rules_count(tmp_path: Path) -> None:
    async with previewed(tmp_path) as scene:
        blocked = await scene.post("call", path="/mcp", tool="burn_note", arguments={"words": "x"})
        assert blocked["result"]["isError"]
        assert "has not allowed it" in blocked["result"]["content"][0]["text"]


async def test_a_widget_may_not_call_what_is_the_models_only_or_what_is_not_listed(tmp_path: Path) -> None:
    async with previewed(tmp_path) as scene:
        for tool, said in (("publish_note", "is for the model only"), ("no_tool", "No tool of this app")):
            answer = await scene.post("call", path="/mcp", tool=tool, arguments={"words": "x"}, by="widget")
            assert answer.status_code == 409
            assert said in answer.text
        assert await scene.engine.rooms.activity.recent(5) == []


async def test_wrong_arguments_and_wrong_paths_are_said_in_words(tmp_path: Path) -> None:
    async with previewed(tmp_path) as scene:
        wrong = await scene.post("call", path="/mcp", tool="show_note", arguments={"words": 3})
        assert wrong["result"]["isError"]
        assert (await scene.post("call", path="/other", tool="show_note")).status_code == 404
        for odd in (
            {"tool": 3},
            {"tool": "show_note", "by": "model"},
            {"tool": "show_note", "scopes": ["a b"]},
            {"tool": "show_note", "more": 1},
        ):
            assert (await scene.post("call", path="/mcp", **odd)).status_code == 422


async def test_a_widgets_own_reading_goes_through_the_app_and_nowhere_else(tmp_path: Path) -> None:
    async with previewed(tmp_path) as scene:
        listed = await scene.post("relay", path="/mcp", method="resources/list")
        uri = listed["resources"][0]["uri"]
        read = await scene.post("relay", path="/mcp", method="resources/read", params={"uri": uri})
        assert read["contents"][0]["mimeType"] == "text/html;profile=mcp-app"
        for odd in ("ui://widget/none-000000000000.html", "file:///etc/passwd"):
            assert (
                await scene.post("relay", path="/mcp", method="resources/read", params={"uri": odd})
            ).status_code == 409
        assert (
            await scene.post("relay", path="/mcp", method="tools/call", params={"name": "burn_note"})
        ).status_code == 422
