"""Prints one table: what was measured, beside the bar and the goal. `uv run python -m tests.bench [--quick]`.

Ends with 1 when a bar is missed.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.table import MOST_IDLE, MOST_MEGABYTES, Row, judge

NO_GROWTH_MB = 1.0
"""A leak of 100 bytes a call would be as much."""


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
    return judge(rows)


async def measure(folder: Path, *, quick: bool) -> list[Row]:
    """All rows. `quick` takes fewer rounds and a hundredth of the grants: for trying the bench, not for figures."""
    from tests.bench.calls import ERAS, measure_calls, median_ratio
    from tests.bench.folder import measure_folder
    from tests.bench.preview import measure_preview
    from tests.bench.process import measure_icon, measure_running, measure_start, measure_tray
    from tests.bench.sign_in import measure_sign_in
    from tests.bench.tokens import measure_tokens
    from tests.bench.widgets import measure_saves, measure_sizes

    rows: list[Row] = []
    calls = await measure_calls(folder, rounds=1 if quick else 5)
    bars = {"2025-11-25": (0.55, 0.70), "2026-07-28": (0.42, 0.55)}
    for era in ERAS:
        bare = median_ratio(calls, "homeport", "starlette", era)
        rows.append(Row(f"tools/call {era}, against a bare Starlette route", bare, "", 2, *bars[era], more=True))
    for era in ERAS:
        fastmcp = median_ratio(calls, "homeport", "fastmcp", era)
        sdk = median_ratio(calls, "homeport", "sdk", era)
        what = f"tools/call {era}, against FastMCP with a JWT verifier"
        rows.append(Row(what, fastmcp, "x", 1, 8, 10, more=True))
        rows.append(Row(f"tools/call {era}, against the SDK's own app", sdk, "x", 1))
    starts = 2 if quick else 10
    cold, warm, dropped = await measure_start(folder, starts=starts)
    note = "caches dropped" if dropped else "caches could not be dropped"
    rows.append(Row(f"start to first 200 on /health, {note}", cold, " s", 2, 1.0, 0.7))
    rows.append(Row("the same, warm", warm, " s", 2))
    if sys.platform == "linux":
        from tests.packaging.binary import build

        icon = await measure_icon(folder / "icon", starts=starts) if shutil.which("dbus-daemon") else (None, None)
        rows.append(Row(f"start to the tray icon in its panel, {note}", icon[0], " s", 2, 0.5, 0.3))
        rows.append(Row("the same, warm", icon[1], " s", 2))
        program = await asyncio.to_thread(build, folder / "binary")
        cold, warm, _ = await measure_start(folder / "binary", starts=starts, program=[program])
        rows.append(Row("the program of one file: its size", program.stat().st_size / 1e6, " MB", 1, 40, 30))
        rows.append(Row(f"its start to first 200 on /health, {note}", cold, " s", 2, 1.8, 1.3))
        rows.append(Row("the same, warm", warm, " s", 2))
    first, second, idle = await measure_running(
        folder, calls=1_000 if quick else 10_000, idle_seconds=10 if quick else 60
    )
    rows.append(Row("memory after 10,000 calls", first, " MB", 0, MOST_MEGABYTES, 75))
    rows.append(Row("what 10,000 more add to it", second - first, " MB", 1, NO_GROWTH_MB))
    tray = await measure_tray(folder / "tray") if shutil.which("dbus-daemon") else None
    rows.append(Row("memory behind a tray, fresh", tray, " MB", 0, MOST_MEGABYTES, 75))
    rows.append(Row("idle CPU, of one core", idle * 100, " %", 2, MOST_IDLE, 0.05))
    privy, owner = await measure_sign_in(folder / "sign-in", sign_ins=10 if quick else 100)
    what = f"server time of a sign-in with Privy, beyond the {owner:.0f} ms of the owner's"
    rows.append(Row(what, privy - owner, " ms", 0, 50))
    list_view, sign_in = measure_sizes()
    rows.append(Row("the list view in one file, gzip", list_view, " kB", 1, 12, 10))
    rows.append(Row("the sign-in page's script and style, gzip", sign_in, " kB", 1, 220, 120))
    saved = await measure_saves(folder / "widgets", edits=5 if quick else 20)
    rows.append(Row("save of a .tsx of the list view to its new page", saved, " ms"))
    seen = await measure_preview(folder / "preview", edits=5 if quick else 20)
    rows.append(Row("save of a .tsx of the list view to the preview showing it", seen, " ms", 0, 300, 150))
    files = 5_000 if quick else 100_000
    searched = await asyncio.to_thread(measure_folder, folder / "folder", files=files)
    rows.append(Row(f"search in a folder of {files} files, median", searched.median, " ms", 0, 100))
    rows.append(Row("the same, 95 of 100", searched.p95, " ms", 0, 100))
    rows.append(Row("the same, the slowest", searched.worst, " ms", 0, 100))
    rows.append(Row("first look at that folder", searched.first_scan, " s"))
    rows.append(Row("a later look", searched.next_scan, " s", 1))
    few, many = await measure_tokens(folder, grants=(1_000, 10_000 if quick else 1_000_000))
    rows.append(Row("refreshes a second, durable SQLite", few, "", 0, 300, 600, more=True))
    rows.append(Row("slower at 1,000,000 grants than at 1,000", few / many, "x", 2, 1.3, 1.1))
    return rows


if __name__ == "__main__":
    raise SystemExit(main())
