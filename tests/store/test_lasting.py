"""Which places end with a container, by the list of mounts that Linux gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.store.lasting import why_passing

IN_A_CONTAINER = """\
538 537 0:62 / / rw,relatime master:242 - overlay overlay rw,lowerdir=/l/A:/l/B,upperdir=/d,workdir=/w
539 538 0:65 / /proc rw,nosuid - proc proc rw
540 538 0:66 / /dev rw,nosuid - tmpfs tmpfs rw,size=65536k,mode=755
541 538 254:1 /var/lib/docker/volumes/homeport/_data /data rw,relatime - ext4 /dev/vda1 rw
542 541 0:70 / /data/memory rw,relatime - tmpfs tmpfs rw
543 538 254:1 /x /with\\040space rw,relatime shared:1 master:2 - xfs /dev/vda1 rw
544 538 0:71 / /twice rw - ext4 /dev/vdb rw
545 538 0:72 / /twice rw - tmpfs tmpfs rw
this is no line of the list
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    file = tmp_path / "mountinfo"
    file.write_text(IN_A_CONTAINER, encoding="utf-8")
    return file


@pytest.mark.parametrize("place", ["/data", "/data/homeport", "/with space/x", "/data/memoryless"])
def test_a_volume_lasts(mounts: Path, place: str) -> None:
    assert why_passing(Path(place), mounts) == ""


@pytest.mark.parametrize(
    ("place", "where"),
    [
        ("/", "in the container's own files"),
        ("/database", "in the container's own files"),
        ("/var/lib/homeport", "in the container's own files"),
        ("/data/memory/x", "in memory"),
        ("/dev/shm-not-mounted", "in memory"),
        ("/twice/x", "in memory"),
    ],
)
def test_everything_else_in_a_container_ends_with_it(mounts: Path, place: str, where: str) -> None:
    assert why_passing(Path(place), mounts) == where


def test_where_there_is_no_such_list_nothing_is_said(tmp_path: Path) -> None:
    assert why_passing(tmp_path, tmp_path / "none") == ""
