"""The content policy of a widget: what ChatGPT gives one that asks for nothing, and no word more than was asked for."""

from __future__ import annotations

from homeport.control.preview.policy import declared_sources, redirect_domains, widget_policy
from tests.widgets.kit.scene import POLICY

NOTHING = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; font-src 'none'; "
    "media-src data:; connect-src 'none'; frame-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'"
)


def test_the_kits_own_tests_run_under_the_same_policy() -> None:
    assert in_full(POLICY) == in_full(widget_policy({}).directives)


def in_full(policy: str) -> dict[str, str]:
    """What a policy allows, by directive: where it is silent, its default counts."""
    said = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    fetched = ("script-src", "style-src", "img-src", "font-src", "media-src", "connect-src", "frame-src", "object-src")
    return dict.fromkeys((*fetched, "worker-src", "manifest-src"), said["default-src"]) | said


def test_a_widget_that_declares_nothing_reaches_nothing() -> None:
    assert widget_policy({}).directives == NOTHING
    assert widget_policy({"ui": {"csp": {}}, "openai/widgetCSP": {"connect_domains": []}}).directives == NOTHING


def test_declared_origins_are_allowed_for_what_they_were_declared_for_only() -> None:
    csp = {
        "connectDomains": ["https://api.example.com", "wss://live.example.com:8443"],
        "resourceDomains": ["https://*.images.example.com"],
        "frameDomains": ["https://maps.example.com"],
        "baseUriDomains": ["https://base.example.com"],
    }
    rules = dict(rule.split(" ", 1) for rule in widget_policy({"ui": {"csp": csp}}).directives.split("; "))
    assert rules["connect-src"] == "https://api.example.com wss://live.example.com:8443"
    assert rules["img-src"] == "data: https://*.images.example.com"
    assert rules["font-src"] == "https://*.images.example.com"
    assert rules["script-src"] == "'unsafe-inline' https://*.images.example.com"
    assert rules["frame-src"] == "https://maps.example.com"
    assert rules["base-uri"] == "https://base.example.com"
    assert rules["form-action"] == "'none'"


def test_what_could_end_a_directive_or_widen_it_is_refused_and_named() -> None:
    bad = [
        "https://a.example.com; script-src *",
        "*",
        "'unsafe-eval'",
        "data:",
        "https://*",
        "https://a.example.com/path",
        "",
        "a b",
    ]
    policy = widget_policy(
        {"ui": {"csp": {"connectDomains": [*bad, "https://good.example.com"], "resourceDomains": bad}}}
    )
    assert policy.refused == tuple(bad)
    assert "connect-src https://good.example.com;" in policy.directives
    assert policy.directives.replace(" https://good.example.com", " 'none'") == NOTHING


def test_chatgpts_older_key_counts_where_the_standard_one_is_missing() -> None:
    alias = {"connect_domains": ["https://old.example.com"], "redirect_domains": ["https://go.example.com"]}
    assert declared_sources({"openai/widgetCSP": alias})["connect"] == ["https://old.example.com"]
    both = {"openai/widgetCSP": alias, "ui": {"csp": {"connectDomains": ["https://new.example.com"]}}}
    assert declared_sources(both)["connect"] == ["https://new.example.com"]
    assert redirect_domains(both) == ["https://go.example.com"]


def test_metadata_of_any_shape_is_survived() -> None:
    for odd in (
        {"ui": 3},
        {"ui": {"csp": "x"}},
        {"ui": {"csp": {"connectDomains": "https://a.example.com"}}},
        {"ui": {"csp": {"connectDomains": [3]}}},
    ):
        assert widget_policy(odd).directives == NOTHING


def test_only_the_page_itself_may_embed_it() -> None:
    assert widget_policy({}).header("http://127.0.0.1:3003").endswith("; frame-ancestors http://127.0.0.1:3003")
