"""One Homeport for one data folder, also after a kill, and nobody else's control.json is believed."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from homeport.control.instance import acquire, find_running
from homeport.errors import AlreadyRunning, NotRunning, SettingsError

HOLDER = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    from homeport.control.instance import acquire
    instance = acquire(Path(sys.argv[1]))
    print(instance.announce(4321, moved=False), flush=True)
    sys.stdin.read()
    instance.release()
    """
)


@contextmanager
def another_process(data_dir: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process that holds the folder, and its token; it lets go when its input ends."""
    command = [sys.executable, "-c", HOLDER, str(data_dir)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline().strip()
        finally:
            process.kill()


def test_a_running_homeport_is_found_with_its_token(tmp_path: Path) -> None:
    with another_process(tmp_path) as (process, token):
        running = find_running(tmp_path)
        assert (running.port, running.token, running.pid) == (4321, token, process.pid)
        assert token not in repr(running)


def test_a_second_start_names_the_first_and_what_to_do(tmp_path: Path) -> None:
    with another_process(tmp_path) as (process, _), pytest.raises(AlreadyRunning) as caught:
        acquire(tmp_path, timeout=0.1)
    assert f"process {process.pid}" in caught.value.message
    assert "homeport stop --quit" in caught.value.hint


def test_after_a_kill_the_folder_is_free_and_what_was_left_is_not_believed(tmp_path: Path) -> None:
    with another_process(tmp_path) as (process, token):
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert token in (tmp_path / "control.json").read_text()
        with pytest.raises(NotRunning):
            find_running(tmp_path)
        instance = acquire(tmp_path)
        assert not (tmp_path / "control.json").exists()
        instance.release()


def test_an_orderly_end_leaves_no_control_file(tmp_path: Path) -> None:
    instance = acquire(tmp_path)
    instance.announce(4321, moved=False)
    instance.release()
    assert not (tmp_path / "control.json").exists()
    with pytest.raises(NotRunning, match="No Homeport is running"):
        find_running(tmp_path)


def test_each_start_has_a_new_token(tmp_path: Path) -> None:
    tokens = set()
    for _ in range(3):
        instance = acquire(tmp_path)
        tokens.add(instance.announce(4321, moved=False))
        instance.release()
    assert len(tokens) == 3


def test_a_port_that_moved_is_remembered_without_its_token(tmp_path: Path) -> None:
    instance = acquire(tmp_path)
    token = instance.announce(4321, moved=True)
    instance.release()
    assert token not in (tmp_path / "control.json").read_text()
    again = acquire(tmp_path)
    assert again.remembered_port == 4321
    again.release()
    third = acquire(tmp_path)
    assert third.remembered_port == 4321, "a command that only held the lock forgot it"
    third.release()


def test_files_are_for_this_user_only(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    instance = acquire(data_dir)
    instance.announce(4321, moved=False)
    try:
        assert data_dir.stat().st_mode & 0o777 == 0o700
        assert {path.name: path.stat().st_mode & 0o777 for path in data_dir.iterdir()} == {
            "homeport.lock": 0o600,
            "control.json": 0o600,
        }
    finally:
        instance.release()


def test_a_control_file_others_could_read_or_that_is_a_link_is_not_believed(tmp_path: Path) -> None:
    content = json.dumps({"port": 1, "token": "planted", "pid": 1, "started_at": 0, "moved": False})
    elsewhere = tmp_path / "elsewhere.json"
    data_dir = tmp_path / "data"
    with another_process(data_dir):
        control = data_dir / "control.json"
        control.write_text(content)
        control.chmod(0o644)
        with pytest.raises(NotRunning):
            find_running(data_dir, wait_seconds=0)
        elsewhere.write_text(content)
        elsewhere.chmod(0o600)
        control.unlink()
        control.symlink_to(elsewhere)
        with pytest.raises(NotRunning):
            find_running(data_dir, wait_seconds=0)


def test_a_link_in_place_of_the_control_file_is_replaced_and_never_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("precious")
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    instance = acquire(data_dir)
    (data_dir / "control.json").symlink_to(target)
    instance.announce(4321, moved=False)
    instance.release()
    assert target.read_text() == "precious"


def test_a_link_in_place_of_the_lock_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "target"
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    (data_dir / "homeport.lock").symlink_to(target)
    with pytest.raises(SettingsError, match="cannot be used"):
        acquire(data_dir, timeout=0.1)
    assert not target.exists()


def test_a_folder_that_others_can_write_to_is_refused_before_anything_is_put_there(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    data_dir.mkdir()
    data_dir.chmod(0o777)
    with pytest.raises(SettingsError, match="chmod go-w"):
        acquire(data_dir)
    assert list(data_dir.iterdir()) == []


def test_a_file_in_place_of_the_folder_names_the_option(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    with pytest.raises(SettingsError) as caught:
        acquire(tmp_path / "data")
    assert "--data-dir" in caught.value.hint
