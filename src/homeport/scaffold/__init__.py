"""The files of a new project, in the folder `project`, and how they become one. Installs and starts nothing.

`project` is an app as it would be written by hand. Only these words in it are replaced: __NAME__, __TITLE__,
__VERSION__, and __SOURCES__, which stands for where uv finds a Homeport that is in no package index.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from homeport.errors import ProjectError

LONGEST_NAME = 40
ALLOWED = (
    f"A name has up to {LONGEST_NAME} characters of a-z, 0-9 and -, begins with a letter and does not end with -, like "
    "recipes or my-recipes."
)

_NAME = re.compile(rf"(?=.{{1,{LONGEST_NAME}}}$)[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
# Under their own names, programs that work on this repository would obey them.
_NAMED = {"gitignore": ".gitignore", "dockerignore": ".dockerignore", "pyproject.template": "pyproject.toml"}


@dataclass(frozen=True, slots=True)
class Installed:
    """The Homeport that writes: its version, and the line for [tool.uv.sources] where it comes from no index."""

    version: str
    source: str = ""


def check_name(name: str, taken: bool) -> None:
    """Raises ProjectError. `taken`: an installed package has this name, so that uv would take one for the other."""
    if not _NAME.fullmatch(name):
        raise ProjectError(f"{name[:80]!r} is no name for a project.", hint=ALLOWED)
    if taken:
        raise ProjectError(
            f"{name!r} is the name of a package that Homeport is made of.", hint=f"Choose another one, like my-{name}."
        )


def write_project(folder: Path, name: str, installed: Installed) -> list[Path]:
    """Write the project `name` into `folder`, which is made; the answer is what was written, seen from the folder.

    Raises ProjectError where there is something already, or where nothing can be written.
    """
    words = {
        "__NAME__": name,
        "__TITLE__": name.replace("-", " ").capitalize(),
        "__VERSION__": installed.version,
        "__SOURCES__": f"\n[tool.uv.sources]\n{installed.source}\n" if installed.source else "",
    }
    try:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ProjectError(
                f"{folder} is there already, and not empty. Nothing was changed.",
                hint="Choose another name, or another folder to start from.",
            )
        written = []
        for path, source in _files(resources.files(__name__) / "project", Path()):
            text = source.read_text(encoding="utf-8")
            for word, meaning in words.items():
                text = text.replace(word, meaning)
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8", newline="\n")
            written.append(path)
    except OSError as error:
        raise ProjectError(f"{folder} cannot be written: {error.strerror or error}.") from None
    return written


def _files(folder: Traversable, path: Path) -> Iterator[tuple[Path, Traversable]]:
    for entry in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _files(entry, path / entry.name)
        elif entry.is_file():
            yield path / _NAMED.get(entry.name, entry.name), entry
