"""Which files are text, what they say, and what they are called. Opens nothing."""

from __future__ import annotations

import codecs
import re
import unicodedata

MARKDOWN = (".md", ".markdown", ".mdown", ".mkd", ".mdx", ".rmd", ".qmd")
OTHERS = (".txt", ".text", ".rst", ".adoc", ".asciidoc", ".org", ".tex", ".csv", ".tsv", ".log")
ENDINGS = frozenset({*MARKDOWN, *OTHERS})
NAMES = frozenset({"readme", "notes", "todo", "changelog", "license", "contributing"})
"""Names without an ending that mean a text."""
MOST_CONTROL = 0.01
LONGEST_TITLE = 200

_MARKS = (
    # The longer mark first: UTF-16's is the beginning of UTF-32's.
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f\x7f]")
_FRONT_MATTER = re.compile(r"---[ \t]*\n(.{0,10000}?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_TITLE_LINE = re.compile(r"^title:(.*)$", re.MULTILINE)
_MARKED = re.compile(r"[\x00-\x7f]?[^\x00-\x7f]{1,500}")
"""A run of characters that may be composed, with the letter it begins on."""
_HEADING = re.compile(
    r"^(?:#{1,6}[ \t]+(\S.{0,400}?)[ \t#]*|(\S.{0,400}?)[ \t]*\n(?:={3,}|-{3,})[ \t]*)$", re.MULTILINE
)


def is_text_name(name: str) -> bool:
    """Whether a file of this name is looked at. A list, so that keys and programs in a folder stay unread."""
    stem, dot, ending = name.casefold().rpartition(".")
    return f".{ending}" in ENDINGS if dot and stem else name.casefold() in NAMES


def decoded(data: bytes) -> str | None:
    """The text of a file; None for what is no text under a text's name.

    UTF-8, UTF-16 and UTF-32 with their marks, UTF-8 without one, and else what Windows wrote in the West.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _as_text(data[len(mark) :].decode(encoding, "replace"))
    if b"\0" in data:
        return None
    try:
        return _as_text(data.decode("utf-8"))
    except UnicodeDecodeError:
        return _as_text(data.decode("cp1252", "replace"))


def _as_text(text: str) -> str | None:
    text = _composed(text.replace("\r\n", "\n").replace("\r", "\n"))
    control = len(_CONTROL.findall(text))
    if control > len(text) * MOST_CONTROL:
        return None
    return _CONTROL.sub(" ", text) if control else text


def _composed(text: str) -> str:
    """In NFC. Run by run, since accents are put in order by insertion: a file of nothing else would take hours."""
    return text if text.isascii() else _MARKED.sub(lambda run: unicodedata.normalize("NFC", run[0]), text)


def title_of(name: str, text: str) -> str:
    """What a Markdown file calls itself, by its front matter or first heading; other files are called by their name."""
    stem = shown(name.rpartition(".")[0] or name)
    if not name.casefold().endswith(MARKDOWN):
        return shown(name)
    start = text[:20_000]
    front = _FRONT_MATTER.match(start)
    said = _TITLE_LINE.search(front[1]) if front else None
    title = said[1].strip("\"' \t") if said else ""
    if not title:
        said = _HEADING.search(start, front.end() if front else 0)
        title = next((group for group in said.groups() if group), "") if said else ""
    return " ".join(title.split())[:LONGEST_TITLE].strip() or stem


def shown(name: str) -> str:
    """A file's name as text: a name may be bytes that no encoding explains."""
    return unicodedata.normalize("NFC", name.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
