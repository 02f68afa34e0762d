"""Which files count as a folder's sources, and when they have changed."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

from homeport.apps.watching import Sources, edits, look
from tests.apps.folders import save_as_editors_do, write

STARTED = """
import asyncio, pathlib, sys
from homeport.apps.loader import FolderApp

async def main():
    source = FolderApp(pathlib.Path(sys.argv[1]), publish=lambda event: None)
    await source.start()
    await asyncio.sleep(0.05)
    print("watchfiles" in sys.modules)
    await source.stop()

asyncio.run(main())
"""


def names(folder: Path) -> set[str]:
    return {Path(path).relative_to(folder).as_posix() for path in look(folder).files}


def test_sources_are_the_folders_own_python_files(tmp_path: Path) -> None:
    write(tmp_path, app="", kitchen__stove="")
    for foreign in ("__pycache__", ".venv/lib", ".git/hooks", "node_modules/x", "kitchen/__pycache__"):
        write(tmp_path / foreign, code="")
    write(tmp_path / "environment", inside="")
    (tmp_path / "environment" / "pyvenv.cfg").touch()
    (tmp_path / "notes.txt").touch()
    assert names(tmp_path) == {"app.py", "kitchen/stove.py"}


def test_a_change_of_the_same_length_is_a_change(tmp_path: Path) -> None:
    write(tmp_path, app="one")
    before = look(tmp_path)
    save_as_editors_do(tmp_path / "app.py", "two")
    assert look(tmp_path).files != before.files
    assert look(tmp_path).folders == before.folders


def test_what_is_not_there_has_no_sources(tmp_path: Path) -> None:
    found = look(tmp_path / "missing")
    assert (found.files, found.folders) == ({}, {})


async def next_edit(changes: AsyncGenerator[Sources, None]) -> None:
    async with asyncio.timeout(30):
        await anext(changes)


async def test_every_way_to_edit_is_noticed(tmp_path: Path) -> None:
    folder = write(tmp_path / "recipes", app="one", data="one")
    async with aclosing(edits(folder, look(folder), settling=0)) as changes:
        upcoming = asyncio.create_task(next_edit(changes))
        await asyncio.sleep(0)
        write(folder, app="another")
        await upcoming
        save_as_editors_do(folder / "app.py", "one again")
        await next_edit(changes)
        write(folder, kitchen__stove="one")
        await next_edit(changes)
        write(folder, kitchen__stove="another")
        await next_edit(changes)
        (folder / "data.py").unlink()
        await next_edit(changes)
        shutil.rmtree(folder)
        await next_edit(changes)
        write(folder, app="new")
        await next_edit(changes)
        write(folder, app="newer still")
        await next_edit(changes)


async def test_an_edit_before_the_watch_began_is_noticed(tmp_path: Path) -> None:
    seen = look(write(tmp_path, app="one"))
    save_as_editors_do(tmp_path / "app.py", "two")
    async with aclosing(edits(tmp_path, seen, settling=0)) as changes:
        await next_edit(changes)


async def test_what_is_no_source_is_not_an_edit(tmp_path: Path) -> None:
    write(tmp_path, app="one", kitchen____init__="")
    async with aclosing(edits(tmp_path, look(tmp_path), settling=0)) as changes:
        upcoming = asyncio.create_task(next_edit(changes))
        await asyncio.sleep(0)
        (tmp_path / "items.sqlite3").write_text("data")
        write(tmp_path / ".venv", code="")
        write(tmp_path / "kitchen" / "__pycache__", code="")
        before = os.stat(tmp_path / "app.py").st_mtime_ns
        save_as_editors_do(tmp_path / "app.py", "two")
        await upcoming
        assert os.stat(tmp_path / "app.py").st_mtime_ns != before


def test_the_watcher_is_not_loaded_while_a_server_starts(tmp_path: Path) -> None:
    write(tmp_path, app="from homeport import App\napp = App('Recipes')")
    done = subprocess.run([sys.executable, "-c", STARTED, str(tmp_path)], capture_output=True, text=True, timeout=60)
    assert done.stdout == "False\n", done.stderr


async def test_how_closely_it_watches_may_change_while_it_does(tmp_path: Path) -> None:
    asked = iter([200, 20])
    closely = asyncio.Event()

    def quiet() -> int:
        if (pause := next(asked, None)) is not None:
            return pause
        closely.set()
        return 20

    write(tmp_path, app="one")
    async with aclosing(edits(tmp_path, look(tmp_path), settling=0, quiet=quiet)) as changes:
        edit = asyncio.create_task(next_edit(changes))
        async with asyncio.timeout(30):
            await closely.wait()
        write(tmp_path, app="two")
        await edit
