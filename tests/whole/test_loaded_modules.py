"""What a start loads before it answers for the first time, and what is loaded behind a tray while nothing happens:
nothing that is not needed for that."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from tests.child import child_process
from tests.desktop.desktop import Desktop
from tests.desktop.session import a_panel, needs, session_bus
from tests.program import ROOT, Installation, _answers

HEAVY = {
    "PIL": "pictures for the tray",
    "asyncssh": "a tunnel",
    "desktop_notifier": "notifications",
    "fastmcp": "nothing here",
    "hypothesis": "tests",
    "jinja2": "the first page",
    "psycopg": "PostgreSQL",
    "pyngrok": "a tunnel",
    "pystray": "the tray",
    "rich": "tables that a command prints",
    "tomlkit": "writing settings",
    "watchfiles": "an app folder",
}
"""Library, and what it is for instead."""

NOT_BEHIND_A_TRAY = HEAVY | {
    "copykitten": "the clipboard",
    "httpx2": "the SDK's client; our own requests use httpcore2",
    "mcp.client": "clients",
    "mcp.server.mcpserver": "the SDK's higher server",
}
"""The same while the icon shows and everything is there."""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules at the first 200 on /health of `homeport serve`, without an app folder."""
    return asyncio.run(loaded_at_the_first_answer(tmp_path_factory.mktemp("loaded")))


async def loaded_at_the_first_answer(folder: Path) -> set[str]:
    installation = Installation(folder)
    report = folder / "modules"
    async with child_process(
        *(sys.executable, "-m", "tests.whole.reporting_program", str(report), "serve"),
        *("--data-dir", str(installation.data_dir), "--port", str(installation.port), "--control-port", "0"),
        environment={**installation.environment, "PYTHONPATH": str(ROOT)},
        folder=folder,
    ) as child:
        async with asyncio.timeout(20):
            while not await _answers(installation.port):
                await asyncio.sleep(0.001)
        await child.terminate()
    return set(report.read_text().split("\n"))


@pytest.mark.parametrize("library", HEAVY)
def test_a_start_does_not_load(library: str, loaded: set[str]) -> None:
    assert "homeport.public" in loaded
    assert not {name for name in loaded if name == library or name.startswith(f"{library}.")}, HEAVY[library]


def test_a_start_loads_nothing_that_only_tests_or_builds_need(loaded: set[str]) -> None:
    assert loaded.isdisjoint({"pytest", "mypy", "setuptools", "pip", "unittest.mock", "doctest", "pdb", "tkinter"})


@pytest.fixture(scope="module")
def behind_a_tray(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The modules of plain `homeport` on a desktop, at its first start, once the MCP SDK is loaded."""
    return asyncio.run(loaded_behind_a_tray(tmp_path_factory.mktemp("tray")))


async def loaded_behind_a_tray(folder: Path) -> set[str]:
    report = folder / "modules-with-sdk"
    async with session_bus(folder) as address, a_panel(address) as panel:
        desktop = Desktop(folder, address)
        async with child_process(
            *(sys.executable, "-m", "tests.whole.reporting_program", str(folder / "modules"), *desktop.arguments),
            environment={**desktop.environment, "PYTHONPATH": str(ROOT)},
            folder=folder,
        ) as child:
            item = await panel.item()
            await item.shows("Online on this computer only")
            async with asyncio.timeout(20):
                while not report.exists():
                    await asyncio.sleep(0.001)
            await child.terminate()
    return set(report.read_text().split("\n"))


@needs("dbus-daemon")
@pytest.mark.parametrize("library", NOT_BEHIND_A_TRAY)
def test_behind_a_tray_is_not_loaded(library: str, behind_a_tray: set[str]) -> None:
    assert {"homeport.desktop.sni", "homeport.mcp_server.streams", "mcp.server.lowlevel.server"} <= behind_a_tray
    found = {name for name in behind_a_tray if name == library or name.startswith(f"{library}.")}
    assert not found, NOT_BEHIND_A_TRAY[library]
