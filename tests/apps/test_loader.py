"""The app of a folder while its author works on it."""

from __future__ import annotations

import asyncio
import shutil
import sys
import threading
from pathlib import Path

import pytest

from homeport.apps.loader import FolderApp
from homeport.errors import AppError
from homeport.events import AppLoaded
from tests.apps.folders import NOW, Heard, greeting, said, save_as_editors_do, started, write


async def test_a_good_folder_is_served_as_soon_as_it_has_started(tmp_path: Path) -> None:
    heard = Heard()
    async with started(write(tmp_path, app=greeting("hello")), heard) as source:
        assert await said(source.app) == "hello"
        assert source.problem == ""
        assert await heard.loaded() == AppLoaded(NOW, "Greetings", 1)


async def test_an_edit_of_any_of_its_modules_is_served(tmp_path: Path) -> None:
    heard = Heard()
    code = greeting("").replace('return ""', "import words; return words.first")
    async with started(write(tmp_path, app=code, words="first = 'one'"), heard) as source:
        await heard.loaded()
        assert await said(source.app) == "one"
        save_as_editors_do(tmp_path / "words.py", "first = 'two'")
        await heard.loaded()
        assert await said(source.app) == "two"
        save_as_editors_do(tmp_path / "app.py", greeting("three"))
        await heard.loaded()
        assert await said(source.app) == "three"


async def test_the_last_good_version_stays_while_a_new_one_is_broken(tmp_path: Path) -> None:
    heard = Heard()
    folder = write(tmp_path / "recipes", app=greeting("good"))
    async with started(folder, heard) as source:
        await heard.loaded()
        good = source.app
        save_as_editors_do(folder / "app.py", "from homeport import App\napp = App(")
        failed = await heard.failed()
        assert failed.app == "Greetings"
        assert failed.message == source.problem == "recipes/app.py, line 2: '(' was never closed."
        assert source.app is good
        assert await said(source.app) == "good"
        save_as_editors_do(folder / "app.py", greeting("mended"))
        await heard.loaded()
        assert source.problem == ""
        assert await said(source.app) == "mended"


async def test_a_folder_that_is_broken_from_the_start_is_an_empty_app_until_it_is_mended(tmp_path: Path) -> None:
    heard = Heard()
    folder = write(tmp_path / "recipes", app="1 / 0")
    async with started(folder, heard) as source:
        assert source.app.name == "recipes"
        assert not source.app.tools
        assert "has an error" in source.app.instructions
        assert source.problem == "recipes/app.py, line 1: ZeroDivisionError: division by zero."
        assert (await heard.failed()).app == "recipes"
        save_as_editors_do(folder / "app.py", greeting("mended"))
        await heard.loaded()
        assert await said(source.app) == "mended"


async def test_starting_without_a_folder_or_a_file_is_an_error(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        source = FolderApp(folder, publish=Heard().publish)
        with pytest.raises(AppError):
            await source.start()
        await source.stop()


async def test_a_folder_that_goes_away_later_is_a_problem_and_no_end(tmp_path: Path) -> None:
    heard = Heard()
    folder = write(tmp_path / "recipes", app=greeting("good"))
    async with started(folder, heard) as source:
        await heard.loaded()
        shutil.rmtree(folder)
        await heard.failed()
        assert source.problem.startswith("There is no folder")
        assert await said(source.app) == "good"
        write(folder, app=greeting("back"))
        await heard.loaded()
        assert await said(source.app) == "back"


async def test_an_app_that_is_replaced_in_two_steps_was_never_missing(tmp_path: Path) -> None:
    heard = Heard()
    async with started(write(tmp_path, app=greeting("one")), heard) as source:
        await heard.loaded()
        (tmp_path / "app.py").unlink()
        write(tmp_path, app=greeting("two"))
        await heard.loaded()
        assert await said(source.app) == "two"


async def test_a_module_that_never_ends_is_a_problem_and_an_edit_mends_it(tmp_path: Path) -> None:
    heard = Heard()
    folder = write(tmp_path / "recipes", app="while True: pass")
    async with started(folder, heard, patience=0.2) as source:
        assert source.problem.startswith("recipes/app.py is still being loaded after 0.2 seconds.")
        await heard.failed()
        save_as_editors_do(folder / "app.py", greeting("mended"))
        await heard.loaded()
        assert await said(source.app) == "mended"


async def test_an_app_that_is_slow_to_load_is_served_when_it_is_there(tmp_path: Path) -> None:
    heard = Heard()
    waits = "import pathlib, time\nwhile not pathlib.Path(__file__).with_name('go').exists(): time.sleep(0.005)\n"
    async with started(write(tmp_path, app=waits + greeting("slow")), heard, patience=0.1) as source:
        await heard.failed()
        (tmp_path / "go").touch()
        await heard.loaded()
        assert source.problem == ""
        assert await said(source.app) == "slow"


@pytest.mark.parametrize("code", [greeting("good"), "1 / 0", "while True: pass"])
async def test_stopping_leaves_no_task_no_module_and_no_thread_of_the_app(tmp_path: Path, code: str) -> None:
    names, finders = set(sys.modules), list(sys.meta_path)
    async with started(write(tmp_path, app=code), Heard(), patience=0.2):
        pass
    assert asyncio.all_tasks() == {asyncio.current_task()}
    assert {name for name in set(sys.modules) - names if name.startswith("homeport_app_")} == set()
    assert sys.meta_path == finders
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("loading ")]


async def test_two_folders_are_served_beside_each_other(tmp_path: Path) -> None:
    code = greeting("").replace('return ""', "import words; return words.first")
    first = write(tmp_path / "first", app=code, words="first = 'one'")
    second = write(tmp_path / "second", app=code, words="first = 'two'")
    async with started(first, Heard()) as one, started(second, Heard()) as two:
        assert (await said(one.app), await said(two.app)) == ("one", "two")
