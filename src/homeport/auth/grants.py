"""Codes, grants and refresh tokens as state machines. Pure: rows and time come in, a verdict goes out.

Two tables hold all rules (SECURITY, grants and tokens): what a presented code leads to and what a presented refresh
token leads to. The successor of a refresh token is a function of the token itself, so that a retry gets the same one
on every replica and after a crash, and a family never has two live branches.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import hmac
from dataclasses import dataclass

CODE_SECONDS = 60
GRACE_SECONDS = 120
REFRESH_SECONDS = 90 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Code:
    """An authorization code as stored: its digest is the key, the code itself is nowhere."""

    grant_id: str
    client_id: str
    redirect_uri: str
    redirect_uri_given: bool
    code_challenge: str
    issuer: str
    resource: str
    expires_at: int
    consumed_at: int | None
    exchanged: bool


@dataclass(frozen=True, slots=True)
class Grant:
    """What a person gave a client. `auth_method` is None until the code is exchanged; times are epoch seconds."""

    grant_id: str
    client_id: str
    person_id: str
    issuer: str
    resource: str
    scope: str
    auth_method: str | None
    redirect_uri: str
    nonce: str | None
    created_at: int
    last_used_at: int
    expires_at: int
    revoked_at: int | None

    def lives(self, now: float) -> bool:
        return self.auth_method is not None and self.revoked_at is None and now < self.expires_at

    def state(self, now: float) -> str:
        """For lists: live, signing in, revoked or expired."""
        if self.revoked_at is not None:
            return "revoked"
        if now >= self.expires_at:
            return "expired"
        return "live" if self.auth_method is not None else "signing in"


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """One link of a family: `generation` counts from 0, `rotated_at` is when its successor was made."""

    grant_id: str
    generation: int
    issued_at: int
    rotated_at: int | None


class CodeVerdict(enum.Enum):
    EXCHANGE = enum.auto()
    REFUSE = enum.auto()
    REFUSE_AND_REVOKE = enum.auto()


# (first presentation, within 60 s, all bindings right) -> verdict. RFC 6749 4.1.2, OAuth 2.1 4.1.3.
_CODE_TABLE: dict[tuple[bool, bool, bool], CodeVerdict] = {
    (True, True, True): CodeVerdict.EXCHANGE,
    (True, True, False): CodeVerdict.REFUSE,
    (True, False, True): CodeVerdict.REFUSE,
    (True, False, False): CodeVerdict.REFUSE,
    # A lost answer makes an honest client repeat: it must start anew, and the first tokens stay.
    (False, True, True): CodeVerdict.REFUSE,
    (False, True, False): CodeVerdict.REFUSE_AND_REVOKE,
    (False, False, True): CodeVerdict.REFUSE_AND_REVOKE,
    (False, False, False): CodeVerdict.REFUSE_AND_REVOKE,
}


def judge_code(code: Code, *, first: bool, bindings_hold: bool, now: float) -> CodeVerdict:
    """What a presented code leads to; `first` is whether this presentation consumed it."""
    return _CODE_TABLE[first, now < code.expires_at, bindings_hold]


class RefreshVerdict(enum.Enum):
    ROTATE = enum.auto()
    REPEAT = enum.auto()
    """A retry within the grace: the same successor again."""
    EXPIRED = enum.auto()
    REPLAY = enum.auto()
    """Older, or later than the grace: the family is revoked."""


class Age(enum.Enum):
    NEWEST = enum.auto()
    ONE_BEFORE = enum.auto()
    OLDER = enum.auto()


# (how old the presented token is, whether it is in time) -> verdict. "In time" is 90 days since its issue for the
# newest token and 120 seconds since its rotation for the one before.
_REFRESH_TABLE: dict[tuple[Age, bool], RefreshVerdict] = {
    (Age.NEWEST, True): RefreshVerdict.ROTATE,
    (Age.NEWEST, False): RefreshVerdict.EXPIRED,
    (Age.ONE_BEFORE, True): RefreshVerdict.REPEAT,
    (Age.ONE_BEFORE, False): RefreshVerdict.REPLAY,
    (Age.OLDER, True): RefreshVerdict.REPLAY,
    (Age.OLDER, False): RefreshVerdict.REPLAY,
}


def judge_refresh(token: RefreshToken, *, newest_generation: int, now: float) -> RefreshVerdict:
    if token.generation == newest_generation:
        return _REFRESH_TABLE[Age.NEWEST, now < token.issued_at + REFRESH_SECONDS]
    if token.generation == newest_generation - 1:
        in_time = token.rotated_at is not None and now < token.rotated_at + GRACE_SECONDS
        return _REFRESH_TABLE[Age.ONE_BEFORE, in_time]
    return _REFRESH_TABLE[Age.OLDER, False]


def derive_code(key: bytes, request_id: str) -> str:
    """The code of an authorization request: the same however often the browser asks, and stored nowhere."""
    return _derive(key, f"code|{request_id}")


def derive_successor(key: bytes, refresh_token: str) -> str:
    """HMAC-SHA256(vault key, presented token): byte for byte the same for every retry."""
    return _derive(key, f"refresh|{refresh_token}")


def digest(secret: str) -> str:
    """How codes and tokens are stored: SHA-256, base64url."""
    return base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()).rstrip(b"=").decode()


def challenge_holds(code_challenge: str, verifier: str) -> bool:
    """RFC 7636 4.6, S256, in constant time."""
    if not 43 <= len(verifier) <= 128 or not verifier.isascii():
        return False
    return hmac.compare_digest(digest(verifier).encode(), code_challenge.encode())


def _derive(key: bytes, text: str) -> str:
    mac = hmac.new(key, text.encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
