"""What is wrong on this computer is named: each fault is made for real, in a data folder of its own."""

from __future__ import annotations

import base64
import json
import os
import socket
import sqlite3
import sys
import time
from contextlib import closing
from email.utils import formatdate
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from homeport import bundles
from homeport.clock import system_clock
from homeport.doctor import local
from homeport.doctor.hop import Hop
from homeport.engine.local_check import check_locally
from homeport.network import Network
from homeport.settings import load_settings
from tests.doctor.front import Front, Reply
from tests.doctor.internet import Internet
from tests.judges.tls import Authority
from tests.privy.apps import EmulatedApp
from tests.privy.emulator import PrivyEmulator


async def look(
    folder: Path, network: Network | None = None, *, environ: dict[str, str] | None = None, **options: str
) -> dict[str, Hop]:
    """What is found, by name. The ports are any free ones, and nobody answers, unless told otherwise."""
    given = {"data_dir": str(folder / "data"), "port": "0", "control_port": "0", **options}
    loaded = load_settings(options=given, environ=environ or {}, cwd=folder)
    hops = await check_locally(
        loaded, environ=environ or {}, network=network or Internet(Authority(folder)), clock=system_clock
    )
    return {hop.name: hop for hop in hops}


async def test_a_computer_on_which_nothing_ran_yet_is_well_and_stays_as_it_is(tmp_path: Path) -> None:
    found = await look(tmp_path)
    assert [hop for hop in found.values() if hop.state not in ("ok", "skipped") and hop.name != "keyring"] == []
    assert list(tmp_path.glob("data*")) == []


def pair() -> tuple[str, str]:
    """A private and a public key, as JWT_PRIVATE_KEY and JWT_PUBLIC_KEY hold them."""
    private = ec.generate_private_key(ec.SECP256R1())
    encoded = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(encoded).decode(), base64.b64encode(public).decode()


async def test_keys_that_are_no_pair_and_no_base64_are_named(tmp_path: Path) -> None:
    (private, public), (_, foreign) = pair(), pair()
    found = await look(tmp_path, environ={"JWT_PRIVATE_KEY": private, "JWT_PUBLIC_KEY": public})
    assert found["signing-keys"].state == "ok"
    for environ, words in (
        ({"JWT_PRIVATE_KEY": private, "JWT_PUBLIC_KEY": foreign}, "does not belong to JWT_PRIVATE_KEY"),
        ({"JWT_PRIVATE_KEY": "not base64!", "JWT_PUBLIC_KEY": public}, "JWT_PRIVATE_KEY is not base64"),
    ):
        hop = (await look(tmp_path, environ=environ))["signing-keys"]
        assert hop.state == "failed"
        assert words in hop.detail
        assert private not in hop.detail + hop.fix


async def test_what_is_wrong_at_privy_is_named(tmp_path: Path) -> None:
    app = EmulatedApp(allowed_origins=["https://other.test"])
    async with PrivyEmulator(app) as privy:
        cases = [
            ({"privy_app_id": "cm0unknown000000000000000"}, app.app_secret, "does not know an app"),
            ({"privy_app_id": app.app_id}, "wrong-secret", "does not accept this secret"),
            ({"privy_app_id": app.app_id}, "", "no app secret"),
            ({"privy_app_id": app.app_id, "public_url": "https://home.test"}, app.app_secret, "https://home.test"),
        ]
        for options, secret, words in cases:
            environ = {"PRIVY_APP_SECRET": secret} if secret else {}
            hop = (await look(tmp_path, privy.network(), environ=environ, **options))["privy"]
            assert hop.state == "failed"
            assert words in hop.detail + hop.fix
        environ = {"PRIVY_APP_SECRET": app.app_secret}
        options = {"privy_app_id": app.app_id, "public_url": "https://other.test"}
        assert (await look(tmp_path, privy.network(), environ=environ, **options))["privy"].state == "ok"
    gone = await look(tmp_path, environ={"PRIVY_APP_SECRET": "x"}, privy_app_id=app.app_id)
    assert "could not be asked" in gone["privy"].detail


async def test_a_missing_bundle_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "PACKAGE", "homeport_web_is_missing")
    hop = (await look(tmp_path))["bundles"]
    assert (hop.state, hop.fix) == ("failed", bundles.REBUILD)


async def test_a_port_that_another_program_has_is_named_with_that_program(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        hop = (await look(tmp_path, port=str(port)))["ports"]
        assert hop.state == "failed"
        assert f"Port {port} (port) is taken by" in hop.detail
        assert str(os.getpid()) in hop.detail or sys.platform != "linux"


async def test_databases_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    file = tmp_path / "data" / "homeport.sqlite3"
    file.write_bytes(b"this is no database, whatever its name says" * 40)
    assert "cannot be read" in (await look(tmp_path))["database"].detail
    file.unlink()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("CREATE TABLE schema_versions (version BIGINT)")
        connection.execute("INSERT INTO schema_versions VALUES (9999)")
    assert "schema version 9999" in (await look(tmp_path))["database"].detail
    elsewhere = await look(tmp_path, database_url="postgresql://x:secret@127.0.0.1:1/none")
    assert elsewhere["database"].state == "failed"
    assert "127.0.0.1:1" in elsewhere["database"].detail
    assert "secret" not in elsewhere["database"].detail


@pytest.mark.skipif(sys.platform == "win32", reason="who may write there is not looked at")
async def test_a_folder_and_secrets_that_others_can_change_or_read_are_named(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    secrets = data / "secrets.json"
    secrets.write_text(json.dumps({"version": 1, "secrets": {}}), encoding="utf-8")
    secrets.chmod(0o644)
    data.chmod(0o777)
    found = await look(tmp_path)
    assert "Other users of this computer can write" in found["data-folder"].detail
    assert "chmod go-w" in found["data-folder"].fix
    assert "Other users of this computer can read" in found["keyring"].detail
    assert found["keyring"].fix.startswith("Run: chmod 600")


async def test_the_clock_is_compared_with_an_answer_from_the_internet(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    internet, front = Internet(authority), Front(None)
    async with authority.place("chatgpt.com", front.answer) as place:
        internet.has(place)
        for ahead, state in ((0, "ok"), (30, "ok"), (600, "failed"), (-600, "failed")):
            date = formatdate(time.time() - ahead, usegmt=True)
            front.back = lambda asked, reply, date=date: Reply(200, {"date": date})  # type: ignore[misc]
            assert (await look(tmp_path, internet))["clock"].state == state
    assert "10 minutes ahead of" in local.judge_clock(formatdate(1_000, usegmt=True), 1_600, "x").detail
    assert local.judge_clock("yesterday", 1_000, "x").state == "skipped"


def test_a_full_disk_is_named() -> None:
    assert local.judge_disk("/data", 10**6).state == "failed"
    assert local.judge_disk("/data", 10**8).state == "warning"
    assert local.judge_disk("/data", 10**12).detail == "931.3 GB free"


def test_a_tunnel_that_is_down_or_used_up_is_named() -> None:
    def judge(state: str, spent: int) -> Hop:
        used = (("requests", spent, 20_000), ("bytes", 5, 0))
        return local.judge_tunnel("ngrok", state, "The token is wrong.", "Enter it again.", used=used, month="2026-11")

    assert judge("up", 100).state == "ok"
    assert judge("up", 16_000).state == "warning"
    assert "20,000 of 20,000" in judge("up", 20_000).detail
    assert (judge("error", 0).detail, judge("error", 0).fix) == ("The token is wrong.", "Enter it again.")
    assert judge("needs-token", 0).state == "warning"
