"""The secrets that a person may set and delete, over the vault: what each is for, and what ends when it changes.

Never shows a value: neither in an answer nor in an error.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from homeport.engine.protocol import SecretSummary
from homeport.errors import ConfirmationNeeded, HomeportError, NotFoundError, UnfitSecret, VaultError
from homeport.settings.as_typed import as_typed
from homeport.vault import Vault

PRIVY_APP_SECRET = "privy-app-secret"
IMPORTED_KEYS = "imported-keys"
NGROK_TOKEN = "ngrok"
CLOUDFLARED_TOKEN = "cloudflared"

LONGEST = 16_384
"""Characters of a secret: two RSA keys in base64 PEM fit well."""


@dataclass(frozen=True, slots=True)
class KnownSecret:
    """One secret of Homeport. `ends` says what its change or deletion ends; empty: nothing that people rely on."""

    name: str
    about: str
    check: Callable[[str], bool]
    expects: str
    ends: str = ""


def _is_one_line(value: str) -> bool:
    return re.fullmatch(r"[\x21-\x7e]{1,512}", value) is not None


def _is_authtoken(value: str) -> bool:
    return re.fullmatch(r"[A-Za-z0-9_-]{8,256}", value) is not None


def _is_key(value: str) -> bool:
    return re.fullmatch(r"[0-9a-f]{64}", value) is not None


def _is_key_set(value: str) -> bool:
    from homeport.keys.jwk import load_ec_jwk

    try:
        keys = [(load_ec_jwk(entry["jwk"]), int(entry["signs_from"])) for entry in json.loads(value)["keys"]]
    except (ValueError, KeyError, TypeError):
        return False
    return any(private is not None for (_, private), _ in keys)


def _is_imported_pair(value: str) -> bool:
    from homeport.keys.imported import pair_from_text

    try:
        pair_from_text(value)
    except VaultError:
        return False
    return True


_A_KEY = "32 bytes in hexadecimal"
_A_KEY_SET = "a set of signing keys as another Homeport stored it"

KNOWN = (
    KnownSecret(
        PRIVY_APP_SECRET,
        "asks Privy for the e-mail addresses of people who sign in; checked and set with `homeport secrets set privy`",
        _is_one_line,
        "the app secret as Privy's dashboard shows it",
    ),
    KnownSecret(
        NGROK_TOKEN,
        "opens the tunnel of your ngrok account; tried and set with `homeport secrets set ngrok`",
        _is_authtoken,
        "the authtoken from https://dashboard.ngrok.com/get-started/your-authtoken: letters, digits and underscores",
    ),
    KnownSecret(
        CLOUDFLARED_TOKEN,
        "opens your named Cloudflare tunnel",
        _is_one_line,
        "the token that Cloudflare's dashboard shows behind `cloudflared tunnel run --token`",
    ),
    KnownSecret(
        "signing-keys",
        "sign access tokens",
        _is_key_set,
        _A_KEY_SET,
        "Access tokens given out so far are refused at once; clients fetch new ones by themselves.",
    ),
    KnownSecret(
        IMPORTED_KEYS,
        "sign access tokens in place of signing-keys; taken over from JWT_PRIVATE_KEY and JWT_PUBLIC_KEY",
        _is_imported_pair,
        "the pair that `homeport secrets import` took over",
        "Access tokens signed with the imported key are refused at once; clients fetch new ones by themselves. "
        "Whoever else checks tokens with its public half must learn the new one.",
    ),
    KnownSecret(
        "refresh-key",
        "derives each refresh token from the one before",
        _is_key,
        _A_KEY,
        "Everybody may be logged out: a client that renews its access while the key changes must be connected again.",
    ),
    KnownSecret(
        "approval-key",
        "derives the codes that browsers show",
        _is_key,
        _A_KEY,
        "The codes that browsers show right now stop working.",
    ),
    KnownSecret(
        "column-key",
        "encrypts Privy tokens in the database",
        _is_key,
        _A_KEY,
        "The Privy tokens stored so far cannot be read any more: with backend_auth privy everybody signs in again.",
    ),
    KnownSecret(
        "backend-keys",
        "sign the assertions that your backend gets",
        _is_key_set,
        _A_KEY_SET,
        "The backend refuses every call until it knows the new key (`homeport backend key`).",
    ),
)
"""All secrets that this Homeport uses, in the order of `homeport secrets list`."""


def known(name: str) -> KnownSecret | None:
    """The secret of this name."""
    return next((secret for secret in KNOWN if secret.name == name), None)


def require_fit(name: str, value: str) -> KnownSecret:
    """The secret of this name. Raises NotFoundError where there is none, VaultError where the value cannot be its."""
    secret = known(name)
    if secret is None:
        raise _unknown(name, [each.name for each in KNOWN])
    if not value or len(value) > LONGEST or not secret.check(value):
        raise UnfitSecret(f"This is not what {name} holds: nothing was stored.", hint=f"It must be {secret.expects}.")
    return secret


def reference_variables(environ: Mapping[str, str]) -> dict[str, str]:
    """Which secrets the environment gives in the names of the reference implementation: secret to variable."""
    names = {PRIVY_APP_SECRET: "PRIVY_APP_SECRET", IMPORTED_KEYS: "JWT_PRIVATE_KEY"}
    return {secret: variable for secret, variable in names.items() if environ.get(variable)}


class SecretRegister:
    """One per open vault. `variables` are the `reference_variables` of this process."""

    def __init__(self, vault: Vault, *, variables: Mapping[str, str] | None = None) -> None:
        self._vault = vault
        self._variables = dict(variables or {})

    def all(self) -> list[SecretSummary]:
        """Every known secret, there or not, and behind them what else is in the vault."""
        others = [name for name in self._vault.names() if known(name) is None]
        return [self._summary(secret.name, secret.about) for secret in KNOWN] + [
            self._summary(name, "nothing that this version of Homeport uses") for name in others
        ]

    async def set(self, name: str, value: str, *, confirmed: bool = False) -> None:
        """Store a secret. Raises NotFoundError for an unknown name, ConfirmationNeeded, VaultError."""
        secret = require_fit(name, value)
        before = self._vault.get(name)
        if before == value:
            return
        if before is not None:
            self._ask(secret, f"{name} is there already, and other connections depend on it.", confirmed)
        await self._vault.set(name, value)

    async def delete(self, name: str, *, confirmed: bool = False) -> None:
        """Remove a secret. Raises NotFoundError for one that is not there, ConfirmationNeeded, VaultError."""
        if name not in self._vault.names():
            if variable := self._variables.get(name):
                raise VaultError(f"The environment variable {variable} gives this secret.", hint="Remove it there.")
            if known(name) is None:
                raise _unknown(name, self._vault.names())
            raise NotFoundError(f"There is no secret {name} stored here.", hint="See them with: homeport secrets list")
        if secret := known(name):
            self._ask(secret, f"{name} is in use.", confirmed)
        await self._vault.delete(name)

    def _ask(self, secret: KnownSecret, situation: str, confirmed: bool) -> None:
        if secret.ends and not confirmed and not self._vault.is_fixed(secret.name):
            raise ConfirmationNeeded(f"{situation} {secret.ends}", hint="Say yes to that with --yes.")

    def _summary(self, name: str, about: str) -> SecretSummary:
        about = as_typed(about)
        stored = self._vault.get(name) is not None
        variable = self._variables.get(name)
        # The pair of the environment comes before the stored one; of the Privy secret, the stored one comes first.
        if variable and (name == IMPORTED_KEYS or not stored):
            return SecretSummary(name, about, f"the environment variable {variable}", True)
        return SecretSummary(name, about, self._vault.where(name), stored)


def _unknown(name: str, names: list[str]) -> HomeportError:
    near = difflib.get_close_matches(name, names, n=1)
    hint = f"Do you mean {near[0]}?" if near else "See them with: homeport secrets list"
    return NotFoundError(f"There is no secret {name!r}.", hint=hint)
