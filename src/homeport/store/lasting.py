"""Whether a file will still be there when a container starts again. Reads Linux's list of mounts, and the marks that
programs leave in the containers they start."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

MOUNTS = Path("/proc/self/mountinfo")
OWN_FILES = "in the container's own files"
PASSING = {
    "overlay": OWN_FILES,
    "fuse.fuse-overlayfs": OWN_FILES,
    "aufs": OWN_FILES,
    "tmpfs": "in memory",
    "ramfs": "in memory",
}
"""File systems whose files end with the container, or with the power, and where such a file is, in words."""


MARKS = (".dockerenv", "run/.containerenv")
OF_IMAGES = frozenset({"docker", "oci", "podman"})
"""What `container` says in a container made from an image. Those of lxc and systemd-nspawn are systems that last."""


@dataclass(frozen=True, slots=True)
class _Mount:
    """A line of the list: `root` is the folder of the file system that is seen at `point`."""

    root: str
    point: PurePosixPath
    kind: str
    source: str

    @property
    def is_a_disk(self) -> bool:
        """Whether it is all of a disk. One is the root of a machine, though an image may have been copied to it; what a
        container gets for its root is a part of one (btrfs), or has a name of its own (zfs, 9p, a thin device)."""
        return self.root == "/" and self.source.startswith("/dev/") and "/docker-" not in self.source


def in_a_container(environ: Mapping[str, str], root: Path = Path("/")) -> bool:
    """Whether whoever started this said so: it was made from an image, and ends with its own files."""
    return environ.get("container", "") in OF_IMAGES or any((root / mark).exists() for mark in MARKS)


def why_passing(place: Path, mounts: Path = MOUNTS, *, container: bool = False) -> str:
    """Where a file at `place` would be that does not survive, in words; empty when it survives, as far as one can
    tell. In a `container` nothing survives that is in its root, whatever that is made of. Other systems than Linux know
    no such place."""
    try:
        text = mounts.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
    mount = _mount_of(PurePosixPath(place.resolve()), text)
    if mount is None:
        return ""
    if container and mount.point == PurePosixPath("/") and not mount.is_a_disk:
        return PASSING.get(mount.kind, OWN_FILES)
    return PASSING.get(mount.kind, "")


def _mount_of(place: PurePosixPath, mounts: str) -> _Mount | None:
    """What `place` is on: the mount deepest above it, the last one where several are."""
    found: _Mount | None = None
    for line in mounts.splitlines():
        # proc(5): ID parent major:minor ROOT POINT options [tags] - KIND SOURCE options
        before, separator, after = line.partition(" - ")
        fields, source = before.split(" "), after.split(" ")
        if not separator or len(fields) < 5:
            continue
        point = PurePosixPath(_plain(fields[4]))
        if place.is_relative_to(point) and (found is None or len(point.parts) >= len(found.point.parts)):
            found = _Mount(_plain(fields[3]), point, source[0], _plain(source[1]) if len(source) > 1 else "")
    return found


def _plain(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)
