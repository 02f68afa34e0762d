"""A load runs in a thread of its own, whatever the author's modules do there."""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path

from homeport.apps.loading import LoadedApp, Loading
from homeport.errors import AppError
from tests.apps.folders import greeting, said, write

WAITS = "import pathlib, time\nwhile not pathlib.Path(__file__).with_name('go').exists(): time.sleep(0.005)\n"


def loading_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("loading ")]


async def test_the_loop_runs_on_while_a_slow_module_is_imported(tmp_path: Path) -> None:
    loading = Loading(write(tmp_path, app=WAITS + greeting("slow")))
    (tmp_path / "go").touch()
    loaded = await loading.result
    assert isinstance(loaded, LoadedApp)
    assert await said(loaded.app) == "slow"
    loaded.modules.drop()


async def test_an_error_is_a_result_too(tmp_path: Path) -> None:
    outcome = await Loading(write(tmp_path, app="raise StopIteration")).result
    assert isinstance(outcome, AppError)


async def test_a_module_may_run_a_loop_of_its_own(tmp_path: Path) -> None:
    code = "import asyncio\nasync def word(): return 'inner'\nWORD_ = asyncio.run(word())\n"
    loaded = await Loading(write(tmp_path, app=code + greeting("outer"))).result
    assert isinstance(loaded, LoadedApp), loaded
    loaded.modules.drop()


async def test_a_module_that_never_ends_is_ended(tmp_path: Path) -> None:
    names = set(sys.modules)
    loading = Loading(
        write(tmp_path, app="import pathlib\npathlib.Path(__file__).with_name('began').touch()\nwhile True: pass")
    )
    while not (tmp_path / "began").exists():
        await asyncio.sleep(0.005)
    loading.abandon()
    await loading.ended(within=20)
    assert not loading_threads()
    assert {name for name in set(sys.modules) - names if name.startswith("homeport_app_")} == set()


async def test_an_app_that_nobody_waits_for_any_more_is_dropped(tmp_path: Path) -> None:
    names = set(sys.modules)
    loading = Loading(write(tmp_path, app=greeting("late")))
    await loading.ended(within=20)
    loading.abandon()
    await asyncio.sleep(0)
    assert {name for name in set(sys.modules) - names if name.startswith("homeport_app_")} == set()
