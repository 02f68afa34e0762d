"""Nothing outside the folder is ever read, whatever leads there, in both ways of opening."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeport.folder.opening import BY_DESCRIPTOR, LARGEST_BYTES, Place, Root

SECRET = b"what nobody may read"


@pytest.fixture(params=[pytest.param(True, marks=pytest.mark.skipif(not BY_DESCRIPTOR, reason="no openat")), False])
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Root:
    (tmp_path / "inside" / "deep").mkdir(parents=True)
    (tmp_path / "inside" / "deep" / "file.txt").write_bytes(b"fine")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "file.txt").write_bytes(SECRET)
    return Root(tmp_path / "inside", by_descriptor=request.param)


def names(root: Root, place: Place = ()) -> set[str]:
    with root.folder(place) as folder:
        return {entry.name for entry in folder.entries()}


def test_what_is_inside_is_read(root: Root) -> None:
    assert root.read(("deep", "file.txt")) == b"fine"
    assert names(root) == {"deep"}


@pytest.mark.parametrize(
    "place",
    [
        ("..", "outside", "file.txt"),
        ("deep", "..", "..", "outside", "file.txt"),
        ("deep/../../outside/file.txt",),
        ("deep", "../../outside/file.txt"),
        ("/etc/passwd",),
        ("", "etc", "passwd"),
        (".", "deep", "file.txt"),
        ("deep\0", "file.txt"),
        ("deep", ""),
    ],
)
def test_no_name_leads_out(root: Root, place: Place) -> None:
    with pytest.raises(OSError):
        root.read(place)


def test_links_are_neither_shown_nor_followed(root: Root) -> None:
    outside = root.path.parent / "outside"
    (root.path / "link.txt").symlink_to(outside / "file.txt")
    (root.path / "within.txt").symlink_to(root.path / "deep" / "file.txt")
    (root.path / "link").symlink_to(outside)
    (root.path / "chain").symlink_to(root.path / "link")
    assert names(root) == {"deep"}
    for place in (("link.txt",), ("within.txt",), ("link", "file.txt"), ("chain", "file.txt")):
        with pytest.raises(OSError):
            root.read(place)
    with pytest.raises(OSError):
        names(root, ("link",))


def test_hidden_names_are_neither_shown_nor_read(root: Root) -> None:
    (root.path / ".env").write_bytes(SECRET)
    (root.path / ".git").mkdir()
    (root.path / ".git" / "file.txt").write_bytes(SECRET)
    assert names(root) == {"deep"}
    for place in ((".env",), (".git", "file.txt")):
        with pytest.raises(OSError):
            root.read(place)


def test_a_folder_that_is_left_out_is_not_entered_under_any_name(root: Root) -> None:
    kept = Root(root.path, left_out=[root.path / "deep"], by_descriptor=root._by_descriptor)
    with pytest.raises(OSError):
        kept.read(("deep", "file.txt"))
    (root.path / "deep").rename(root.path / "renamed")
    (root.path / "deep").symlink_to(root.path / "renamed")
    with pytest.raises(OSError):
        kept.read(("renamed", "file.txt"))


def test_nothing_leads_through_a_folder_that_is_left_out(root: Root) -> None:
    (root.path / "deep" / "deeper").mkdir()
    (root.path / "deep" / "deeper" / "file.txt").write_bytes(SECRET)
    kept = Root(root.path, left_out=[root.path / "deep"], by_descriptor=root._by_descriptor)
    with pytest.raises(OSError):
        kept.read(("deep", "deeper", "file.txt"))


def test_what_is_no_plain_file_is_not_waited_for(root: Root) -> None:
    os.mkfifo(root.path / "pipe.txt")
    assert names(root) == {"deep"}
    with pytest.raises(OSError):
        root.read(("pipe.txt",))
    with pytest.raises(OSError):
        root.read(("deep",))


def test_a_file_is_read_up_to_a_limit(root: Root) -> None:
    (root.path / "just.txt").write_bytes(b"x" * LARGEST_BYTES)
    (root.path / "more.txt").write_bytes(b"x" * (LARGEST_BYTES + 1))
    assert len(root.read(("just.txt",))) == LARGEST_BYTES
    with pytest.raises(OSError):
        root.read(("more.txt",))


@pytest.fixture
def swapping(root: Root) -> Iterator[threading.Event]:
    """The folder `deep` is now itself and now a link to the outside, as fast as the system can."""
    deep, kept, link = root.path / "deep", root.path.parent / "kept", root.path.parent / "link"
    link.symlink_to(root.path.parent / "outside")
    stop, swapped = threading.Event(), threading.Event()

    def swap() -> None:
        while not stop.is_set():
            deep.rename(kept)
            link.rename(deep)
            deep.rename(link)
            kept.rename(deep)
            swapped.set()

    thread = threading.Thread(target=swap)
    thread.start()
    assert swapped.wait(10)
    yield swapped
    stop.set()
    thread.join()


def test_a_folder_that_becomes_a_link_between_look_and_opening_leads_nowhere(
    root: Root, swapping: threading.Event
) -> None:
    read: set[bytes] = set()
    for _ in range(1_500):
        try:
            read.add(root.read(("deep", "file.txt")))
        except OSError:
            continue
    assert SECRET not in read
    assert read == {b"fine"}


def test_no_descriptor_stays_open(root: Root) -> None:
    if not Path("/proc/self/fd").is_dir():
        pytest.skip("the system does not list descriptors")
    (root.path / "link").symlink_to(root.path.parent / "outside")
    before = len(os.listdir("/proc/self/fd"))
    for place in [("deep", "file.txt"), ("link", "file.txt"), ("..", "x"), ("gone",)] * 20:
        try:
            root.read(place)
        except OSError:
            continue
    assert len(os.listdir("/proc/self/fd")) == before
