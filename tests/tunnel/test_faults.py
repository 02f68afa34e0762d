"""What happens to app, agent and network, each once and for seconds; `faults` runs the long rounds of it."""

from __future__ import annotations

from pathlib import Path

from tests.tunnel.faults import Fault, run
from tests.tunnel.namespaces import can_cut

FAULTS = [
    Fault("app stopped", 3),
    Fault("agent stopped", 3),
    Fault("agent killed"),
    Fault("network cut", 3, "here"),
    Fault("network cut", 3, "there"),
    Fault("agent killed"),
]


async def test_each_fault_is_over_in_seconds_and_costs_no_login_no_write_and_no_descriptor(tmp_path: Path) -> None:
    faults = [fault for fault in FAULTS if fault.kind != "network cut" or can_cut()]
    report = await run(tmp_path, faults)
    assert report.problems == []
    assert sum(len(seconds) for seconds in report.back.values()) == len(faults)
    assert report.writes >= len(faults)
