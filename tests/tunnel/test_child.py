"""A tunnel's program ends with Homeport, however Homeport ends, and knows nothing of its secrets."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from homeport.tunnel import child as room
from homeport.tunnel.child import Child, clean_environment, end_leftover
from tests.tunnel.agents import is_alive, note_of, open_descriptors

TALKS = "import os, sys, time; print(os.getpid(), flush=True); time.sleep(600)"
DEAF = "import os, signal, time; signal.signal(15, signal.SIG_IGN); print(os.getpid(), flush=True); time.sleep(600)"
BOTH = pytest.mark.parametrize("leashed", [False, True], ids=["tied by the kernel", "on a leash"])


class Running:
    """A child, what it printed, and how it ended."""

    def __init__(self, folder: Path, *, leashed: bool = False) -> None:
        self.lines: asyncio.Queue[str] = asyncio.Queue()
        self.code: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.child = Child(folder, on_line=self.lines.put_nowait, on_end=self.code.set_result, leashed=leashed)

    async def python(self, program: str) -> int:
        """Start it; the number that it prints."""
        await self.child.start([sys.executable, "-IS", "-c", program], clean_environment(os.environ))
        return int(await asyncio.wait_for(self.lines.get(), 20))


def wait_until_gone(pid: int) -> bool:
    """Whether the kernel has ended it within a moment."""
    if not is_alive(pid):
        return True
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        if not is_alive(pid):
            return True
        os.sched_yield()
    return False


@BOTH
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV], ids=lambda n: n.name)
def test_whatever_ends_homeport_ends_the_program(number: signal.Signals, leashed: bool, tmp_path: Path) -> None:
    how = "leashed" if leashed else "tied"
    program = [sys.executable, "-IS", "-c", TALKS]
    app = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("app_child.py")), str(tmp_path / "tunnel"), how, *program],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert app.stdout is not None
    with app.stdout:
        assert app.stdout.readline() == "ready\n"
        leader = note_of(tmp_path / "tunnel")["pid"]
        members = [pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if _group(pid) == leader]
        assert len(members) == (3 if leashed else 1)
        app.send_signal(number)
        app.wait(timeout=20)
    assert all(wait_until_gone(pid) for pid in members)


@BOTH
async def test_stopping_ends_it_and_says_so_once(leashed: bool, tmp_path: Path) -> None:
    running = Running(tmp_path / "tunnel", leashed=leashed)
    pid = await running.python(TALKS)
    assert running.child.runs
    await running.child.stop()
    # On a leash its parent is a shell: it has let go of all it held, and the kernel may be a moment from done with it.
    assert wait_until_gone(pid) if leashed else not is_alive(pid)
    assert running.code.done()
    await running.child.stop()
    assert not (tmp_path / "tunnel" / room.NOTE).exists()


async def test_a_program_that_does_not_want_to_end_is_ended_within_a_second(tmp_path: Path) -> None:
    running = Running(tmp_path / "tunnel")
    pid = await running.python(DEAF)
    begun = time.monotonic()
    await running.child.stop()
    assert not is_alive(pid)
    assert time.monotonic() - begun < 1.4


@BOTH
async def test_its_end_is_told_with_its_exit_code(leashed: bool, tmp_path: Path) -> None:
    running = Running(tmp_path / "tunnel", leashed=leashed)
    await running.python("print(1, flush=True); raise SystemExit(7)")
    assert await asyncio.wait_for(running.code, 20) == 7
    assert not running.child.runs


async def test_what_a_homeport_before_this_one_left_running_is_ended(tmp_path: Path) -> None:
    left = subprocess.Popen([sys.executable, "-IS", "-c", TALKS], stdout=subprocess.DEVNULL, start_new_session=True)
    room.write_note(tmp_path, left.pid, "ngrok")
    assert end_leftover(tmp_path)
    assert left.wait(timeout=20) == -signal.SIGKILL
    assert not end_leftover(tmp_path)


async def test_another_process_that_has_its_number_by_now_is_left_alone(tmp_path: Path) -> None:
    other = subprocess.Popen([sys.executable, "-IS", "-c", TALKS], stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        room.write_note(tmp_path, other.pid, "ngrok")
        note = tmp_path / room.NOTE
        note.write_text(note.read_text().replace(room.began(other.pid), "1"))
        assert not end_leftover(tmp_path)
        assert other.poll() is None
        note.write_text("no note at all")
        assert not end_leftover(tmp_path)
    finally:
        other.kill()
        other.wait()


@BOTH
async def test_what_cannot_be_run_is_an_error_and_leaves_nothing_open(leashed: bool, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"\x7fELF and nothing more")
    before = open_descriptors()
    for program in (tmp_path / "missing", other):
        running = Running(tmp_path / "tunnel", leashed=leashed)
        with pytest.raises(OSError, match=program.name):
            await running.child.start([str(program)], {})
        await running.child.stop()
    assert open_descriptors() == before


def test_only_what_a_program_needs_is_passed_on() -> None:
    ours = {
        "PATH": "/bin",
        "LC_ALL": "C",
        "https_proxy": "http://proxy.example",
        "NO_PROXY": "localhost",
        "LD_LIBRARY_PATH": "/frozen",
        "NGROK_AUTHTOKEN": "secret",
        "HOMEPORT_SECRET_NGROK": "secret",
        "TUNNEL_TOKEN": "secret",
    }
    assert set(clean_environment(ours)) == {"PATH", "LC_ALL", "https_proxy", "NO_PROXY"}
    assert set(clean_environment(ours, proxies=False)) == {"PATH", "LC_ALL", "NO_PROXY"}


def _group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except OSError:
        return 0
