"""The image, built once for all tests that run it, and what they need beside it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deploy.image import ROOT, Image, build_image
from tests.postgres_server import PostgresServer, running_postgres


@pytest.fixture(scope="session")
def image_folder() -> Iterator[Path]:
    """Not pytest's: its parents are closed to other users."""
    made = Path(tempfile.mkdtemp(prefix="homeport-image-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def image(image_folder: Path) -> Image:
    return build_image(image_folder, ROOT / "deploy" / "Dockerfile")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    with running_postgres() as server:
        yield server


@pytest.fixture
def space(image_folder: Path, request: pytest.FixtureRequest) -> Path:
    """A folder for one test's replicas."""
    made: Path = image_folder / request.node.name[:40]
    made.mkdir(mode=0o755)
    return made
