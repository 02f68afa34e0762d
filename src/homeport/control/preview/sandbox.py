"""The one document of `localhost:<port>`: an empty page that a widget is put into. It is served only under a policy
that the preview has asked for, and never speaks to the API.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from importlib import resources

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from homeport.control.guard import SANDBOX_PATH
from homeport.control.preview.policy import WidgetPolicy
from homeport.settings.as_typed import as_typed

MOST_POLICIES = 100
ELSEWHERE = "This page belongs to Homeport's preview: open it with `homeport preview`.\n"


class Sandbox:
    """Remembers which policies were asked for by somebody with a session; any other address is 404."""

    def __init__(self, port: int) -> None:
        self._page = f"http://127.0.0.1:{port}"
        self._address = f"http://localhost:{port}{SANDBOX_PATH}"
        self._policies: OrderedDict[str, str] = OrderedDict()
        self._document = (resources.files(__package__) / "sandbox.html").read_text(encoding="utf-8")

    def address(self, policy: WidgetPolicy) -> str:
        """Where a frame under `policy` begins."""
        header = policy.header(self._page)
        key = hashlib.sha256(header.encode()).hexdigest()[:32]
        self._policies[key] = header
        self._policies.move_to_end(key)
        if len(self._policies) > MOST_POLICIES:
            self._policies.popitem(last=False)
        return f"{self._address}?policy={key}"

    async def serve(self, request: Request) -> Response:
        header = self._policies.get(request.query_params.get("policy", ""))
        if header is None:
            return PlainTextResponse(as_typed(ELSEWHERE), 404)
        headers = {
            "Content-Security-Policy": header,
            # A process of its own where the browser can: what loops in there must not stop the page around it.
            "Origin-Agent-Cluster": "?1",
        }
        return HTMLResponse(self._document.replace("{{page}}", self._page), headers=headers)
