"""An app with one tool of each kind."""

from __future__ import annotations

from homeport.apps.app import App


def tiny_app() -> App:
    """One tool of each kind."""
    app = App("Tiny")

    @app.tool(effect="read")
    async def hello(who: str) -> str:
        """Say hello."""
        return f"hello {who}"

    @app.tool(effect="write")
    async def note(text: str) -> str:
        """Write something down."""
        return f"noted {len(text)}"

    @app.tool(effect="destroy")
    async def forget() -> str:
        """Delete everything."""
        return "forgotten"

    return app
