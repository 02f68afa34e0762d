"""Everything that belongs to one emulated app: its users, sessions, keys, and what waits for an answer of a person."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from homeport.clock import Clock
from tests.privy.apps import EmulatedApp
from tests.privy.errors import Refused, invalid_credentials
from tests.privy.keys import Keys
from tests.privy.people import Users
from tests.privy.sessions import Sessions

OTP_TRIES = 5
_ALPHABET = string.ascii_lowercase + string.digits


def new_id() -> str:
    """25 characters, as Privy's ids of users and sessions are."""
    return "cm" + "".join(secrets.choice(_ALPHABET) for _ in range(23))


@dataclass(frozen=True, slots=True)
class Sent:
    """An e-mail or SMS with a code."""

    channel: str
    to: str
    code: str
    at: float


@dataclass(slots=True)
class _Code:
    code: str
    ends_at: float
    tries: int = 0


class Codes:
    """One-time codes sent to addresses: random, used once, good for a while and for five tries."""

    def __init__(self, clock: Clock, ttl: Callable[[], int]) -> None:
        self._clock = clock
        self._ttl = ttl
        self._waiting: dict[tuple[str, str], _Code] = {}
        self.sent: list[Sent] = []

    def send(self, channel: str, to: str) -> None:
        code = f"{secrets.randbelow(1_000_000):06}"
        self._waiting[channel, to] = _Code(code, self._clock() + self._ttl())
        self.sent.append(Sent(channel, to, code, self._clock()))

    def use(self, channel: str, to: str, code: str) -> None:
        """Raises Refused unless it is the code that was sent last."""
        waiting = self._waiting.get((channel, to))
        if waiting is None or waiting.ends_at <= self._clock():
            raise invalid_credentials(f"Invalid {channel} and code combination")
        waiting.tries += 1
        if waiting.tries > OTP_TRIES:
            raise Refused(429, "too_many_requests", "Too many attempts. Request a new code.")
        if not secrets.compare_digest(waiting.code.encode(), code.encode()):
            raise invalid_credentials(f"Invalid {channel} and code combination")
        del self._waiting[channel, to]


@dataclass(slots=True)
class OneTime:
    """Values by key that are good once and until a moment."""

    clock: Clock
    ttl: int = 600
    _kept: dict[str, tuple[float, Any]] = field(default_factory=dict)

    def keep(self, key: str, value: Any) -> None:
        self._kept[key] = (self.clock() + self.ttl, value)

    def peek(self, key: str) -> Any:
        ends_at, value = self._kept.get(key, (0.0, None))
        return value if ends_at > self.clock() else None

    def take(self, key: str) -> Any:
        """None when it never was, is over, or was taken before."""
        value = self.peek(key)
        self._kept.pop(key, None)
        return value


class Tenant:
    def __init__(self, app: EmulatedApp, clock: Clock) -> None:
        self.app = app
        self.clock = clock
        self.keys = Keys()
        self.users = Users(new_id, lambda: int(clock()))
        self.sessions = Sessions(app, self.keys, self.users, clock, new_id)
        self.codes = Codes(clock, lambda: app.code_ttl)
        self.challenges = OneTime(clock)
        """Nonces of wallets and challenges of passkeys."""
        self.oauth = OneTime(clock)
        """Sign-ins that are at the other provider, and the codes they came back with."""
        self.captcha = OneTime(clock, ttl=300)
        """Turnstile tokens that nobody has used yet."""
        self.passkeys: dict[bytes, bytes] = {}
        """Attested credential data of passkeys, by credential id."""
        self.wallets_made: list[float] = []

    def need_method(self, method: str) -> None:
        if not self.app.offers(method):
            raise Refused(403, "disallowed_login_method", f"Login with {method} not allowed")

    def need_captcha(self, token: str | None) -> None:
        if self.app.captcha != "off" and (token is None or self.captcha.take(token) is None):
            raise Refused(401, "invalid_captcha", "Invalid captcha token")

    def need_admission(self, *names: str) -> None:
        """One of these e-mails, numbers or addresses must be on the allowlist, where there is one."""
        if self.app.allowlist is None:
            return
        listed = {entry.lower() for entry in self.app.allowlist}
        known = {name.lower() for name in names} | {name.lower().rpartition("@")[2] for name in names if "@" in name}
        if not known & listed:
            raise Refused(401, "allowlist_rejected", "User is not allowed to login to this app.")

    def sign_in(
        self, account: tuple[str, str, dict[str, Any]], client_id: str | None, mode: str | None = None
    ) -> dict[str, Any]:
        """Somebody proved to own this account: the answer of every authenticate endpoint. Raises Refused."""
        kind, subject, fields = account
        email = str(fields.get("address" if kind == "email" else "email") or "")
        self.need_admission(subject, *([email] if email else []))
        user = self.users.owner_of(kind, subject)
        if user is None and email and self.app.merge_accounts_by_email:
            user = self.users.owner_of_email(email)
        is_new = user is None
        if user is None:
            if mode == "no-signup":
                raise Refused(404, "user_does_not_exist", "User does not exist")
            if not self.app.sign_up:
                raise Refused(403, "signup_disabled", "Sign-ups are disabled for this app")
            user = self.users.new()
        self.users.verified(user, kind, subject, fields)
        return self.sessions.answer(self.sessions.begin(user, client_id), is_new_user=is_new)
