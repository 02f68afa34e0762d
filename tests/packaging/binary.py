"""The program that PyInstaller makes of this checkout, and what lies in it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from PyInstaller.archive.readers import CArchiveReader  # type: ignore[import-untyped]

from tests.packaging.checkout import ROOT


def build(folder: Path) -> Path:
    """Build it below `folder`, and nowhere else; the answer is the program."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level=WARN"),
            *("--distpath", str(folder / "dist"), "--workpath", str(folder / "build"), "build.spec"),
        ],
        cwd=ROOT,
        env={**os.environ, "PYINSTALLER_CONFIG_DIR": str(folder / "cache")},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "dist" / "homeport"


@dataclass(frozen=True, slots=True)
class Contents:
    """`modules` are importable, `files` lie in its folder while it runs, and take `sizes` in bytes in the program."""

    modules: set[str]
    files: set[str]
    sizes: dict[str, int]

    def of_the_machine(self, program: Path) -> list[str]:
        """The files that name the folder it was built in."""
        archive = CArchiveReader(str(program))
        texts = (".json", ".txt", ".toml", "METADATA", "RECORD", "WHEEL", ".pth", ".html", ".md")
        return [name for name in self.files if name.endswith(texts) and str(ROOT).encode() in archive.extract(name)]


def contents(program: Path) -> Contents:
    archive = CArchiveReader(str(program))
    sizes = {name.replace("\\", "/"): entry[1] for name, entry in archive.toc.items()}
    return Contents(set(archive.open_embedded_archive("PYZ.pyz").toc), set(sizes), sizes)
