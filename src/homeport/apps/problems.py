"""What pydantic found wrong, as the predicate of a sentence: it names a rule and repeats no value. Pure."""

from __future__ import annotations


def rule(kind: str, message: str) -> str:
    """Pydantic's sentence as a predicate. Its own sentences repeat no value, but for the kinds named here."""
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return "is not allowed"
    if kind in ("union_tag_invalid", "assertion_error"):
        return "is not one of the allowed values"
    words = message.removeprefix("Value error, ")
    subject, found, rest = words.partition(" should ")
    return f"should {rest}" if found and len(subject.split()) <= 2 else f"is not valid ({words})"
