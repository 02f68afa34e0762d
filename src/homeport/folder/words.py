"""What somebody asks for, as FTS5 understands it, and where in a text it stands. A query is only words."""

from __future__ import annotations

import re
import unicodedata

MOST_WORDS = 16
SNIPPET_CHARACTERS = 300
BEFORE = 80
MOST_PLACES = 500

# Scripts without spaces between words: each character is a word of its own, a word is a phrase of them.
_UNSPACED = re.compile(
    "([\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])"
)
_BETWEEN = re.compile(r'[\s"\'“”„«»‘’()\[\]{}<>*:,;!?|&^~+]+')


def indexed(text: str) -> str:
    """The text as it is put into the index."""
    return text if text.isascii() else _UNSPACED.sub(r" \1 ", text)


def words_of(query: str) -> list[str]:
    """The words that are asked for, each once; what holds no letter or digit is none."""
    plain = unicodedata.normalize("NFC", query.encode("utf-8", "replace").decode())
    parts = (part.strip("-_./\\#@\0") for part in _BETWEEN.split(plain.replace("\0", " ").casefold()))
    return list(dict.fromkeys(part for part in parts if any(map(str.isalnum, part))))[:MOST_WORDS]


def phrase(word: str, *, begins: bool = False) -> str:
    """One word as an FTS5 string; `begins`: also words that begin with it."""
    text = indexed(word).replace('"', '""').strip()
    return f'"{text}"*' if begins else f'"{text}"'


def snippet(text: str, words: list[str]) -> str:
    """The part of a text that holds most of the words, on one line; its beginning where they stand otherwise."""
    begin = _best_place(text, words)
    start = max(0, begin - BEFORE)
    if start:
        # Begin with a whole word where one begins soon.
        space = text.find(" ", start, begin)
        start = space + 1 if space >= 0 else start
    piece = text[start : start + SNIPPET_CHARACTERS * 2]
    line = " ".join(piece.split())[:SNIPPET_CHARACTERS]
    goes_on = start + len(piece) < len(text) or len(" ".join(piece.split())) > SNIPPET_CHARACTERS
    return f"{'… ' if start else ''}{line}{' …' if goes_on else ''}"


def _best_place(text: str, words: list[str]) -> int:
    if not words:
        return 0
    pattern = re.compile("|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)), re.IGNORECASE)
    places: list[tuple[int, str]] = []
    for found in pattern.finditer(text):
        places.append((found.start(), found[0].casefold()))
        if len(places) == MOST_PLACES:
            break
    best, most, first = 0, 0, 0
    for last, (begin, _) in enumerate(places):
        while begin - places[first][0] > SNIPPET_CHARACTERS - BEFORE:
            first += 1
        held = len({word for _, word in places[first : last + 1]})
        if held > most:
            best, most = places[first][0], held
    return best
