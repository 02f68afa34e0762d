"""A search over the built-in folder app's folder: 100,000 files, common and rare words, after the first scan."""

from __future__ import annotations

import random
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from homeport.folder import TextFolder

WORDS_IN_A_FILE = 150
FILES_IN_A_FOLDER = 100


@dataclass(frozen=True, slots=True)
class Measured:
    """Milliseconds of a search, and seconds of the scans."""

    median: float
    p95: float
    worst: float
    first_scan: float
    next_scan: float


def write_files(folder: Path, files: int) -> list[str]:
    """Markdown files as people's words are spread: some in nearly every file, most in few. The answer are the words,
    the common ones first."""
    chance = random.Random(7)
    words = ["".join(chance.choices("abcdefghijklmnoprstuvwz", k=chance.randint(3, 10))) for _ in range(30_000)]
    weights = [1 / (place + 1) for place in range(len(words))]
    heap = chance.choices(words, weights, k=2_000_000)
    for number in range(files):
        parent = folder / f"topic-{number // FILES_IN_A_FOLDER}"
        if number % FILES_IN_A_FOLDER == 0:
            parent.mkdir(parents=True)
        start = chance.randrange(len(heap) - WORDS_IN_A_FILE)
        text = " ".join(heap[start : start + WORDS_IN_A_FILE])
        (parent / f"note-{number}.md").write_text(f"# Note {number}\n\n{text}\n", encoding="utf-8")
    return words


def measure_folder(folder: Path, *, files: int = 100_000, searches: int = 300) -> Measured:
    """Searches of one to five words, one after the other."""
    words = write_files(folder / "files", files)
    searched = TextFolder(folder / "files", cache=folder / "cache")
    began = time.perf_counter()
    searched.start()
    searched.wait()
    first_scan = time.perf_counter() - began
    began = time.perf_counter()
    searched.start()
    searched.wait()
    next_scan = time.perf_counter() - began
    chance = random.Random(8)
    taken = []
    for _ in range(searches):
        # As often common words as rare ones.
        query = [words[int(len(words) ** chance.random()) - 1] for _ in range(chance.randint(1, 5))]
        began = time.perf_counter()
        searched.search(" ".join(query))
        taken.append((time.perf_counter() - began) * 1000)
    searched.stop()
    quantiles = statistics.quantiles(taken, n=20)
    return Measured(statistics.median(taken), quantiles[-1], max(taken), first_scan, next_scan)
