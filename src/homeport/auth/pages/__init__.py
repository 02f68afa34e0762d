"""The pages that must work without script. Renders; decides nothing and knows no request.

Style and script are inline and allowed by their hash, so that no second request is needed (a tunnel's own page can
get in the way of one) and nothing else can run.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

MARKS = {"read": "reads", "write": "changes", "destroy": "can delete"}

_TEMPLATES = ("layout", "front", "error", "waiting", "consent", "going_back")


class Pages:
    """Loads the templates once. Every text from outside is escaped by Jinja and was cleaned before."""

    def __init__(self) -> None:
        folder = files(__name__)
        css = folder.joinpath("house.css").read_text("utf-8")
        script = folder.joinpath("waiting.js").read_text("utf-8")
        templates = {f"{name}.html": folder.joinpath(f"{name}.html").read_text("utf-8") for name in _TEMPLATES}
        self._environment = Environment(
            loader=DictLoader(templates), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        self._environment.globals.update(css=Markup(css), script=Markup(script), marks=MARKS)
        self._policy = "; ".join(
            (
                "default-src 'none'",
                f"style-src '{_hash(css)}'",
                f"script-src '{_hash(script)}'",
                "connect-src 'self'",
                "img-src data:",
                "form-action 'self'",
                "base-uri 'none'",
                "frame-ancestors 'none'",
            )
        )

    def render(self, name: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """The page `name` as a response with its policy. No COOP: it would cut off ChatGPT's popup."""
        html = self._environment.get_template(f"{name}.html").render(**values)
        return HTMLResponse(
            html,
            status_code=status,
            headers={
                "Content-Security-Policy": self._policy,
                "Referrer-Policy": "same-origin",
                "X-Frame-Options": "DENY",
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "no-store",
                "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
            },
        )


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
