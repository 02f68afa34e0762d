"""The fake programs are counted as what they are."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.tunnel.agents import LOCAL, FakeProgram, is_alive, ngrok_with


async def test_a_thread_with_the_number_of_an_earlier_run_is_no_second_program(tmp_path: Path) -> None:
    program = FakeProgram(tmp_path / "bin")
    tunnel = ngrok_with(program)
    await tunnel.start(LOCAL)
    (pid,) = program.running()
    (thread, *_) = [int(name) for name in os.listdir(f"/proc/{pid}/task") if int(name) != pid]
    with (program.folder / "runs.jsonl").open("a") as runs:
        for number in (thread, pid):
            runs.write(json.dumps({"pid": number}) + "\n")
    assert (is_alive(pid), is_alive(thread)) == (True, False)
    assert program.running() == [pid]
    await tunnel.stop()
    assert program.running() == []
