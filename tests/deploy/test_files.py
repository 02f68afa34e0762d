"""The files in deploy/ hold what their readers know, and agree with each other and with Homeport's settings."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from homeport.settings.model import table
from homeport.settings.sources import REFERENCE_NAMES, REFERENCE_SECRETS
from tests.deploy.dockerfile import Stage, read_stages, steps_of
from tests.deploy.image import _is_ignored

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
OTHER_NAMES = {"PATH", "HOME", "PYTHONDONTWRITEBYTECODE", "XDG_CACHE_HOME"}


@pytest.fixture
def stages() -> list[Stage]:
    return read_stages((DEPLOY / "Dockerfile").read_text(encoding="utf-8"))


def environment(stages: list[Stage], name: str = "") -> dict[str, str]:
    found: dict[str, str] = {}
    for step in steps_of(stages, name):
        if step.name == "ENV":
            found |= step.variables
    return found


def parsed(name: str) -> Any:
    text = (DEPLOY / name).read_text(encoding="utf-8")
    return tomllib.loads(text) if name.endswith(".toml") else yaml.safe_load(text)


def test_the_image_sets_only_what_homeport_knows(stages: list[Stage]) -> None:
    known = {row.environment for row in table().values()} | set(REFERENCE_NAMES)
    assert set(environment(stages)) <= known | OTHER_NAMES


def test_the_image_begins_small_and_is_built_apart_from_what_runs(stages: list[Stage]) -> None:
    assert [stage.name for stage in stages] == ["build", "run", "fly", ""]
    assert {stage.base for stage in stages} == {"python:3.13-slim", "run"}
    running = steps_of(stages, "")
    assert [step.options for step in running if step.name == "COPY"] == [{"from": "build"}]


def test_the_image_runs_as_a_user_without_rights_and_says_how_it_is(stages: list[Stage]) -> None:
    (user,) = (step for step in steps_of(stages, "") if step.name == "USER")
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user.rest)
    assert [step.words for step in steps_of(stages, "") if step.name == "CMD"] == [["homeport", "serve"]]
    (health,) = (step for step in steps_of(stages, "") if step.name == "HEALTHCHECK")
    assert "/health" in health.words[-1]


def test_for_root_volumes_it_becomes_that_user_before_homeport_starts(stages: list[Stage]) -> None:
    (command,) = (step.words for step in steps_of(stages, "fly") if step.name == "CMD")
    assert command[:2] == ["sh", "-c"]
    assert re.search(r"exec setpriv .*--reuid homeport .*--clear-groups .*homeport serve$", command[2])


def test_no_file_names_where_images_or_packages_come_from() -> None:
    for file in DEPLOY.iterdir():
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"https://(?!my-homeport\.fly\.dev)|\b(docker|ghcr|quay|pypi|npmjs)\.\w+|--index", text), (
            file.name
        )


def test_no_secret_is_in_a_layer(stages: list[Stage]) -> None:
    names = " ".join(environment(stages))
    assert not re.search("SECRET|PASSWORD|TOKEN", names)
    assert not set(REFERENCE_SECRETS) & set(environment(stages))
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    for path in (
        ".env",
        ".git",
        "deploy/homeport.env",
        "homeport.env",
        "data/secrets.json",
        "x/y.sqlite3-wal",
        "tests",
    ):
        assert _is_ignored(path, ignored), path
    for path in (
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "src/homeport/__init__.py",
        "widgets/hatch_build.py",
        "deploy",
    ):
        assert not _is_ignored(path, ignored), path


SERVICE = {
    "build",
    "cap_drop",
    "depends_on",
    "env_file",
    "environment",
    "healthcheck",
    "image",
    "ports",
    "read_only",
    "restart",
    "security_opt",
    "tmpfs",
    "volumes",
}


def test_compose_starts_homeport_read_only_beside_postgresql(stages: list[Stage]) -> None:
    compose = parsed("compose.yaml")
    assert set(compose) == {"services", "volumes"}
    assert set(compose["services"]) == {"homeport", "db"}
    for service in compose["services"].values():
        assert set(service) <= SERVICE
    homeport, db = compose["services"]["homeport"], compose["services"]["db"]
    assert homeport["build"] == {"context": "..", "dockerfile": "deploy/Dockerfile"}
    assert homeport["read_only"] is True
    assert homeport["cap_drop"] == ["ALL"]
    (user,) = (step.rest for step in steps_of(stages, "") if step.name == "USER")
    uid, gid = user.split(":")
    assert f"/data:uid={uid},gid={gid},mode=0700" in homeport["tmpfs"]
    assert homeport["ports"] == [f"127.0.0.1:3002:{environment(stages)['PORT']}"]
    assert homeport["depends_on"]["db"] == {"condition": "service_healthy"}
    assert set(homeport["environment"]) <= {row.environment for row in table().values()}
    url = homeport["environment"]["HOMEPORT_DATABASE_URL"]
    assert url.startswith(f"postgresql://{db['environment']['POSTGRES_USER']}:${{POSTGRES_PASSWORD")
    assert url.endswith(f"@db/{db['environment']['POSTGRES_DB']}")
    assert {volume.partition(":")[0] for volume in db["volumes"]} == set(compose["volumes"])
    assert set(db["healthcheck"]) == {"test", "interval", "timeout", "retries"}


def test_fly_keeps_the_data_folder_on_a_volume(stages: list[Stage]) -> None:
    fly = parsed("fly.toml")
    assert set(fly) == {"app", "build", "env", "http_service", "mounts"}
    assert (DEPLOY / fly["build"]["dockerfile"]).is_file()
    assert fly["build"]["build-target"] in {stage.name for stage in stages}
    assert fly["mounts"] == {"source": "homeport", "destination": environment(stages, "fly")["HOMEPORT_DATA_DIR"]}
    known = {row.environment for row in table().values()} | set(REFERENCE_NAMES)
    assert set(fly["env"]) <= known
    assert fly["env"]["HOMEPORT_PUBLIC_URL"] == f"https://{fly['app']}.fly.dev"
    service = fly["http_service"]
    assert set(service) == {
        *("internal_port", "force_https", "auto_stop_machines", "auto_start_machines"),
        *("min_machines_running", "checks"),
    }
    assert service["internal_port"] == int(fly["env"]["PORT"])
    (check,) = service["checks"]
    assert check == {"method": "GET", "path": "/health", "interval": "30s", "timeout": "5s", "grace_period": "20s"}
