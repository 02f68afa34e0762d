"""`uv run python -m tests [--no-skips] [--no-install] [pytest's options]`: sets up what the tests need, runs pytest.

Starts on a bare interpreter, so it and what it imports at the top use the standard library only. It starts itself again
under `uv run` with the packages of the tests.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests import machine

ROOT = Path(__file__).resolve().parents[1]
READY = "TESTS_READY"
GROUPS = ("--group", "test")


def main(arguments: list[str]) -> int:
    """Run the tests with these arguments; the answer is pytest's exit code, or 2 when they cannot be run."""
    if os.environ.get(READY) != "1":
        return start_again(arguments)
    may_install = "--no-install" not in arguments
    if missing := machine.prepare(may_install=may_install):
        print(missing, flush=True)

    from tests.npm import ToolchainError, install

    try:
        for package in sorted((ROOT / "tests").glob("*/package.json")):
            install(package.parent)
    except ToolchainError as error:
        print(error, file=sys.stderr)
        return 2
    passed_on = [argument for argument in arguments if argument != "--no-install"]
    return subprocess.call([sys.executable, "-m", "pytest", *passed_on], cwd=ROOT)


def start_again(arguments: list[str]) -> int:
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        print("uv is missing. Install it with: pip install uv", file=sys.stderr)
        return 2
    environment = {**os.environ, READY: "1"}
    command = [uv, "run", *GROUPS, "python", "-m", "tests", *arguments]
    return subprocess.call(command, cwd=ROOT, env=environment)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
