"""The program of one file, built from this checkout: what is in it, and that a person can use it who has no Python."""

from __future__ import annotations

import asyncio
import json
import os
import re
import select
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from importlib.metadata import version
from pathlib import Path

import httpx2
import pytest

from tests.child import child_process
from tests.desktop.session import NotingBrowser, a_panel, session_bus
from tests.packaging.binary import Contents, build, contents
from tests.packaging.first_call import FirstCall, first_call, installation, running, sign_in, start
from tests.program import Installation
from tests.vault.keyrings import missing_programs

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the program of one file is for Linux")

MOST_BYTES = 40_000_000
SOURCES = Path(__file__).resolve().parents[2] / "src" / "homeport"


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("binary"))


@pytest.fixture(scope="module")
def inside(program: Path) -> Contents:
    return contents(program)


@pytest.fixture
def person(program: Path, tmp_path: Path) -> Installation:
    """Somebody with a home of their own and a folder for temporary files that is empty."""
    person = installation(program, tmp_path)
    (tmp_path / "temporary").mkdir()
    person.environment |= {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "temporary")}
    person.environment.pop("DBUS_SESSION_BUS_ADDRESS", None)
    return person


@asynccontextmanager
async def desktop_of(person: Installation) -> AsyncIterator[str]:
    """A session with a bus and an open gnome-keyring; its address."""
    if missing := missing_programs():
        pytest.skip(f"there is no {', '.join(missing)} here")
    runtime, password = person.folder / "runtime", person.folder / "password"
    runtime.mkdir(mode=0o700)
    password.write_text("test")
    async with session_bus(person.folder) as address:
        person.environment |= {"DBUS_SESSION_BUS_ADDRESS": address, "XDG_RUNTIME_DIR": str(runtime)}
        # It goes on in the background once it is ready, and ends with the bus.
        unlock = 'gnome-keyring-daemon --unlock --components=secrets --daemonize < "$0" > /dev/null 2>&1'
        async with child_process(
            *("sh", "-c", unlock, password), environment=person.environment, folder=person.folder, name="gnome-keyring"
        ) as keyring:
            assert await keyring.ends() == 0, keyring.output
        yield address


def test_it_is_small(program: Path, inside: Contents) -> None:
    largest = sorted(inside.sizes.items(), key=lambda each: -each[1])[:6]
    print(f"{program.stat().st_size / 1e6:.1f} MB:", *(f"{name} {size / 1e6:.1f}," for name, size in largest))
    assert program.stat().st_size <= MOST_BYTES


def test_every_module_but_those_for_tests_is_in_it(inside: Contents) -> None:
    ours = {
        ".".join(["homeport", *file.relative_to(SOURCES).with_suffix("").parts]).removesuffix(".__init__")
        for file in SOURCES.rglob("*.py")
        if file.name != "__main__.py" and file.relative_to(SOURCES).parts[:2] != ("scaffold", "project")
    }
    testing = {name for name in ours if name.startswith("homeport.testing")}
    assert ours - testing <= inside.modules
    assert not testing & inside.modules
    assert {
        "keyring.backends.SecretService",
        "keyring.backends.kwallet",
        "dbus_fast.aio",
        "asyncssh",
        "csv",
    } <= inside.modules
    assert not {"psycopg", "pytest", "rich", "tkinter", "PIL", "pystray"} & inside.modules


def test_everything_that_is_read_at_run_time_is_in_it(inside: Contents) -> None:
    # The modules of the scaffold's own project are text to us.
    data = {
        f"homeport/{file.relative_to(SOURCES).as_posix()}"
        for file in SOURCES.rglob("*")
        if file.is_file()
        and "__pycache__" not in file.parts
        and (file.suffix != ".py" or file.relative_to(SOURCES).parts[:2] == ("scaffold", "project"))
    }
    assert data - inside.files == set()
    web = resources.files("homeport_web")
    pages = {f"homeport_web/{each.name}" for each in web.iterdir() if each.is_file() and not each.name.endswith(".py")}
    assert pages - inside.files == set()
    assert "homeport_web/toolchain/package-lock.json" in inside.files


def test_it_says_nothing_of_the_machine_that_built_it_and_carries_the_licences(program: Path, inside: Contents) -> None:
    assert inside.of_the_machine(program) == []
    licences = [name for name in inside.files if ".dist-info/licenses/" in name]
    assert {name.partition("-")[0] for name in licences} >= {"homeport", "keyring", "asyncssh", "uvicorn"}


