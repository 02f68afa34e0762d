"""Time and randomness as things that are handed in, so that state machines can be tested without waiting or luck."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable

Clock = Callable[[], float]
"""Seconds since the epoch."""

Randomness = Callable[[int], bytes]
"""So many unpredictable bytes."""

system_clock: Clock = time.time
system_randomness: Randomness = secrets.token_bytes
