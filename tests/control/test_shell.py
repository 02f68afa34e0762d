"""The policy around the dashboard allows exactly the page that was built."""

from __future__ import annotations

import base64
import hashlib

from homeport.control.shell import policy


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_pages_own_scripts_and_styles_are_allowed_by_their_digests() -> None:
    page = '<style>a{}</style><script type="module">one()</script>\n<SCRIPT>\ntwo()\n</SCRIPT >'
    rules = dict(rule.split(" ", 1) for rule in policy(page).split("; "))
    assert rules["script-src"] == f"{digest('one()')} {digest(chr(10) + 'two()' + chr(10))}"
    assert rules["style-src"] == digest("a{}")


def test_everything_else_is_forbidden() -> None:
    rules = dict(rule.split(" ", 1) for rule in policy("<p>plain</p>").split("; "))
    assert rules["script-src"] == rules["style-src"] == rules["default-src"] == rules["frame-ancestors"] == "'none'"
    assert rules["connect-src"] == "'self'"
    assert "unsafe" not in policy("<script>x</script>")
