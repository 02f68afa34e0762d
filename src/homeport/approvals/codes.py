"""The six-digit code a page shows and a person types. It is derived, never stored, and local lists cannot show it."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence

from homeport.approvals.states import Approval
from homeport.clock import Randomness

_CODE = re.compile(r"[0-9]{6}")


def derive_code(key: bytes, approval_id: str, salt: str) -> str:
    """Six digits from the vault key and the request; a new salt is a new code."""
    digest = hmac.new(key, f"approval-code|{approval_id}|{salt}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"


def salt_with_unique_code(key: bytes, approval_id: str, live: Sequence[Approval], random: Randomness) -> str:
    """A salt whose code no live request shows."""
    taken = {derive_code(key, a.approval_id, a.code_salt) for a in live if a.approval_id != approval_id}
    while True:
        salt = random(8).hex()
        if derive_code(key, approval_id, salt) not in taken:
            return salt


def normalise(typed: str) -> str:
    """What a person types: spaces and hyphens between the digits do not count. Empty for what can be no code."""
    digits = typed.replace(" ", "").replace("-", "").strip()
    return digits if _CODE.fullmatch(digits) else ""


def same_code(left: str, right: str) -> bool:
    return hmac.compare_digest(left, right)
