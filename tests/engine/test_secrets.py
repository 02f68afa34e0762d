"""The register of secrets: what is told of each, what may be set, and what nobody changes by accident."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.clock import system_clock
from homeport.engine.secrets import KNOWN, SecretRegister, reference_variables
from homeport.errors import ConfirmationNeeded, NotFoundError, SettingsError, VaultError
from homeport.keys.imported import imported_pair, pair_to_text
from homeport.keys.signing import SigningKeys, new_signing_keys
from homeport.settings import ImportedKeys
from homeport.vault import Vault, open_vault
from tests.keys.fetching import ec_key
from tests.keys.our_keys import pem_pair

KEY = "ab" * 32


async def vault(folder: Path, **environ: str) -> Vault:
    return await open_vault(data_dir=folder, environ=environ)


async def test_every_secret_is_listed_with_what_it_is_for_and_never_its_value(tmp_path: Path) -> None:
    held = await vault(tmp_path, HOMEPORT_SECRET_COLUMN_KEY=KEY)
    await held.set("refresh-key", KEY)
    await held.set("left-behind", "hush")
    found = {one.name: one for one in SecretRegister(held).all()}
    assert list(found) == [*(secret.name for secret in KNOWN), "left-behind"]
    assert found["refresh-key"].present
    assert found["refresh-key"].where == f"a 0600 file in {tmp_path}"
    assert found["column-key"].where == "the environment variable HOMEPORT_SECRET_COLUMN_KEY"
    assert (found["privy-app-secret"].present, found["privy-app-secret"].where) == (False, f"a 0600 file in {tmp_path}")
    assert found["left-behind"].about == "nothing that this version of Homeport uses"
    assert all(one.about for one in found.values())
    assert KEY not in repr(found)
    assert "hush" not in repr(found)


async def test_secrets_in_the_names_of_the_reference_implementation_are_listed_too(tmp_path: Path) -> None:
    held = await vault(tmp_path)
    variables = reference_variables({"PRIVY_APP_SECRET": "hush", "JWT_PRIVATE_KEY": "x"})
    found = {one.name: one for one in SecretRegister(held, variables=variables).all()}
    assert found["privy-app-secret"].where == "the environment variable PRIVY_APP_SECRET"
    assert found["imported-keys"].where == "the environment variable JWT_PRIVATE_KEY"
    await held.set("privy-app-secret", "stored")
    found = {one.name: one for one in SecretRegister(held, variables=variables).all()}
    assert found["privy-app-secret"].where == f"a 0600 file in {tmp_path}"


async def test_the_privy_secret_is_set_replaced_and_deleted_without_a_question(tmp_path: Path) -> None:
    held = await vault(tmp_path)
    register = SecretRegister(held)
    await register.set("privy-app-secret", "first")
    await register.set("privy-app-secret", "second")
    assert held.get("privy-app-secret") == "second"
    await register.delete("privy-app-secret")
    assert held.get("privy-app-secret") is None


@pytest.mark.parametrize("name", ["refresh-key", "approval-key", "column-key"])
async def test_a_key_in_use_is_changed_only_when_somebody_says_yes_to_what_ends(tmp_path: Path, name: str) -> None:
    held = await vault(tmp_path)
    register = SecretRegister(held)
    await register.set(name, KEY)
    await register.set(name, KEY)
    with pytest.raises(ConfirmationNeeded) as replaced:
        await register.set(name, "cd" * 32)
    with pytest.raises(ConfirmationNeeded) as deleted:
        await register.delete(name)
    for error in (replaced.value, deleted.value):
        assert next(secret.ends for secret in KNOWN if secret.name == name) in error.message
        assert error.hint == "Say yes to that with --yes."
        assert KEY not in str(error)
    assert held.get(name) == KEY
    await register.set(name, "cd" * 32, confirmed=True)
    await register.delete(name, confirmed=True)
    assert held.get(name) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("refresh-key", "hush"),
        ("refresh-key", "AB" * 32),
        ("privy-app-secret", "two words"),
        ("privy-app-secret", "line\nline"),
        ("privy-app-secret", "x" * 513),
        ("signing-keys", "{}"),
        ("signing-keys", '{"keys": [{"jwk": {"kty": "EC"}, "signs_from": 0}]}'),
        ("backend-keys", "hush"),
        ("imported-keys", '{"private": "hush", "public": "hush"}'),
        ("imported-keys", "[]"),
    ],
)
async def test_what_a_secret_cannot_be_is_not_stored(tmp_path: Path, name: str, value: str) -> None:
    held = await vault(tmp_path)
    with pytest.raises(VaultError) as caught:
        await SecretRegister(held).set(name, value, confirmed=True)
    assert caught.value.hint.startswith("It must be ")
    assert "hush" not in str(caught.value)
    assert held.names() == []


async def test_keys_of_another_homeport_can_be_set(tmp_path: Path) -> None:
    held = await vault(tmp_path)
    await SecretRegister(held).set("signing-keys", new_signing_keys(clock=system_clock))
    assert (await SigningKeys.load(held, clock=system_clock)).algorithm == "ES256"


async def test_a_name_that_is_none_is_refused_with_the_nearest_one(tmp_path: Path) -> None:
    register = SecretRegister(await vault(tmp_path))
    with pytest.raises(NotFoundError) as caught:
        await register.set("privy-app-secrte", "hush")
    assert caught.value.hint == "Do you mean privy-app-secret?"
    with pytest.raises(NotFoundError):
        await register.delete("nothing-like-it")
    with pytest.raises(NotFoundError, match="no secret refresh-key stored"):
        await register.delete("refresh-key")


async def test_a_secret_that_nothing_uses_can_be_deleted(tmp_path: Path) -> None:
    held = await vault(tmp_path)
    await held.set("left-behind", "hush")
    await SecretRegister(held).delete("left-behind")
    assert held.names() == []


async def test_a_secret_of_the_environment_is_changed_there(tmp_path: Path) -> None:
    held = await vault(tmp_path, HOMEPORT_SECRET_REFRESH_KEY=KEY)
    register = SecretRegister(held, variables={"privy-app-secret": "PRIVY_APP_SECRET"})
    for change in (register.set("refresh-key", "cd" * 32), register.delete("refresh-key")):
        with pytest.raises(VaultError, match="HOMEPORT_SECRET_REFRESH_KEY"):
            await change
    with pytest.raises(VaultError, match="PRIVY_APP_SECRET"):
        await register.delete("privy-app-secret")


async def test_an_imported_pair_is_kept_in_the_vault_and_signs(tmp_path: Path) -> None:
    private, public = pem_pair(ec_key())
    held = await vault(tmp_path)
    await SecretRegister(held).set("imported-keys", pair_to_text(private, public))
    pair = imported_pair(None, held)
    assert pair is not None
    assert (await SigningKeys.load(held, clock=system_clock, imported=pair)).algorithm == "ES256"


async def test_the_pair_of_the_environment_comes_before_the_one_of_the_vault(tmp_path: Path) -> None:
    held = await vault(tmp_path)
    assert imported_pair(None, held) is None
    await held.set("imported-keys", pair_to_text(*pem_pair(ec_key())))
    other = ec_key()
    private, public = pem_pair(other)
    pair = imported_pair(ImportedKeys(private, public), held)
    assert pair is not None
    assert pair.private_key.public_key() == other.public_key()


async def test_a_damaged_pair_in_the_vault_is_refused_by_name_and_not_repeated(tmp_path: Path) -> None:
    held = await vault(tmp_path)
    await held.set("imported-keys", '{"private": "hush"}')
    with pytest.raises(VaultError) as caught:
        imported_pair(None, held)
    assert "imported-keys" in caught.value.message
    assert "hush" not in str(caught.value)
    with pytest.raises(SettingsError):
        pair_to_text("hush", "hush")
