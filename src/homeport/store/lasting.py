"""Whether a file will still be there when a container starts again. Reads Linux's list of mounts only."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

MOUNTS = Path("/proc/self/mountinfo")
PASSING = {
    "overlay": "in the container's own files",
    "aufs": "in the container's own files",
    "tmpfs": "in memory",
    "ramfs": "in memory",
}
"""File systems whose files end with the container, or with the power, and where such a file is, in words."""


def why_passing(place: Path, mounts: Path = MOUNTS) -> str:
    """Where a file at `place` would be that does not survive, in words; empty when it survives, as far as one can
    tell. Other systems than Linux know no such place."""
    try:
        text = mounts.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
    return PASSING.get(_file_system(PurePosixPath(place.resolve()), text), "")


def _file_system(place: PurePosixPath, mounts: str) -> str:
    """The kind of file system that `place` is on: the mount deepest above it, the last one where several are."""
    depth, kind = -1, ""
    for line in mounts.splitlines():
        # proc(5): ID parent major:minor root POINT options [tags] - KIND source options
        before, separator, after = line.partition(" - ")
        fields = before.split(" ")
        if not separator or len(fields) < 5:
            continue
        point = PurePosixPath(re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), fields[4]))
        if place.is_relative_to(point) and len(point.parts) >= depth:
            depth, kind = len(point.parts), after.split(" ", 1)[0]
    return kind
