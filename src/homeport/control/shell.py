"""The page of the control listener: the dashboard's bundle, which holds no data, under a policy that allows only it."""

from __future__ import annotations

import base64
import hashlib
import re

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from homeport import bundles
from homeport.errors import BundleError

_SCRIPT = re.compile(r"<script\b[^>]*>(.*?)</script\s*>", re.DOTALL | re.IGNORECASE)
_STYLE = re.compile(r"<style\b[^>]*>(.*?)</style\s*>", re.DOTALL | re.IGNORECASE)


async def shell(_: Request) -> Response:
    """The dashboard, or, when it was not built, what to do about that."""
    try:
        document = bundles.page("dashboard")
    except BundleError as error:
        return PlainTextResponse(f"{error.title}\n\n{error.message}\n{error.hint}\n", 503)
    return HTMLResponse(document, headers={"Content-Security-Policy": policy(document)})


def policy(page: str) -> str:
    """A Content-Security-Policy under which exactly this page's own scripts and styles run (CSP Level 3, hashes)."""
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hashes(_SCRIPT, page)}",
            f"style-src {_hashes(_STYLE, page)}",
            "img-src data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def _hashes(pattern: re.Pattern[str], page: str) -> str:
    found = [base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in pattern.findall(page)]
    return " ".join(f"'sha256-{digest}'" for digest in found) or "'none'"
