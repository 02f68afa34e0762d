"""The official conformance suite on Homeport's transport, both eras: which scenarios pass, and why others do not.

The suite can send no token, so that it meets a fixture on Homeport's own endpoint. The product's own tools have other
judges.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.fixture_server import running_fixture
from tests.conformance.suite import Run, required, run_requirements, run_scenario, said
from tests.judges.node import needs_judges

pytestmark = needs_judges

NEEDS_A_BACK_CHANNEL = {
    # The server asks the client during a call. In this era that needs a session: a stream that stays, and a place for
    # the client's answer. Homeport keeps no sessions, so that any replica answers any request (DESIGN 5).
    "tools-call-sampling",
    "tools-call-elicitation",
    "elicitation-sep1034-defaults",
    "elicitation-sep1330-enums",
}
DOUBTED_WITHOUT_A_SESSION = {
    # The suite only warns, and counts it as passed: it checks nothing where no session id is given.
    "server-sse-multiple-streams",
}
BEYOND_2026_07_28 = {
    # Not required of anybody by this revision, and passed.
    "json-schema-2020-12",
    "http-header-validation",
    "http-custom-header-server-validation",
}
EXTENSION_NOT_OFFERED = {
    "tasks-lifecycle",
    "tasks-capability-negotiation",
    "tasks-wire-fields",
    "tasks-request-state-removal",
    "tasks-mrtr-input",
    "tasks-request-headers",
    "tasks-dispatch-and-envelope",
    "tasks-status-notifications",
    "tasks-required-task-error",
    "tasks-mrtr-composition",
}


async def run(revision: str, folder: Path) -> Run:
    async with running_fixture() as url:
        return await run_requirements(url, revision, folder)


async def test_every_scenario_that_2026_07_28_requires_passes(tmp_path: Path) -> None:
    wanted = required("2026-07-28")
    assert len(wanted) == 37

    done = await run("2026-07-28", tmp_path)

    assert done.exit_code == 0, done.output
    assert done.good() == wanted | BEYOND_2026_07_28, done.verdicts
    assert set(done.verdicts) == wanted | BEYOND_2026_07_28 | EXTENSION_NOT_OFFERED
    assert {name for name, passed in said(done).items() if passed} >= wanted, done.output


async def test_of_what_2025_11_25_requires_only_questions_to_the_client_fail(tmp_path: Path) -> None:
    wanted = required("2025-11-25")
    assert len(wanted) == 30

    done = await run("2025-11-25", tmp_path)

    assert wanted - done.good() == NEEDS_A_BACK_CHANNEL | DOUBTED_WITHOUT_A_SESSION, done.verdicts
    assert {name for name in wanted if said(done)[name]} == wanted - NEEDS_A_BACK_CHANNEL, done.output
    for name in NEEDS_A_BACK_CHANNEL:
        (failure,) = done.verdicts[name].failed
        assert "no back-channel" in failure[1]
    assert not any(done.verdicts[name].failed for name in DOUBTED_WITHOUT_A_SESSION)


@pytest.mark.parametrize(("scenario", "checks"), [("http-header-validation", 14), ("dns-rebinding-protection", 2)])
async def test_each_check_of_a_scenario_about_http_passes(scenario: str, checks: int, tmp_path: Path) -> None:
    async with running_fixture() as url:
        done = await run_scenario(url, scenario, tmp_path)

    assert done.exit_code == 0, done.output
    assert done.good() == {scenario}
    assert len(done.verdicts[scenario].passed) == checks, done.verdicts


async def test_a_url_where_nobody_answers_passes_nothing(tmp_path: Path) -> None:
    async with running_fixture() as url:
        pass
    done = await run_scenario(url, "tools-list", tmp_path)
    assert done.exit_code != 0
    assert done.good() == set()
