"""The errors of the OAuth RFCs carry what their readers need, and nothing else."""

from __future__ import annotations

import inspect

import pytest

from homeport.auth import errors
from homeport.auth.errors import InvalidClient, MatchedRedirect, OAuthError, PageError, RedirectError, SlowDown

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, OAuthError)]


@pytest.mark.parametrize("kind", KINDS)
def test_every_oauth_error_is_in_the_drawn_tree(kind: type[OAuthError]) -> None:
    assert kind.__name__ in (errors.__doc__ or "")


@pytest.mark.parametrize(
    ("name", "code", "status"),
    [
        ("InvalidRequest", "invalid_request", 400),
        ("InvalidClient", "invalid_client", 401),
        ("InvalidGrant", "invalid_grant", 400),
        ("UnauthorizedClient", "unauthorized_client", 400),
        ("UnsupportedGrantType", "unsupported_grant_type", 400),
        ("InvalidScope", "invalid_scope", 400),
        ("InvalidTarget", "invalid_target", 400),
        ("InvalidRedirectUri", "invalid_redirect_uri", 400),
        ("InvalidClientMetadata", "invalid_client_metadata", 400),
        ("TemporarilyUnavailable", "temporarily_unavailable", 503),
    ],
)
def test_codes_and_statuses_are_those_of_the_rfcs(name: str, code: str, status: int) -> None:
    error = getattr(errors, name)("why")
    assert (error.error, error.status) == (code, status)
    assert error.as_json() == {"error": code, "error_description": "why"}
    assert error.headers == {}


def test_too_many_requests_says_when_to_come_back() -> None:
    error = SlowDown("later", retry_after=600)
    assert error.status == 429
    assert error.headers == {"Retry-After": "600"}


def test_headers_of_one_error_are_not_those_of_the_next() -> None:
    InvalidClient("one").headers["X"] = "y"
    assert InvalidClient("two").headers == {}


def test_a_page_error_has_no_way_to_redirect() -> None:
    error = PageError("what", hint="next")
    assert (error.message, error.hint, error.status) == ("what", "next", 400)
    assert not hasattr(error, "redirect_uri")


def test_a_redirect_error_tells_the_issuer_and_the_state_it_was_given() -> None:
    uri = MatchedRedirect("https://chatgpt.com/cb")
    with_state = RedirectError("access_denied", "no", redirect_uri=uri, state="s", iss="https://home.example")
    assert with_state.parameters() == {
        "error": "access_denied",
        "error_description": "no",
        "state": "s",
        "iss": "https://home.example",
    }
    without = RedirectError("access_denied", "no", redirect_uri=uri, state=None, iss="https://home.example")
    assert "state" not in without.parameters()
