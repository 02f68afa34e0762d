"""The folder app as a chat sees it."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from homeport import ToolError
from homeport.folder import app, folder_app
from homeport.folder.text_folder import PART_CHARACTERS
from homeport.testing import Chat
from tests.folder.conftest import Make


async def test_its_tools_only_read(notes: Path, scanned: Make) -> None:
    async with Chat(folder_app(scanned(notes))) as chat:
        tools = await chat.list_tools()
    assert [tool["name"] for tool in tools] == ["search", "fetch"]
    for tool in tools:
        assert tool["annotations"]["readOnlyHint"]
        assert not tool["annotations"]["destructiveHint"]
        assert not tool["annotations"]["openWorldHint"]


async def test_what_search_finds_can_be_fetched_in_the_shape_that_chatgpt_knows(notes: Path, scanned: Make) -> None:
    async with Chat(folder_app(scanned(notes)), scopes=frozenset({"read"})) as chat:
        found = await chat.call("search", query="carrots")
        (hit,) = found["results"]
        assert hit == {
            "id": hit["id"],
            "title": "Carrot soup",
            "text": "# Carrot soup Carrots, ginger and an hour of patience.",
            "url": "homeport:folder/soup.md",
        }
        document = await chat.call("fetch", id=hit["id"])
    assert document == {
        "id": hit["id"],
        "title": "Carrot soup",
        "text": "# Carrot soup\n\nCarrots, ginger and an hour of patience.\n",
        "url": "homeport:folder/soup.md",
        "metadata": {"path": "soup.md"},
    }


async def test_the_text_of_a_result_is_its_json(notes: Path, scanned: Make) -> None:
    searching = folder_app(scanned(notes)).find("search")
    assert searching is not None
    async with Chat(folder_app(scanned(notes))) as chat:
        assert json.loads(json.dumps(await chat.call("search", query="lisbon")))["results"][0]["title"] == "lisbon.txt"


async def test_no_answer_says_where_the_folder_is(notes: Path, scanned: Make) -> None:
    async with Chat(folder_app(scanned(notes))) as chat:
        found = await chat.call("search", query="ginger")
        said = json.dumps([found, *[await chat.call("fetch", id=hit["id"]) for hit in found["results"]]])
    assert len(found["results"]) == 2
    assert str(notes) not in said
    assert notes.parent.name not in said


async def test_a_long_file_comes_in_parts(notes: Path, scanned: Make) -> None:
    text = "".join(f"line {number:06d}\n" for number in range(7_000))
    (notes / "long.txt").write_text(text, encoding="utf-8")
    async with Chat(folder_app(scanned(notes))) as chat:
        (hit,) = (await chat.call("search", query="long"))["results"]
        read, asked = "", hit["id"]
        while True:
            part = await chat.call("fetch", id=asked)
            read += part["text"].rpartition("\n\n[Part ")[0] if "next" in part["metadata"] else part["text"]
            if "next" not in part["metadata"]:
                break
            assert part["text"].endswith(f"fetch {part['metadata']['next']} gives the next one.]")
            asked = part["metadata"]["next"]
        assert read == text
        assert part["metadata"] == {"path": "long.txt", "part": "3", "parts": "3"}
        with pytest.raises(ToolError, match="has 3 parts"):
            await chat.call("fetch", id=f"{hit['id']}.4")
    assert len(text) > 2 * PART_CHARACTERS


@pytest.mark.parametrize("wrong", ["", "soup.md", "../../etc/passwd", "/etc/passwd", "a" * 16 + ".0", "a" * 17])
async def test_an_id_is_never_a_path(notes: Path, scanned: Make, wrong: str) -> None:
    async with Chat(folder_app(scanned(notes))) as chat:
        with pytest.raises(ToolError) as refused:
            await chat.call("fetch", id=wrong)
    assert refused.value.code == "invalid_arguments"


async def test_an_unknown_id_is_not_found(notes: Path, scanned: Make) -> None:
    async with Chat(folder_app(scanned(notes))) as chat:
        with pytest.raises(ToolError) as refused:
            await chat.call("fetch", id="a" * 16)
    assert refused.value.code == "not_found"


async def test_a_folder_that_is_away_is_said_and_nothing_is_forgotten(notes: Path, scanned: Make) -> None:
    searched = scanned(notes)
    away = notes.with_name("away")
    notes.rename(away)
    async with Chat(folder_app(searched)) as chat:
        with pytest.raises(ToolError) as refused:
            await chat.call("search", query="ginger")
        assert refused.value.code == "folder_away"
        assert str(notes) not in refused.value.message
        searched.start()
        searched.wait()
        assert str(notes) in searched.problem
        away.rename(notes)
        assert len((await chat.call("search", query="ginger"))["results"]) == 2


def test_it_is_written_with_what_every_author_has() -> None:
    """Only with the public names of `homeport`, and with its own files."""
    imported = set()
    for file in Path(app.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom):
                imported.add(node.module or "a relative one")
            elif isinstance(node, ast.Import):
                imported.update(name.name for name in node.names)
    ours = {name for name in imported if name.split(".")[0] == "homeport"}
    assert {name for name in ours if not name.startswith("homeport.folder.")} == {"homeport"}
