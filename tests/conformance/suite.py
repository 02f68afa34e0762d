"""Runs the official conformance suite against a URL and reads what it wrote down. Judges nothing itself."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.judges.node import PACKAGES, node_program, program_of

PACKAGE = "@modelcontextprotocol/conformance"
SECONDS = 110
ON_EVERY_SCENARIO = "wire-schema-valid"

_FOLDER = re.compile(r"server-(.+)-\d{4}-\d\d-\d\dT[\d-]+Z")
_SUMMARY = re.compile(r"^[✓✗] (\S+): (\d+) passed, (\d+) failed", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the suite found in one scenario: its checks by status, as (id, message)."""

    passed: tuple[str, ...]
    failed: tuple[tuple[str, str], ...]
    warned: tuple[tuple[str, str], ...]

    @property
    def good(self) -> bool:
        """Something of its own was checked, and nothing was wrong or doubtful."""
        return any(check != ON_EVERY_SCENARIO for check in self.passed) and not self.failed and not self.warned


@dataclass(frozen=True, slots=True)
class Run:
    """One run of the suite: its exit code, all it said, and its verdicts by scenario."""

    exit_code: int
    output: str
    verdicts: dict[str, Verdict]

    def good(self) -> set[str]:
        return {name for name, verdict in self.verdicts.items() if verdict.good}


def required(revision: str) -> set[str]:
    """The server scenarios that this revision of the specification requires, as the suite's own file lists them."""
    lines = (PACKAGES / PACKAGE / "requirements" / f"{revision}.yaml").read_text(encoding="utf-8").splitlines()
    names = set()
    for line in lines[lines.index("server:") + 1 :]:
        if line and not line.startswith(" "):
            break
        if line.startswith("  - "):
            names.add(line.removeprefix("  - ").strip())
    return names


async def run_requirements(url: str, revision: str, folder: Path) -> Run:
    """All scenarios of a revision, required or not."""
    return await _run(url, folder, "--requirements", revision)


async def run_scenario(url: str, scenario: str, folder: Path) -> Run:
    return await _run(url, folder, "--scenario", scenario)


async def _run(url: str, folder: Path, *options: str) -> Run:
    results = folder / "results"
    script = program_of(PACKAGE, "conformance")
    arguments = ("server", "--url", url, *options, "--output-dir", str(results))
    async with node_program(script, *arguments, folder=folder) as judge:
        exit_code = await judge.ends(seconds=SECONDS)
        output = judge.output
    verdicts = {}
    for path in results.rglob("checks.json"):
        named = _FOLDER.fullmatch(path.parent.name)
        assert named is not None, path
        verdicts[named[1]] = _verdict(json.loads(path.read_text(encoding="utf-8")))
    return Run(exit_code, output, verdicts)


def said(run: Run) -> dict[str, bool]:
    """Scenario to whether the suite's own summary counts it as passed."""
    return {name: failed == "0" for name, _, failed in _SUMMARY.findall(run.output)}


def _verdict(checks: list[dict[str, Any]]) -> Verdict:
    def of(status: str) -> tuple[tuple[str, str], ...]:
        return tuple((c["id"], c.get("errorMessage") or "") for c in checks if c["status"] == status)

    return Verdict(tuple(name for name, _ in of("SUCCESS")), of("FAILURE"), of("WARNING"))
