"""The pages that must work without script. Renders; decides nothing and knows no request.

Style and script are inline and allowed by their hash, so that no second request is needed (a tunnel's own page can
get in the way of one) and nothing else can run.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from starlette.responses import HTMLResponse

from homeport.settings.as_typed import as_typed

if TYPE_CHECKING:
    from jinja2 import Environment

MARKS = {"read": "reads", "write": "changes", "destroy": "can delete"}

_TEMPLATES = ("layout", "front", "error", "waiting", "sign_in", "consent", "going_back")


class Pages:
    """Loads the templates once. Every text from outside is escaped by Jinja and was cleaned before."""

    def __init__(self) -> None:
        folder = files(__name__)
        self._css = folder.joinpath("house.css").read_text("utf-8")
        self._script = folder.joinpath("waiting.js").read_text("utf-8")
        self._templates = {f"{name}.html": folder.joinpath(f"{name}.html").read_text("utf-8") for name in _TEMPLATES}
        self._policy = _policy(
            (
                f"style-src '{_hash(self._css)}'",
                f"script-src '{_hash(self._script)}'",
                "connect-src 'self'",
                "img-src data:",
            )
        )

    @cached_property
    def _environment(self) -> Environment:
        """Made for the first page: a start does not wait for Jinja to be loaded."""
        from jinja2 import DictLoader, Environment, StrictUndefined
        from markupsafe import Markup

        environment = Environment(
            loader=DictLoader(self._templates), autoescape=True, undefined=StrictUndefined, trim_blocks=True
        )
        environment.globals.update(css=Markup(self._css), script=Markup(self._script), marks=MARKS, as_typed=as_typed)
        return environment

    def render(self, name: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """The page `name` as a response with its policy. No COOP: it would cut off ChatGPT's popup."""
        return self._response(name, status, self._policy, values)

    def render_sign_in(self, *, privy: str, captcha: str | None, **values: Any) -> HTMLResponse:
        """The page on which Privy's script runs: it may reach Privy's host, and the captcha's when there is one."""
        more = [] if captcha is None else [captcha]
        policy = _policy(
            (
                f"style-src '{_hash(self._css)}' {values['style']}",
                " ".join(["script-src", values["script_url"], *more]),
                f"connect-src 'self' {privy}",
                "img-src 'self' data:",
                *(f"frame-src {host}" for host in more),
            )
        )
        return self._response("sign_in", 200, policy, values)

    def _response(self, name: str, status: int, policy: str, values: Mapping[str, Any]) -> HTMLResponse:
        html = self._environment.get_template(f"{name}.html").render(**values)
        return HTMLResponse(
            html,
            status_code=status,
            headers={
                "Content-Security-Policy": policy,
                "Referrer-Policy": "same-origin",
                "X-Frame-Options": "DENY",
                "X-Content-Type-Options": "nosniff",
                "Cache-Control": "no-store",
                "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
            },
        )


def _policy(own: Iterable[str]) -> str:
    always = ("form-action 'self'", "base-uri 'none'", "object-src 'none'", "frame-ancestors 'none'")
    return "; ".join(("default-src 'none'", *own, *always))


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
