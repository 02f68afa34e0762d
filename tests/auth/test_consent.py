"""What a person is asked, and what follows from their answer."""

from __future__ import annotations

import pytest

from homeport.auth.consent import granted, question, requested_scopes
from homeport.auth.errors import InvalidScope
from tests.auth.grants_at_work import APP


def test_no_scope_asked_means_all_that_tools_need_and_a_refresh_token() -> None:
    for nothing in (None, "", "  "):
        assert requested_scopes(APP, nothing, identity=False) == ("read", "write", "offline_access")


def test_what_does_not_exist_is_left_out_and_nothing_left_is_an_error() -> None:
    assert requested_scopes(APP, "admin read", identity=False) == ("read",)
    with pytest.raises(InvalidScope):
        requested_scopes(APP, "admin", identity=False)


def test_a_step_up_scope_is_given_only_when_it_is_asked_for() -> None:
    assert "publish" not in requested_scopes(APP, None, identity=False)
    assert requested_scopes(APP, "write publish", identity=False) == ("write", "publish")


def test_openid_and_email_exist_only_where_sign_in_yields_an_email() -> None:
    assert requested_scopes(APP, "read openid email", identity=False) == ("read",)
    assert requested_scopes(APP, "read openid email", identity=True) == ("read", "openid", "email")


def test_the_tools_shown_are_those_the_scopes_reach() -> None:
    for asked, names in (
        (["read"], ["hello"]),
        (["write"], ["hello", "note"]),
        (["write", "publish"], ["hello", "note", "publish"]),
        (["publish"], []),
        (["offline_access"], []),
    ):
        assert [tool.name for tool in question(APP, asked, frozenset()).tools] == names


def test_only_what_is_new_since_the_last_consent_is_marked() -> None:
    first = question(APP, ["write"], frozenset())
    assert first.first_time
    assert not any(tool.new for tool in first.tools)
    again = question(APP, ["write"], frozenset({"hello"}))
    assert {tool.name: tool.new for tool in again.tools} == {"hello": False, "note": True}


def test_write_can_be_left_out_and_read_stays() -> None:
    assert granted(["write", "offline_access", "publish"], without_write=True) == "read offline_access"
    assert granted(["read", "write"], without_write=True) == "read"
    assert granted(["read"], without_write=True) == "read"
    assert granted(["read", "write"], without_write=False) == "read write"
