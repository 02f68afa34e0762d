"""Whatever a segment or a query holds, the path stays below the backend's address."""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeport.apps.backend_errors import PathRefused
from homeport.apps.backend_paths import LONGEST, path_of, query_of, target_of


@pytest.mark.parametrize(
    ("segments", "path"),
    [
        ((), ""),
        (("recipes",), "/recipes"),
        (("recipes", 7, "publish"), "/recipes/7/publish"),
        (("a b", "ü", "100%"), "/a%20b/%C3%BC/100%25"),
        (("a/b",), "/a%2Fb"),
        (("x?y=1#z",), "/x%3Fy%3D1%23z"),
        (("did:privy:abc",), "/did%3Aprivy%3Aabc"),
        (("..a", "a..", "...", "~"), "/..a/a../.../~"),
        (("me@example.com",), "/me%40example.com"),
    ],
)
def test_segments_are_encoded_one_by_one(segments: tuple[str | int, ...], path: str) -> None:
    assert path_of(segments) == path


@pytest.mark.parametrize(
    "segment",
    [
        "",
        ".",
        "..",
        "/",
        "//evil.example",
        "/recipes",
        "recipes/",
        "a/../b",
        "a/./b",
        "a//b",
        "https://evil.example",
        "HTTP://evil.example/x",
        "file:///etc/passwd",
        "a\\b",
        "..\\",
        "a\nb",
        "a\x00",
        "a\x7f",
        "a\x85b",
        "%2e%2e",
        "%2E.",
        "..%2f..%2fadmin",
        "%252e%252e%252fadmin",
        "%5c",
        "a%0d%0ab",
        "https:%2f%2fevil.example",
        "\ud800",
    ],
)
def test_a_segment_that_could_lead_elsewhere_is_refused(segment: str) -> None:
    with pytest.raises(PathRefused) as refused:
        path_of(("recipes", segment))
    assert "evil" not in refused.value.message
    assert refused.value.code == "path_refused"


@pytest.mark.parametrize("segment", [None, True, 1.5, b"x", ["x"]])
def test_a_segment_that_is_no_text_is_the_authors_mistake(segment: object) -> None:
    with pytest.raises(TypeError, match="text or a whole number"):
        path_of((segment,))  # type: ignore[arg-type]


@given(st.lists(st.text(), min_size=1, max_size=4), st.dictionaries(st.text(), st.text(), max_size=3))
def test_what_is_not_refused_arrives_as_it_was_and_below_the_address(
    segments: list[str], query: dict[str, str]
) -> None:
    try:
        target = target_of(segments, query)
    except PathRefused:
        return
    parts = urlsplit(f"https://backend.example/v1{target}")
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "backend.example", "")
    assert target.isascii()
    assert target.isprintable()
    assert [unquote(part) for part in parts.path.removeprefix("/v1/").split("/")] == segments
    assert not {"", ".", ".."} & set(unquote(parts.path).removeprefix("/v1/").split("/"))


def test_a_query_is_encoded_and_leaves_out_what_is_none() -> None:
    query = {"q": "a b&c", "tag": ["x", "y"], "no": None, "yes": True, "n": 2, "empty": ""}
    assert query_of(query) == "q=a%20b%26c&tag=x&tag=y&yes=true&n=2&empty="
    assert query_of({"no": None}) == query_of(None) == ""
    assert target_of(("items",), {"filter": None}) == "/items"


def test_a_query_with_half_a_character_and_a_target_that_is_too_long_are_refused() -> None:
    with pytest.raises(PathRefused):
        query_of({"q": "\udfff"})
    with pytest.raises(PathRefused, match="too long"):
        target_of(("x" * (LONGEST + 1),), None)
