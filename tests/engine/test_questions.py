"""Questions about secrets, Privy and the backend, asked of a real engine: each reaches the room that knows."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.errors import ConfirmationNeeded, HomeportError, NotFoundError, PrivyAway
from tests.engine.engines import running
from tests.privy.emulator import PrivyEmulator


async def test_a_secret_is_set_listed_by_name_and_deleted(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as engine:
        await engine.set_secret("privy-app-secret", "s3cret-of-privy")
        (found,) = [secret for secret in await engine.secrets() if secret.name == "privy-app-secret"]
        assert found.present
        assert "s3cret-of-privy" not in repr(await engine.secrets())
        await engine.delete_secret("privy-app-secret")
        assert not any(s.present for s in await engine.secrets() if s.name == "privy-app-secret")
        with pytest.raises(NotFoundError):
            await engine.delete_secret("privy-app-secret")


async def test_a_key_that_others_depend_on_goes_only_when_that_is_said(tmp_path: Path) -> None:
    async with running(tmp_path / "data") as engine:
        with pytest.raises(ConfirmationNeeded):
            await engine.delete_secret("signing-keys")
        with pytest.raises(ConfirmationNeeded):
            await engine.set_secret("approval-key", "0" * 64)
        await engine.set_secret("approval-key", "0" * 64, confirmed=True)
        await engine.delete_secret("signing-keys", confirmed=True)


async def test_a_secret_that_the_environment_gives_is_named_with_its_variable(tmp_path: Path) -> None:
    async with running(tmp_path / "data", environ={"PRIVY_APP_SECRET": "s3cret"}) as engine:
        (found,) = [secret for secret in await engine.secrets() if secret.name == "privy-app-secret"]
        assert (found.where, found.present) == ("the environment variable PRIVY_APP_SECRET", True)


async def test_privy_is_asked_about_an_app_over_the_engines_own_network(tmp_path: Path) -> None:
    async with PrivyEmulator() as privy, running(tmp_path / "data", network=privy.network()) as engine:
        right = await engine.check_privy(privy.app.app_id, privy.app.app_secret)
        assert right.credentials_ok
        assert [method.name for method in right.methods if method.offered]
        wrong = await engine.check_privy(privy.app.app_id, "wrong")
        assert (wrong.credentials_ok, wrong.ok) == (False, False)
        assert any(finding.blocking and finding.fix for finding in wrong.findings)


async def test_the_address_that_privy_must_allow_is_the_public_one(tmp_path: Path) -> None:
    async with PrivyEmulator() as privy:
        privy.app.allowed_origins = ["https://elsewhere.example.com"]
        options = {"public_url": "https://home.invalid"}
        async with running(tmp_path / "data", network=privy.network(), **options) as engine:
            found = await engine.check_privy(privy.app.app_id, privy.app.app_secret)
            assert any("https://home.invalid" in finding.what + finding.fix for finding in found.findings)


async def test_without_a_way_to_privy_that_is_what_is_said(tmp_path: Path) -> None:
    async with PrivyEmulator() as privy:
        network = privy.network()
    async with running(tmp_path / "data", network=network) as engine:
        with pytest.raises(PrivyAway, match="could not be asked"):
            await engine.check_privy(privy.app.app_id, "secret")


async def test_the_backends_key_is_told_where_there_is_a_backend(tmp_path: Path) -> None:
    async with running(tmp_path / "one") as engine:
        with pytest.raises(HomeportError, match="No backend is set"):
            await engine.backend_key()
    async with running(tmp_path / "two", backend_url="https://api.example.com") as engine:
        told = await engine.backend_key()
        assert told.audience == "https://api.example.com"
        assert told.issuer_claim.startswith("inst_")
        assert told.jwks_url == f"{engine.origins.local.url}/.well-known/backend-jwks.json"
        assert "PUBLIC KEY" in told.pem
        assert "d" not in told.jwk
