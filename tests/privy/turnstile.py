"""challenges.cloudflare.com: the Turnstile script, and the frame that hands out tokens which Privy takes once."""

from __future__ import annotations

import json
import secrets
from pathlib import Path

from tests.privy.tenant import Tenant
from tests.privy.wire import Answer, Request, html_answer

HOST = "challenges.cloudflare.com"
SCRIPT = "/turnstile/v0/api.js"
FRAME = "/cdn-cgi/challenge-platform/emulated/turnstile"
_SCRIPT = Path(__file__).with_name("turnstile.js")


def answer(request: Request, tenants: list[Tenant], *, passes: bool) -> Answer:
    """Everything at this host. `passes` False: the challenge fails for everybody."""
    if request.method != "GET":
        return html_answer("", status=405)
    if request.path == SCRIPT:
        if not set(request.query) <= {"render", "onload"}:
            return html_answer("", status=400)
        script = _SCRIPT.read_text(encoding="utf-8").replace("HOST", HOST).replace("FRAME", FRAME)
        return Answer(200, script.encode(), {"content-type": "application/javascript; charset=UTF-8"})
    if request.path != FRAME:
        return html_answer("", status=404)
    site_key = request.query.get("sitekey", "")
    tenant = next((one for one in tenants if _site_key(one) == site_key), None)
    # The real one fails for an unknown site key with 400020.
    message: dict[str, str] = {"id": request.query.get("id", "")}
    if tenant is None:
        message["error"] = "400020"
    elif not passes:
        message["error"] = "300010"
    else:
        message["token"] = f"0.{secrets.token_urlsafe(48)}"
        tenant.captcha.keep(message["token"], site_key)
    data = json.dumps(message).replace("<", "\\u003c")
    return html_answer(
        f"<!doctype html><title>Turnstile</title>Verifying<script>parent.postMessage({data},'*')</script>"
    )


def _site_key(tenant: Tenant) -> str | None:
    return tenant.app.captcha_site_key if tenant.app.captcha == "turnstile" else None
