"""The checks that every file must pass: lint, format, types."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CODE = ("src", "tests", "widgets/hatch_build.py")


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(("ruff", "check", *CODE), id="ruff finds nothing"),
        pytest.param(("ruff", "format", "--check", *CODE), id="ruff would format nothing"),
        pytest.param(("mypy", "src", "tests"), id="mypy --strict finds nothing"),
    ],
)
def test_the_code_passes(check: tuple[str, ...]) -> None:
    done = subprocess.run([sys.executable, "-m", *check], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
