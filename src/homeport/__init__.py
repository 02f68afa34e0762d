"""What an app author imports. Loads neither the MCP SDK nor a web framework, so that an app's own tests start fast."""

from __future__ import annotations

from homeport.apps.app import App
from homeport.apps.errors import Conflict, NotFound, ToolError
from homeport.apps.results import Context, Result
from homeport.people.person import Person

__all__ = ["App", "Conflict", "Context", "NotFound", "Person", "Result", "ToolError"]
