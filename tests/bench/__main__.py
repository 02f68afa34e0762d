"""Prints one table: what was measured, beside the bar and the goal. `uv run python -m tests.bench [--quick]`."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

Row = tuple[str, str, str, str]


def main() -> int:
    if importlib.util.find_spec("fastmcp") is None:
        uv = shutil.which("uv")
        if uv is None or "BENCH_INSTALLED" in os.environ:
            print("The bench needs its own group: uv run --group test --group bench python -m tests.bench")
            return 1
        command = [uv, "run", "--group", "test", "--group", "bench", "python", "-m", "tests.bench", *sys.argv[1:]]
        return subprocess.run(command, env={**os.environ, "BENCH_INSTALLED": "1"}, check=False).returncode
    with tempfile.TemporaryDirectory() as folder:
        rows = asyncio.run(measure(Path(folder), quick="--quick" in sys.argv[1:]))
    print_table(rows)
    return 0


async def measure(folder: Path, *, quick: bool) -> list[Row]:
    """All rows. `quick` takes fewer rounds and a hundredth of the grants: for trying the bench, not for figures."""
    from tests.bench.calls import ERAS, measure_calls, median_ratio
    from tests.bench.folder import measure_folder
    from tests.bench.preview import measure_preview
    from tests.bench.process import measure_running, measure_start
    from tests.bench.sign_in import measure_sign_in
    from tests.bench.tokens import measure_tokens
    from tests.bench.widgets import measure_saves

    rows: list[Row] = []
    calls = await measure_calls(folder, rounds=1 if quick else 5)
    bars = {"2025-11-25": ("0.55", "0.70"), "2026-07-28": ("0.42", "0.55")}
    for era in ERAS:
        bare = median_ratio(calls, "homeport", "starlette", era)
        rows.append((f"tools/call {era}, against a bare Starlette route", f"{bare:.2f}", *bars[era]))
    for era in ERAS:
        fastmcp = median_ratio(calls, "homeport", "fastmcp", era)
        sdk = median_ratio(calls, "homeport", "sdk", era)
        rows.append((f"tools/call {era}, against FastMCP with a JWT verifier", f"{fastmcp:.1f}x", "8x", "10x"))
        rows.append((f"tools/call {era}, against the SDK's own app", f"{sdk:.1f}x", "-", "-"))
    cold, warm, dropped = await measure_start(folder, starts=2 if quick else 10)
    note = "caches dropped" if dropped else "caches could not be dropped"
    rows.append((f"start to first 200 on /health, {note}", f"{cold:.2f} s", "1.0 s", "0.7 s"))
    rows.append(("the same, warm", f"{warm:.2f} s", "-", "-"))
    if sys.platform == "linux":
        from tests.packaging.binary import build

        program = await asyncio.to_thread(build, folder / "binary")
        cold, warm, _ = await measure_start(folder / "binary", starts=2 if quick else 10, program=[program])
        rows.append(("the program of one file: its size", f"{program.stat().st_size / 1e6:.1f} MB", "40 MB", "30 MB"))
        rows.append((f"its start to first 200 on /health, {note}", f"{cold:.2f} s", "1.8 s", "1.3 s"))
        rows.append(("the same, warm", f"{warm:.2f} s", "-", "-"))
    first, second, idle = await measure_running(
        folder, calls=1_000 if quick else 10_000, idle_seconds=10 if quick else 60
    )
    rows.append(("memory after 10,000 calls", f"{first:.0f} MB", "85 MB", "75 MB"))
    rows.append(("memory after 10,000 more", f"{second:.0f} MB", "no growth", "-"))
    rows.append(("idle CPU, of one core", f"{idle * 100:.2f} %", "0.2 %", "0.05 %"))
    privy, owner = await measure_sign_in(folder / "sign-in", sign_ins=10 if quick else 100)
    rows.append(
        (f"server time of a sign-in with Privy, beside {owner:.0f} ms of the owner's", f"{privy:.0f} ms", "+50 ms", "-")
    )
    saved = await measure_saves(folder / "widgets", edits=5 if quick else 20)
    rows.append(("save of a .tsx of the list view to its new page", f"{saved:.0f} ms", "-", "-"))
    seen = await measure_preview(folder / "preview", edits=5 if quick else 20)
    rows.append(("save of a .tsx of the list view to the preview showing it", f"{seen:.0f} ms", "300 ms", "150 ms"))
    files = 5_000 if quick else 100_000
    folder_search = await asyncio.to_thread(measure_folder, folder / "folder", files=files)
    rows.append((f"search in a folder of {files} files, median", f"{folder_search.median:.0f} ms", "100 ms", "-"))
    rows.append(("the same, 95 of 100", f"{folder_search.p95:.0f} ms", "100 ms", "-"))
    rows.append(("first look at that folder", f"{folder_search.first_scan:.0f} s", "-", "-"))
    rows.append(("a later look", f"{folder_search.next_scan:.1f} s", "-", "-"))
    few, many = await measure_tokens(folder, grants=(1_000, 10_000 if quick else 1_000_000))
    rows.append(("refreshes a second, durable SQLite", f"{few:.0f}", "300", "600"))
    rows.append(("slower at 1,000,000 grants than at 1,000", f"{few / many:.2f}x", "1.3x", "1.1x"))
    return rows


def print_table(rows: list[Row]) -> None:
    head: Row = ("what", "measured", "bar", "goal")
    widths = [max(len(row[place]) for row in [head, *rows]) for place in range(4)]
    for row in [head, tuple("-" * width for width in widths), *rows]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    raise SystemExit(main())
