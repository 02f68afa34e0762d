"""People, and those who are invited."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PersonSummary:
    """One person. `emails` are all that their provider verified. Times are seconds since the epoch.

    `admitted_as` is how they were let in: invited, approved, listed or open; empty for nobody yet, and for people
    without an account. `seen_at` is when they last signed in or one of their clients was last at work; 0 for never.
    """

    person_id: str
    name: str
    provider: str
    email: str
    created_at: int
    blocked: bool
    live_grants: int
    emails: list[str]
    admitted_as: str
    seen_at: int


@dataclass(frozen=True, slots=True)
class InvitationSummary:
    """An address that waits for its person; `invited_at` is seconds since the epoch."""

    email: str
    invited_at: int


@dataclass(frozen=True, slots=True)
class Invited:
    """The address as it is kept. `note` says why the invitation changes nothing now; empty: it counts."""

    email: str
    note: str


@dataclass(frozen=True, slots=True)
class Removal:
    """What goes, or went, with a person: their live grants and the invitations for their addresses.

    `person_id` and what belongs to it is empty where there is an invitation only.
    """

    person_id: str
    name: str
    email: str
    provider: str
    grants: int
    invitations: list[str]
