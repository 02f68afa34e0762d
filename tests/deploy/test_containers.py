"""What the files in deploy/ promise about one container, performed: a user without rights, a root that is read-only."""

from __future__ import annotations

import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from tests.deploy.containers import OnFly, ReadOnly, status_of, why_not
from tests.deploy.dockerfile import read_stages
from tests.deploy.image import ROOT, Image
from tests.deploy.replicas import HOST, Replica, write_env_file
from tests.postgres_server import PostgresServer
from tests.whole.strict_client import StrictClient

DEPLOY = ROOT / "deploy"
NO_RIGHTS = "0000000000000000"

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())


@asynccontextmanager
async def running(one: Replica) -> AsyncIterator[int]:
    """Until the end of the block; its process."""
    try:
        await one.start()
        assert one.child is not None
        yield one.child.pid
        assert "Traceback" not in one.child.output
    except BaseException as error:
        error.add_note(f"{one.folder.name} said:\n{one.child.output if one.child else 'nothing'}")
        raise
    finally:
        await one.stop()


async def is_of_use(one: Replica) -> bool:
    """Somebody signs in, and what is written is read again."""
    person = StrictClient(f"https://{HOST}", 1)
    async with one.client() as http:
        await person.register(http)
        await person.sign_in(http, one.approve)
        await person.add_item(http, "kept")
        return await person.titles(http, "kept") == {"kept"}


def test_the_images_user_may_write_its_data_folder_and_nothing_that_runs(image: Image) -> None:
    tries = "import os, sys; sys.exit(os.access(sys.argv[1], os.W_OK))"
    python = f"{image.inside('/opt/homeport')}/bin/python"

    def may_write(path: str) -> bool:
        command = [python, "-c", tries, path]
        environment = image.environment_with()
        done = subprocess.run(command, env=environment, check=False, user=image.uid, group=image.uid, extra_groups=[])
        assert done.returncode in (0, 1)
        return done.returncode == 1

    assert may_write(image.inside("/data"))
    for path in ("/opt/homeport", "/opt/homeport/bin/homeport", "/opt"):
        assert not may_write(image.inside(path)), path


async def test_on_a_read_only_root_it_works_with_what_compose_gives_it_and_has_no_rights(
    image: Image, space: Path, postgres: PostgresServer
) -> None:
    compose: Any = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]["homeport"]
    tmpfs = dict(each.partition(":")[::2] for each in compose["tmpfs"])
    assert set(tmpfs) == {"/tmp", "/data"}
    settings = (f"SERVER_BASE_URL=https://{HOST}", f"HOMEPORT_DATABASE_URL={postgres.create_database()}")
    given = write_env_file(image, space / "homeport.env", *settings)
    one = ReadOnly(image, space / "data", given, tmpfs=tmpfs["/data"])
    async with running(one) as pid:
        for path in (Path("/"), image.files.parent):
            assert one.is_read_only(path), path
        assert not one.is_read_only(one.folder)
        assert await is_of_use(one)
        await one.run(image.health[0], *image.health[1:])
        status = status_of(pid)
        assert status["Uid"] == status["Gid"] == " ".join([str(image.uid)] * 4)
        assert [status[name] for name in ("Groups", "NoNewPrivs")] == ["", "1"]
        assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {NO_RIGHTS}
        # All that lasts is in the database and in the env file.
        assert not Path(f"/proc/{pid}/root{one.folder}/secrets.json").exists()


async def test_on_fly_it_makes_roots_volume_its_own_and_then_is_no_more_than_that_user(
    image: Image, space: Path
) -> None:
    stages = read_stages((DEPLOY / "Dockerfile").read_text(encoding="utf-8"))
    # What the image has of the last stage, it has of this one: they part only in these.
    parted = {stage.name: [step.name for step in stage.steps] for stage in stages if stage.base == "run"}
    assert parted == {"fly": ["CMD"], "": ["USER", "CMD"]}
    # A volume lasts; a folder of this test may not, and is not to.
    given = {"SERVER_BASE_URL": f"https://{HOST}", "HOMEPORT_EPHEMERAL": "true"}
    one = OnFly(image, space / "volume", given, stages=stages)
    assert int(one.name) == image.uid
    async with running(one) as pid:
        status = status_of(pid)
        assert status["Uid"] == status["Gid"] == " ".join([one.name] * 4)
        assert [status[name] for name in ("Groups", "NoNewPrivs", "CapEff")] == ["", "1", NO_RIGHTS]
        assert await is_of_use(one)
        kept = [one.folder, *one.folder.rglob("*")]
        assert {os.lstat(path).st_uid for path in kept} == {image.uid}
        assert one.folder / "homeport.sqlite3" in kept
