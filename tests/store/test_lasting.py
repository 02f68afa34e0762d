"""Which places end with a container, by the list of mounts that Linux gives."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.store.lasting import in_a_container, why_passing

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


OF_ITS_OWN = "in the container's own files"
ROOTS = {
    "fuse-overlayfs": "1 0 0:51 / / rw - fuse.fuse-overlayfs fuse-overlayfs rw",
    "btrfs": "1 0 0:33 /@/var/lib/docker/btrfs/subvolumes/5f1e / rw - btrfs /dev/sda2 rw",
    "zfs": "1 0 0:42 / / rw - zfs rpool/docker/5f1e rw",
    "9p": "1 0 0:21 / / rw - 9p none rw,trans=fd",
    "thin device": "1 0 253:7 / / rw - xfs /dev/mapper/docker-8:1-77-5f1e rw",
    "folder": "1 0 8:1 /var/lib/docker/vfs/dir/5f1e / rw - ext4 /dev/sda1 rw",
}


@pytest.mark.parametrize("root", ROOTS.values(), ids=ROOTS)
def test_the_root_of_a_container_ends_with_it_whatever_it_is_made_of(root: str, tmp_path: Path) -> None:
    file = tmp_path / "mountinfo"
    file.write_text(f"{root}\n2 1 8:1 / /data rw - ext4 /dev/sda1 rw\n", encoding="utf-8")
    assert why_passing(Path("/database"), file, container=True) == OF_ITS_OWN
    assert why_passing(Path("/data/database"), file, container=True) == ""
    known = OF_ITS_OWN if "fuse-overlayfs" in root else ""
    assert why_passing(Path("/database"), file) == known, "the same file system is a computer's own root"


def test_a_machine_with_a_disk_of_its_own_lasts_though_an_image_was_copied_to_it(tmp_path: Path) -> None:
    file = tmp_path / "mountinfo"
    file.write_text("1 0 254:0 / / rw - ext4 /dev/vda rw\n", encoding="utf-8")
    assert why_passing(Path("/database"), file, container=True) == ""


def test_a_container_is_known_by_what_its_program_left_in_it(tmp_path: Path) -> None:
    assert not in_a_container({}, tmp_path)
    assert [in_a_container({"container": name}, tmp_path) for name in ("podman", "oci", "lxc", "systemd-nspawn")] == [
        True, True, False, False,
    ]  # fmt: skip
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / ".containerenv").touch()
    assert in_a_container({}, tmp_path)
    (tmp_path / "run" / ".containerenv").rename(tmp_path / ".dockerenv")
    assert in_a_container({}, tmp_path)
