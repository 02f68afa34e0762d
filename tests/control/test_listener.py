"""Where the control listener listens: always on this computer, and always where it was last time."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.control.instance import acquire, find_running
from homeport.control.listener import ControlListener
from homeport.errors import SettingsError
from homeport.listening import bind, port_of
from tests.control.memory_engine import MemoryEngine


def nothing() -> None: ...


async def test_a_taken_default_port_moves_and_is_remembered_over_restarts(tmp_path: Path) -> None:
    others = bind("127.0.0.1", 0)
    ports = []
    for _ in range(2):
        instance = acquire(tmp_path)
        listener = ControlListener(MemoryEngine(), instance, quit=nothing)
        await listener.start(port_of(others), may_move=True)
        assert find_running(tmp_path).port == listener.port
        ports.append(listener.port)
        await listener.stop()
        instance.release()
    assert ports[0] == ports[1] != port_of(others)
    for each in others:
        each.close()


async def test_a_folder_that_cannot_be_written_leaves_no_open_port(tmp_path: Path) -> None:
    instance = acquire(tmp_path / "data")
    (tmp_path / "data").rename(tmp_path / "gone")
    (tmp_path / "data").write_text("")
    with pytest.raises(SettingsError, match="cannot be written"):
        await ControlListener(MemoryEngine(), instance, quit=nothing).start(0, may_move=False)
    instance.release()
