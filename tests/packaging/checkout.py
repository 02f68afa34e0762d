"""A checkout of its own, as a fresh clone gives it, and the commands that one types there."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OUTER = ("VIRTUAL_ENV", "UV_PROJECT_ENVIRONMENT", "PYTHONPATH", "PYTHONHOME", "TESTS_READY")


class Checkout:
    """A copy of what git knows or would add, in `folder`. Its commands find no program on PATH, so no Node either."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)

    def uv(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run uv here to its end."""
        return run([find_uv(), *arguments], cwd=self.folder, path=self.folder / "no-programs-here")

    def python(self, code: str) -> str:
        """What `uv run python -c CODE` prints; that builds the bundles first when they are not fresh."""
        return said(self.uv("run", "--python", sys.executable, "python", "-c", code)).strip()


def find_uv() -> str:
    """uv itself: what is first on PATH may be the shim of a version manager, which needs a shell."""
    beside_python = Path(sys.base_prefix, "Scripts" if os.name == "nt" else "bin")
    found = os.environ.get("UV") or shutil.which("uv", path=beside_python) or shutil.which("uv")
    assert found, "uv is missing"
    return found


def run(command: list[str], *, cwd: Path, path: Path) -> subprocess.CompletedProcess[str]:
    """Run a command with `path` as the whole PATH and nothing of the environment that the tests run in."""
    environment = {name: value for name, value in os.environ.items() if name not in OUTER}
    environment["PATH"] = str(path)
    return subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL
    )


def said(done: subprocess.CompletedProcess[str]) -> str:
    """The output of a command that has to have succeeded."""
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
