"""Who a tool acts for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """A person who signed in: `id` is stable for ever, `provider` names how they signed in (`owner`, `privy`)."""

    id: str
    provider: str = "owner"
    email: str | None = None
    name: str | None = None
