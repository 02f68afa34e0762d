"""A replica as compose.yaml runs it, on a root that is read-only, and one as Fly does, that begins as root."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.deploy.dockerfile import Stage, steps_of
from tests.deploy.replicas import Replica

# As Docker does for `--read-only`, `--tmpfs /tmp`, and one more at the data folder. What the image is made of may lie
# in /tmp, and must be seen there.
READ_ONLY = """
image=$1 data=$2 options=$3
shift 3
mount --bind "$image" /mnt
mount -t tmpfs tmpfs /tmp
mkdir -p "$image"
mount --move /mnt "$image"
mount -t tmpfs -o "$options" tmpfs "$data"
mount -o remount,bind,ro "$image"
mount -o remount,bind,ro /
cd "$data"
exec "$@"
"""


def why_not() -> str:
    """Why this system cannot run a container's user and mounts; empty: it can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "only root may become another user, as a container's first process does"
    if missing := [program for program in ("unshare", "nsenter", "setpriv") if shutil.which(program) is None]:
        return f"this system has no {' and no '.join(missing)}"
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode:
        return "this system lets nobody have mounts of their own"
    return ""


@dataclass
class ReadOnly(Replica):
    """`tmpfs` are the options of the one at the data folder; nothing else but /tmp can be written."""

    tmpfs: str = ""

    @property
    def user(self) -> int | None:
        return None  # it takes root to mount, and `setpriv` ends that

    def prepare(self) -> None:
        self.folder.mkdir()

    def begun(self) -> list[str]:
        image = str(self.image.files.parent)
        mounted = ["unshare", "--mount", "sh", "-ec", READ_ONLY, "sh", image, str(self.folder), self.tmpfs]
        return [*mounted, *self._without_rights(), *super().begun()]

    def inside(self, command: list[str]) -> list[str]:
        assert self.child is not None
        return ["nsenter", "--target", str(self.child.pid), "--mount", *self._without_rights(), *command]

    def _without_rights(self) -> list[str]:
        """What `user`, `cap_drop` and `no-new-privileges` mean."""
        user = str(self.image.uid)
        return [
            *("setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--no-new-privs"),
            *("--inh-caps=-all", "--bounding-set=-all"),
        ]

    def is_read_only(self, path: Path) -> bool:
        """Whether what is mounted there, and not only the user's rights, forbids to write."""
        assert self.child is not None
        lines = Path(f"/proc/{self.child.pid}/mountinfo").read_text().splitlines()
        last = [line.split() for line in lines if line.split()[4] == str(path)][-1]
        return "ro" in last[5].split(",")


@dataclass
class OnFly(Replica):
    """The stage `fly` of `stages`: its command makes the volume the user's, and becomes that user."""

    stages: list[Stage] = field(default_factory=list)

    @property
    def user(self) -> int | None:
        return None

    @property
    def name(self) -> str:
        """The account's number. The account itself is not made: it is known by its number only."""
        made = [step.rest for step in steps_of(self.stages, "run") if "useradd" in step.rest]
        found = re.search(r"useradd --uid (\d+) [^&]*\bhomeport\s", made[0])
        assert found is not None
        return found[1]

    def prepare(self) -> None:
        """A volume as Fly makes it: empty, and root's."""
        self.folder.mkdir(mode=0o755)

    def begun(self) -> list[str]:
        (command,) = (step.words for step in steps_of(self.stages, "fly") if step.name == "CMD")
        script = re.sub(r"\bhomeport:(?= )", f"{self.name}:{self.name}", command[-1])
        script = re.sub(r"(--re[ug]id) homeport\b", rf"\1 {self.name}", script)
        return [*command[:-1], re.sub(r"(?<= )/data\b", str(self.folder), script)]

    def inside(self, command: list[str]) -> list[str]:
        return ["setpriv", "--reuid", self.name, "--regid", self.name, "--clear-groups", *command]


def status_of(pid: int) -> dict[str, str]:
    """What the kernel says of a process, as /proc/PID/status has it."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: " ".join(value.split()) for name, _, value in (line.partition(":") for line in lines)}