async def test_its_doctor_finds_nothing_amiss_and_a_client_signs_in_and_calls_a_tool(person: Installation) -> None:
    async with desktop_of(person):
        done: FirstCall = await first_call(person)
    print(f"First 200 after {done.start_seconds:.2f} s.")
    assert done.items == {"The first item"}
    assert "Secret Service" in done.doctor
    assert "Nothing fails" in done.doctor
    kept = json.loads((person.data_dir / "secrets.json").read_text(encoding="utf-8"))
    assert kept["kept_in"] == "Secret Service"


APP = """
import csv, os, sqlite3, statistics, subprocess
from homeport import App

app = App("Programs")

@app.tool(effect="read")
def starts_a_program() -> str:
    \"\"\"What a program that is started here inherits.\"\"\"
    said = subprocess.run(["sh", "-c", 'echo "libraries:$LD_LIBRARY_PATH:"'], capture_output=True, text=True)
    return said.stdout
"""


async def test_behind_its_icon_it_runs_an_app_whose_programs_get_their_own_libraries(person: Installation) -> None:
    (person.folder / "programs").mkdir()
    (person.folder / "programs" / "app.py").write_text(APP, encoding="utf-8")
    person.environment |= {"DISPLAY": ":4711", "BROWSER": str(NotingBrowser(person.folder).program)}
    async with (
        desktop_of(person) as address,
        a_panel(address) as panel,
        running(person, "--app", "programs", "--tunnel", "none") as child,
    ):
        item = await panel.item()
        await item.shows("Online")
        client = await sign_in(person)
        async with httpx2.AsyncClient() as http:
            told = await client.call(http, "starts_a_program")
        assert "libraries::" in str(told["content"])
        await item.click("Quit")
        assert await child.ends() == 0, child.output
    assert "Traceback" not in child.output


@pytest.mark.parametrize("how", ["SIGTERM to the parent", "Ctrl+C at a terminal, to both"])
async def test_a_signal_ends_it_cleanly_and_leaves_nothing_unpacked(person: Installation, how: str) -> None:
    async with running(person, "serve") as child:
        await start(person)
        assert [name for name in os.listdir(person.environment["TMPDIR"]) if name.startswith("_MEI")]
        if how.startswith("SIGTERM"):
            os.kill(child.pid, signal.SIGTERM)
        else:
            os.killpg(child.pid, signal.SIGINT)
        assert await child.ends() == 0, child.output
        assert "Stopping." in child.output
    assert os.listdir(person.environment["TMPDIR"]) == []
    assert not (person.data_dir / "control.json").exists()


async def test_when_its_outer_half_is_killed_the_inner_one_stops_cleanly_as_well(person: Installation) -> None:
    async with running(person, "serve") as child:
        await start(person)
        (inner,) = Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text(encoding="utf-8").split()
        ended = os.pidfd_open(int(inner))
        try:
            os.kill(child.pid, signal.SIGKILL)
            assert await asyncio.to_thread(select.select, [ended], [], [], 20) == ([ended], [], [])
        finally:
            os.close(ended)
        await child.ends()
        assert "Stopping." in child.output
    assert not (person.data_dir / "control.json").exists()


async def test_the_commands_beside_it_work_and_say_what_it_cannot_do(person: Installation) -> None:
    assert await run(person, "--version") == f"homeport {version('homeport')}\n"
    assert "recipes is a working project" in await run(person, "new", "recipes")
    project = (person.folder / "recipes" / "pyproject.toml").read_text(encoding="utf-8")
    assert "path =" not in project
    said = await run(person, "build", "--app", "recipes", expected=1)
    assert "Building a .tsx needs Node, and this program has none." in said
    assert "uv run --with 'homeport[widgets]' homeport build" in said

    app = person.folder / "recipes" / "app.py"
    app.write_text(f"import yaml\n{app.read_text(encoding='utf-8')}", encoding="utf-8")
    async with running(person, "serve", "--app", "recipes") as child:
        await child.says("recipes/app.py, line 1: this program has no module 'yaml'")
        folder = re.escape(str(person.folder.resolve() / "recipes"))
        await child.says(f"`uv run --project {folder} --with pyyaml homeport --app {folder}`")
        assert person.issuer in await person.run("url")
        assert f":{person.control_port}/" in await person.run("open", "--print")
        assert f":{person.control_port}/preview#code=" in await person.run("preview", "--print")
        assert "signing-keys" in await person.run("secrets")
        await person.run("stop", "--quit")
        assert await child.ends() == 0, child.output


async def run(person: Installation, *arguments: str, expected: int = 0) -> str:
    """What the program says to a command that asks no running Homeport."""
    async with child_process(
        *person.program, *arguments, environment=person.environment, folder=person.folder
    ) as child:
        assert await child.ends() == expected, child.output
        return child.output
