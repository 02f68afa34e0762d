"""A folder for ChatGPT behind the real program: instead of the items, beside an app, and chosen while it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from homeport.engine.folder_listing import list_folders
from homeport.errors import FolderError
from tests.apps.folders import greeting, write
from tests.engine.test_sources import ask, signed_in_client
from tests.program import Installation, running_homeport
from tests.signing_in import sign_in


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "soup.md").write_text("# Carrot soup\n\nCarrots and ginger.\n", encoding="utf-8")
    return folder


async def tools(client: Any) -> list[str]:
    return [tool["name"] for tool in (await ask(client, "tools/list"))["tools"]]


async def found(client: Any, query: str) -> list[str]:
    """The titles of a search, asked until the first look at the folder is over."""
    while True:
        answer = (await ask(client, "tools/call", name="search", arguments={"query": query}))["structuredContent"]
        if "first time" not in answer["note"]:
            return [hit["title"] for hit in answer["results"]]


async def test_the_folder_is_served_instead_of_the_items_and_can_be_chosen_while_homeport_runs(
    tmp_path: Path, notes: Path
) -> None:
    async with running_homeport(tmp_path) as homeport, signed_in_client(homeport) as client:
        assert "get-items" in await tools(client)
        (homeport.data_dir / "homeport.toml").write_text(f'folder = "{notes}"\n')
        while "get-items" in await tools(client):
            # Homeport looks at its files when a tool is called, once a second at most.
            await ask(client, "tools/call", name="search", arguments={"query": "carrots"})
        assert await tools(client) == ["search", "fetch"]
        assert await found(client, "carrots") == ["Carrot soup"]
        (homeport.data_dir / "homeport.toml").write_text("")
        while "get-items" not in await tools(client):
            await ask(client, "tools/call", name="search", arguments={"query": "carrots"})
    kept = [path for path in (homeport.folder / "home").rglob("*.sqlite3") if "folders" in path.parts]
    assert len(kept) == 1


class Beside(Installation):
    """The same Homeport, seen through the connector URL of its folder."""

    def __init__(self, homeport: Installation) -> None:
        self.__dict__.update(vars(homeport))

    @property
    def mcp_url(self) -> str:
        return f"{self.issuer}/folder/mcp"


async def test_beside_an_app_the_folder_has_a_connector_url_of_its_own(tmp_path: Path, notes: Path) -> None:
    app = write(tmp_path / "greetings", app=greeting("first"))
    options = ("--app", str(app), "--folder", str(notes))
    async with running_homeport(tmp_path, *options) as homeport, signed_in_client(homeport) as client:
        assert await tools(client) == ["greet"]
        for_folder = await sign_in(Beside(homeport))
        asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
        headers = {"accept": "application/json, text/event-stream"}
        refused = await client.post("/folder/mcp", json=asked, headers=headers)
        assert refused.status_code == 401
        headers["authorization"] = f"Bearer {for_folder.access_token}"
        answer = await client.post("/folder/mcp", json=asked, headers=headers)
        assert [tool["name"] for tool in answer.json()["result"]["tools"]] == ["search", "fetch"]
        assert "Folder at /folder/mcp, 2 tools" in await homeport.run("status")


async def test_a_folder_that_is_not_there_is_said_in_the_status(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    async with running_homeport(tmp_path) as homeport:
        (homeport.data_dir / "homeport.toml").write_text(f'folder = "{gone}"\n')
        await homeport.restart()
        said = await homeport.run("status")
        assert f"The folder {gone} cannot be searched: No such file or directory." in said


def test_the_folders_to_choose_from_are_those_of_home_and_no_hidden_ones(tmp_path: Path) -> None:
    for name in ("Music", "documents", ".ssh"):
        (tmp_path / name).mkdir()
    (tmp_path / "file.txt").touch()
    (tmp_path / "link").symlink_to(tmp_path / "Music")
    listing = list_folders("", home=tmp_path)
    assert (listing.path, listing.parent) == (str(tmp_path), str(tmp_path.parent))
    assert listing.folders == ["documents", "Music"]
    assert list_folders(str(tmp_path / "Music" / ".."), home=tmp_path) == listing
    assert list_folders("Music", home=tmp_path).path == str(tmp_path / "Music")
    assert list_folders("/", home=tmp_path).parent == ""


@pytest.mark.parametrize(
    ("path", "words"),
    [("gone", "There is no folder"), ("file.txt", "is a file"), ("a\0b", "no path"), ("x" * 5_000, "no path")],
)
def test_what_cannot_be_listed_is_said_in_words(tmp_path: Path, path: str, words: str) -> None:
    (tmp_path / "file.txt").touch()
    with pytest.raises(FolderError, match=words) as refused:
        list_folders(path, home=tmp_path)
    assert refused.value.hint
