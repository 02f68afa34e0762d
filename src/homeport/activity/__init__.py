"""What happened, stored and bounded. It listens to events and never slows down or fails what it writes about."""

from __future__ import annotations

from homeport.activity.log import ActivityLog
from homeport.activity.tables import Entry

__all__ = ["ActivityLog", "Entry"]
