"""What `homeport new` writes works without an edit: its tests, types and widget, and the server of its Dockerfile."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from packaging.requirements import Requirement
from playwright.async_api import expect

from homeport.control.preview.simulations import Simulations
from homeport.errors import ProjectError
from homeport.scaffold import Installed, check_name, write_project
from homeport.settings.model import table
from homeport.settings.sources import REFERENCE_NAMES
from tests.browser.chromium import chromium_window, complaints_of, needs_chromium
from tests.scaffold.projects import ROOT, caches, environment, new_project, run_in


@pytest.fixture
def recipes(tmp_path: Path) -> Path:
    return new_project(tmp_path / "recipes")


@pytest.fixture
def cache(tmp_path: Path, pytestconfig: pytest.Config) -> Path:
    return caches(tmp_path, pytestconfig)


def test_it_is_made_of_these_files(recipes: Path) -> None:
    assert sorted(path.relative_to(recipes).as_posix() for path in recipes.rglob("*") if path.is_file()) == [
        ".dockerignore",
        ".gitignore",
        "Dockerfile",
        "README.md",
        "app.py",
        "fly.toml",
        "homeport.toml",
        "previews/two-recipes.json",
        "pyproject.toml",
        "tests/test_app.py",
        "widgets/recipe-list.css",
        "widgets/recipe-list.tsx",
    ]
    assert not [
        path for path in recipes.rglob("*") if path.is_file() and re.search("__[A-Z]+__", path.read_text("utf-8"))
    ]


@needs_chromium
def test_its_tests_pass(recipes: Path, cache: Path) -> None:
    done = run_in(recipes, cache, "pytest", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed" in done.stdout


@pytest.mark.parametrize(
    "check",
    [
        ("mypy", "--strict"),
        ("mypy", "--strict", "."),
        ("ruff", "check", "--isolated", "--no-cache"),
        ("ruff", "format", "--check", "--isolated", "--no-cache", "--line-length=120"),
    ],
    ids=" ".join,
)
def test_its_code_passes(recipes: Path, cache: Path, check: tuple[str, ...]) -> None:
    done = run_in(recipes, cache, *check)
    assert done.returncode == 0, done.stdout + done.stderr


def test_its_widget_is_built_and_its_types_are_right(recipes: Path, cache: Path) -> None:
    done = run_in(recipes, cache, "homeport", "build", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert [page["widget"] for page in report["pages"]] == ["recipe-list"]
    assert report["problems"] == []


def test_its_simulations_are_read_by_the_preview(recipes: Path) -> None:
    simulations = Simulations(recipes / "previews")
    assert [simulations.load(name).tool for name in simulations.names()] == ["find_recipes"]


def test_started_in_its_folder_homeport_serves_it(recipes: Path, cache: Path) -> None:
    with running(recipes, environment(cache), "--port", "0"):
        status = run_in(recipes, cache, "homeport", "status", "--json")
    (app,) = json.loads(status.stdout)["apps"]
    assert app["name"] == "Recipes"


@needs_chromium
async def test_the_preview_shows_it(recipes: Path, cache: Path) -> None:
    with running(recipes, environment(cache), "--port", "0"):
        printed = run_in(recipes, cache, "homeport", "preview", "--print", "--simulation", "two-recipes")
        async with chromium_window() as window:
            page = await window.new_page()
            complaints = complaints_of(page)
            await page.goto(printed.stdout.strip())
            widget = page.frame_locator("iframe").frame_locator("iframe")
            await expect(widget.get_by_text("Onion soup")).to_be_visible(timeout=60_000)
            await widget.get_by_role("button", name="3 stars").last.click()
            await expect(widget.get_by_role("button", name="3 stars").last).to_have_attribute("aria-pressed", "true")
    assert complaints == []


def test_the_server_of_its_dockerfile_answers_where_fly_asks(recipes: Path, cache: Path) -> None:
    assert run_in(recipes, cache, "homeport", "build").returncode == 0
    image = dockerfile_environment(recipes)
    fly = tomllib.loads((recipes / "fly.toml").read_text(encoding="utf-8"))
    known = {row.environment for row in table().values()} | set(REFERENCE_NAMES) | {"PATH", "HOME"}
    assert {*image, *fly["env"]} <= known
    (check,) = fly["http_service"]["checks"]
    assert int(fly["env"]["PORT"]) == fly["http_service"]["internal_port"] == int(image["PORT"])
    assert fly["mounts"]["destination"] == image["HOMEPORT_DATA_DIR"]
    assert image["HOMEPORT_HOST"] == "0.0.0.0"
    # Here: on a free port and this computer's own address, with a folder for data that a test may write.
    here = {"PORT": "0", "HOMEPORT_HOST": "127.0.0.1", "HOMEPORT_DATA_DIR": str(cache.parent / "data")}
    here["HOMEPORT_EPHEMERAL"] = "true"
    settings = {name: value for name, value in (image | fly["env"]).items() if name not in ("PATH", "HOME")}
    with running(recipes, environment(cache) | settings | here, "serve"):
        status = json.loads(run_in(recipes, cache, "homeport", "status", "--json").stdout)
        with urlopen(f"{status['local_url'].removesuffix('/mcp')}{check['path']}", timeout=10) as answer:
            assert (answer.status, answer.read()) == (200, b'{"status":"ok"}')
    assert status["public_url"] == "https://recipes.fly.dev"
    assert [app["problem"] for app in status["apps"]] == [""]


def test_what_its_dockerfile_installs_is_what_its_project_names(recipes: Path) -> None:
    project = tomllib.loads((recipes / "pyproject.toml").read_text(encoding="utf-8"))
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    groups = project["dependency-groups"]
    asked = [line for group in groups.values() for line in group if isinstance(line, str)]
    extras = {extra for line in asked for extra in Requirement(line).extras}
    assert extras == {"widgets", "testing"}
    assert extras <= set(ours["optional-dependencies"])
    assert project["project"]["requires-python"] == ours["requires-python"]
    dockerfile = (recipes / "Dockerfile").read_text(encoding="utf-8")
    assert set(re.findall(r"--only-group (\w+)", dockerfile)) <= set(groups)
    assert shlex.split(re.findall(r"^CMD (.*)$", dockerfile, re.MULTILINE)[-1])[-1].endswith("homeport serve]")


@pytest.mark.parametrize("name", ["", "Recipes", "my recipes", "my_recipes", "1st", "-x", "x-", "a--b", "a" * 41, "é"])
def test_a_bad_name_is_refused_with_what_is_allowed(name: str) -> None:
    with pytest.raises(ProjectError, match="up to 40 characters of a-z, 0-9 and -"):
        check_name(name, taken=False)


@pytest.mark.parametrize("name", ["x", "recipes", "my-recipes", "r2-d2", "a" * 40])
def test_a_good_name_is_taken(name: str) -> None:
    check_name(name, taken=False)


def test_the_name_of_a_library_would_confuse_uv() -> None:
    with pytest.raises(ProjectError, match="like my-click"):
        check_name("click", taken=True)


def test_a_folder_with_something_in_it_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(ProjectError, match=r"not empty\. Nothing was changed"):
        write_project(tmp_path, "recipes", Installed("0.1.0"))
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]
    with pytest.raises(ProjectError, match="not empty"):
        write_project(tmp_path / "notes.txt", "recipes", Installed("0.1.0"))


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    assert Path("app.py") in write_project(tmp_path, "my-shop", Installed("0.1.0"))
    assert 'App("My shop"' in (tmp_path / "app.py").read_text(encoding="utf-8")


def dockerfile_environment(project: Path) -> dict[str, str]:
    """The variables that the last ENV of the Dockerfile sets."""
    text = (project / "Dockerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    (line,) = re.findall(r"^ENV (.*)$", text, re.MULTILINE)
    return dict(part.split("=", 1) for part in shlex.split(line))


@contextmanager
def running(project: Path, environ: dict[str, str], *options: str) -> Iterator[None]:
    """`homeport …` in the project's folder; it is up when this begins, and gone when this ends."""
    command = [sys.executable, "-W", "error", "-m", "homeport", *options]
    with subprocess.Popen(
        command,
        cwd=project,
        env=environ | {"HOMEPORT_CONTROL_PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            said = ""
            for line in process.stdout:
                said += line
                if re.search(r"Homeport runs|Connector URL|Local URL", line):
                    break
            else:
                raise AssertionError(said)
            yield
        finally:
            process.kill()
