"""What happens to app, agent and network, each once and for seconds; `faults` runs the long rounds of it."""

from __future__ import annotations

import asyncio
import os
from types import SimpleNamespace
from typing import Any, cast

import httpx2
import pytest

from tests.tunnel import faults
from tests.tunnel.every_second import EverySecond
from tests.tunnel.faults import KINDS, Fault, House, NoAgent, Report, Trial, plan, run, too_much
from tests.tunnel.namespaces import can_cut

FAULTS = [
    Fault("app stopped", 3),
    Fault("agent stopped", 3),
    Fault("agent killed"),
    Fault("network cut", 3, "here"),
    Fault("network cut", 3, "there"),
    Fault("agent killed"),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Of all faults that this system can make, in one run: to begin one takes as long as three faults."""
    possible = [fault for fault in FAULTS if fault.kind != "network cut" or can_cut()]
    return asyncio.run(run(tmp_path_factory.mktemp("faults"), possible))


def test_each_fault_is_over_in_seconds_and_costs_no_login_no_write_and_no_descriptor(report: Report) -> None:
    assert report.problems == []
    assert {kind: len(report.back[kind]) for kind in KINDS if kind != "network cut"} == {
        "app stopped": 1,
        "agent stopped": 1,
        "agent killed": 2,
    }
    assert report.writes >= len(FAULTS)


def test_a_network_that_is_cut_here_or_there_costs_as_little(report: Report) -> None:
    if not can_cut():
        pytest.skip("only root on Linux, with the program `ip`, can lay a wire and cut it")
    assert report.problems == []
    assert len(report.back["network cut"]) == 2


def test_a_long_run_is_planned_with_every_kind_as_often_as_the_others() -> None:
    drawn = [fault.kind for fault in plan(40, 1)]
    assert {kind: drawn.count(kind) for kind in drawn} == dict.fromkeys(KINDS, 10)
    assert plan(40, 1) == plan(40, 1) != plan(40, 2)


def test_memory_and_processor_time_above_their_bars_are_problems() -> None:
    assert too_much(84.9, None) == too_much(84.9, 0.19) == []
    assert too_much(85.1, 0.21) == [
        "85.1 MB at the end, above 85",
        "0.210 % of a core while nobody calls, above 0.2",
    ]


@pytest.mark.parametrize("running", [[], [4711, 4712]])
@pytest.mark.parametrize("kind", ["agent killed", "agent stopped"])
async def test_nothing_is_ended_where_not_one_agent_runs(
    running: list[int], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[Any] = []
    monkeypatch.setattr(os, "kill", lambda *given: ended.append(given))
    monkeypatch.setattr(faults, "BACK_SECONDS", 0.1)
    agents = SimpleNamespace(running=lambda: running)
    house = SimpleNamespace(agents=agents, agent=lambda: House.agent(cast(House, SimpleNamespace(agents=agents))))
    client = EverySecond("https://careful-heron-42.ngrok-free.dev", 1)
    with pytest.raises(NoAgent, match=f"^{len(running)} agents before it"):
        await Trial(cast(House, house), cast(httpx2.AsyncClient, None), client, None).happens(Fault(kind))
    assert ended == []
