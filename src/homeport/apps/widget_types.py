"""The type check of an app's widgets, in a process of its own beside the build, and the files that it and editors read.

It delays no page and changes none.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
from asyncio.subprocess import DEVNULL, PIPE, STDOUT
from pathlib import Path

from homeport.apps.widget_files import BUILT, FOLDER, GENERATED
from homeport.apps.widget_problems import BuildProblem
from homeport.apps.widget_toolchain import Toolchain, node_environment
from homeport.errors import ToolchainError

OWN_SETTINGS = "tsconfig.json"
IGNORED = "# Written by Homeport, for the type check and your editor, whenever it builds widgets.\n*\n"

ONLY_CHECK = (
    *("--noEmit", "--composite", "false", "--incremental", "false"),
    *("--tsBuildInfoFile", "null", "--generateTrace", "null"),
)
"""Whatever the author's tsconfig.json says: with its words tsc writes files, and to any place."""

CHECK_SECONDS = 120.0
"""A check that takes longer is given up."""

_FOUND = re.compile(r"(?P<file>.+?)\((?P<line>\d+),(?P<column>\d+)\): error TS\d+: (?P<message>.*)")
_NOWHERE = re.compile(r"error TS\d+: (?P<message>.*)")


def write_type_files(app: Path, toolchain: Toolchain, types: str | None) -> None:
    """Write widgets/.homeport of the app in the folder `app`: tools.d.ts (None: it stays as it is), tsconfig.json, and
    a .gitignore for both, since one names paths of this computer and the other follows from app.py.

    A tsconfig.json of the author's in widgets/ needs no more than `{"extends": "./.homeport/tsconfig.json"}`.
    """
    folder = app / FOLDER / GENERATED
    if folder.is_symlink():
        raise ToolchainError(f"{folder} is a link, and Homeport writes there.", hint="Delete it.")
    folder.mkdir(exist_ok=True)
    _write(folder / ".gitignore", IGNORED)
    _write(folder / "tsconfig.json", json.dumps(_settings(toolchain), indent=2) + "\n")
    if types is not None:
        _write(folder / "tools.d.ts", types)


def _settings(toolchain: Toolchain) -> dict[str, object]:
    preact = toolchain.packages / "preact"
    compat = preact / "compat"
    return {
        "compilerOptions": {
            "target": "es2022",
            "module": "esnext",
            "moduleResolution": "bundler",
            "lib": ["es2022", "dom", "dom.iterable"],
            "types": [],
            "jsx": "react-jsx",
            "jsxImportSource": "preact",
            "strict": True,
            "isolatedModules": True,
            "resolveJsonModule": True,
            "skipLibCheck": True,
            "noEmit": True,
            "paths": {
                "homeport": [str(toolchain.kit / "index.ts")],
                "homeport/tools": [str(toolchain.kit / "tools.ts")],
                "preact": [str(preact / "src" / "index.d.ts")],
                "preact/*": [str(preact / "*")],
                "react": [str(compat / "src" / "index.d.ts")],
                "react/*": [str(preact / "*")],
                "react-dom": [str(compat / "src" / "index.d.ts")],
                "react-dom/client": [str(compat / "client.d.ts")],
            },
        },
        # The types of imported styles and pictures.
        "files": [str(toolchain.packages / "vite" / "client.d.ts")],
        "include": ["../**/*.ts", "../**/*.tsx", "tools.d.ts"],
        "exclude": ["../node_modules", f"../{BUILT}"],
    }


async def check_types(app: Path, toolchain: Toolchain) -> list[BuildProblem]:
    """What is wrong with the types of all files in widgets/. Cancelling it ends its process.

    Raises ToolchainError when the check itself cannot run.
    """
    folder = app / FOLDER
    own = folder / OWN_SETTINGS
    settings = own if own.is_file() else folder / GENERATED / "tsconfig.json"
    try:
        process = await asyncio.create_subprocess_exec(
            *(str(toolchain.node), str(toolchain.type_checker), "-p", str(settings), "--pretty", "false", *ONLY_CHECK),
            cwd=folder,
            env=node_environment(os.environ),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
        )
    except OSError as error:
        raise ToolchainError(f"Types cannot be checked: {error.strerror or error}.") from error
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            said, _ = await process.communicate()
    except TimeoutError:
        raise ToolchainError(f"Checking the types took over {CHECK_SECONDS:g} seconds.") from None
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
    return read_problems(said.decode("utf-8", "replace"), app)


def read_problems(said: str, app: Path) -> list[BuildProblem]:
    """The problems that tsc printed, those in the author's own files: the kit is checked elsewhere."""
    found: list[BuildProblem] = []
    for line in said.splitlines():
        if match := _FOUND.match(line):
            file = (app / FOLDER / match["file"]).resolve()
            if file.is_relative_to((app / FOLDER).resolve()):
                name = file.relative_to(app.resolve()).as_posix()
                found.append(BuildProblem(name, int(match["line"]), int(match["column"]), match["message"], "types"))
        elif match := _NOWHERE.match(line):
            found.append(BuildProblem(f"{FOLDER}/{OWN_SETTINGS}", 0, 0, match["message"], "types"))
    return found


def _write(path: Path, text: str) -> None:
    """Only what differs, so that nobody who watches the file is woken for nothing."""
    with contextlib.suppress(OSError):
        if path.read_text(encoding="utf-8") == text:
            return
    if path.is_symlink():
        raise ToolchainError(f"{path} is a link, and Homeport writes there.", hint="Delete it.")
    path.write_text(text, encoding="utf-8")
