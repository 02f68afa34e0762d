"""`homeport serve` does not begin where everybody would be forgotten, and says what to do. Fresh secrets."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from homeport.clock import system_clock, system_randomness
from homeport.engine.backend import KEYS_NAME
from homeport.engine.lasting import require_lasting
from homeport.engine.server_secrets import NEEDED, write_fresh_secrets
from homeport.errors import SettingsError
from homeport.keys.columns import NAME as COLUMN_KEY
from homeport.keys.signing import SigningKeys
from homeport.settings import LoadedSettings, load_settings
from homeport.vault import open_vault
from tests.child import child_process
from tests.program import Homeport

POSTGRES = "postgresql://homeport@db/homeport"


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    """A container whose only volume is at `volume`."""
    file = tmp_path / "mountinfo"
    volume = tmp_path / "volume"
    file.write_text(f"1 0 0:1 / / rw - overlay overlay rw\n2 1 8:1 / {volume} rw - ext4 /dev/sda1 rw\n")
    return file


def loaded(data_dir: Path, *, serve: bool = True, **options: str) -> LoadedSettings:
    given = {"data_dir": str(data_dir), **options}
    return load_settings(options=given, environ={}, cwd=data_dir.parent, serve=serve)


def secrets_in(file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in file.read_text(encoding="utf-8").splitlines())


def test_sqlite_in_the_containers_own_files_is_refused_with_the_three_ways_out(tmp_path: Path, mounts: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        require_lasting(loaded(tmp_path / "data"), {}, mounts=mounts)
    assert f"{tmp_path / 'data' / 'homeport.sqlite3'} would be in the container's own files" in refused.value.message
    for way in (f"Mount a volume at {tmp_path / 'data'}", "HOMEPORT_DATABASE_URL", "--ephemeral"):
        assert way in refused.value.hint
    elsewhere = loaded(tmp_path / "volume", database_url=f"sqlite://{tmp_path}/data/other.sqlite3")
    with pytest.raises(SettingsError):
        require_lasting(elsewhere, {}, mounts=mounts)


def test_a_container_of_podman_is_known_by_its_environment(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text("1 0 0:42 / / rw - zfs rpool/containers/5f1e rw\n")
    with pytest.raises(SettingsError, match="in the container's own files"):
        require_lasting(loaded(tmp_path / "data"), {"container": "podman"}, mounts=mounts)


def test_on_a_volume_when_said_to_be_ephemeral_and_on_a_desktop_it_is_not(tmp_path: Path, mounts: Path) -> None:
    require_lasting(loaded(tmp_path / "volume" / "data"), {}, mounts=mounts)
    require_lasting(loaded(tmp_path / "data", ephemeral="true"), {}, mounts=mounts)
    require_lasting(loaded(tmp_path / "data", serve=False), {}, mounts=mounts)
    elsewhere = f"sqlite://{tmp_path}/volume/other.sqlite3"
    require_lasting(loaded(tmp_path / "data", database_url=elsewhere), {}, mounts=mounts)


def test_with_postgresql_the_keys_must_last_or_be_given(tmp_path: Path, mounts: Path) -> None:
    settings = loaded(tmp_path / "data", database_url=POSTGRES)
    with pytest.raises(SettingsError) as refused:
        require_lasting(settings, {"HOMEPORT_SECRET_SIGNING_KEYS": "x"}, mounts=mounts)
    assert "HOMEPORT_SECRET_REFRESH_KEY, HOMEPORT_SECRET_APPROVAL_KEY are not set" in refused.value.message
    assert "homeport secrets generate" in refused.value.hint
    write_fresh_secrets(tmp_path / "env", clock=system_clock, random=system_randomness)
    require_lasting(settings, secrets_in(tmp_path / "env"), mounts=mounts)
    require_lasting(loaded(tmp_path / "volume", database_url=POSTGRES), {}, mounts=mounts)


async def test_the_program_itself_refuses(tmp_path: Path) -> None:
    memory = Path("/dev/shm")
    homeport = Homeport(tmp_path)
    if not memory.is_dir():
        pytest.skip("there is no folder in memory")
    environment = homeport.environment
    del environment["HOMEPORT_EPHEMERAL"]
    # A file that is never made: the refusal comes first.
    url = f"sqlite://{memory}/homeport-{homeport.port}.sqlite3"
    said = await homeport.run("serve", "--database-url", url, "--port", "0", "--control-port", "0", expected=2)
    assert "would be in memory and end with it" in said
    assert "--ephemeral" in said
    assert "Traceback" not in said
    assert not (tmp_path / "data" / "secrets.json").exists()


async def test_fresh_secrets_are_what_the_vault_takes_from_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "homeport.env"
    names = write_fresh_secrets(file, clock=system_clock, random=system_randomness)
    assert file.stat().st_mode & 0o777 == 0o600
    given = secrets_in(file)
    assert list(given) == names
    vault = await open_vault(data_dir=tmp_path / "data", environ=given, choose=lambda _: None)
    assert all(vault.is_fixed(name) for name in (*NEEDED, KEYS_NAME, COLUMN_KEY))
    for name in ("signing-keys", KEYS_NAME):
        keys = await SigningKeys.load(vault, clock=system_clock, name=name)
        assert keys.verify(keys.sign({"a": 1}, typ="x"), typ="x") == {"a": 1}
    assert all(len(bytes.fromhex(vault.get(name) or "")) == 32 for name in ("refresh-key", "approval-key", COLUMN_KEY))


async def test_secrets_are_written_to_a_new_file_only_and_shown_to_nobody(tmp_path: Path) -> None:
    homeport = Homeport(tmp_path)
    file = tmp_path / "homeport.env"
    environment = homeport.environment

    async def generate(expected: int) -> str:
        command = (sys.executable, "-m", "homeport", "secrets", "generate", str(file))
        async with child_process(*command, environment=environment, folder=tmp_path) as child:
            assert await child.ends() == expected, child.output
            return child.output

    said = await generate(0)
    kept = file.read_text(encoding="utf-8")
    assert not [value for value in secrets_in(file).values() if value in said]
    assert "is there already. Nothing was changed." in await generate(2)
    assert file.read_text(encoding="utf-8") == kept
