"""docs/security.md names, for every rule, tests that exist: a renamed or deleted test must not leave a rule alone."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

TESTS = Path(__file__).resolve().parent
PAGE = TESTS.parent / "docs" / "security.md"
NAMED = re.compile(r"`([a-z_/]+\.py)::(\w+)`")


def rules() -> dict[str, list[tuple[str, str]]]:
    """Each rule of the page with the tests it names."""
    rows = [line.strip("|").split("|") for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    return {cells[0].strip(): NAMED.findall(cells[1]) for cells in rows if cells[0].strip() != "rule"}


@cache
def defined_in(file: str) -> frozenset[str]:
    """What a file of tests defines at its top: functions, classes, and names given to classes made elsewhere."""
    if not (TESTS / file).is_file():
        return frozenset()
    found: set[str] = set()
    for node in ast.parse((TESTS / file).read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return frozenset(found)


def test_every_rule_names_a_test() -> None:
    assert len(rules()) > 60
    assert [rule for rule, named in rules().items() if not named] == []


def test_every_named_test_exists() -> None:
    named = {one for tests in rules().values() for one in tests}
    assert [f"{file}::{test}" for file, test in sorted(named) if test not in defined_in(file)] == []


def test_the_page_has_no_reference_in_another_form() -> None:
    page = PAGE.read_text("utf-8")
    assert page.count(".py::") == len(NAMED.findall(page))
