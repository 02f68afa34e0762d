"""How tests are run: `async def` tests on a fresh event loop each, but for those with a browser; slow folders last;
--no-skips.
"""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Generator
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, settings

from tests.browser.chromium import PROGRAM
from tests.browser.shared_loop import SharedLoop

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

# How long an example takes says how busy the machine is. The rest stays as it is, so CI's own profile too.
settings.register_profile("unhurried", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")

BROWSERS = pytest.StashKey[SharedLoop]()
SLOW_FOLDERS = ("whole", "browser", "judges", "conformance", "packaging", "deploy", "bench")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--no-skips", action="store_true", help="count a skipped test as failed, as CI does")


def pytest_configure(config: pytest.Config) -> None:
    # Under `uv run` each command in a message would begin with that; what is compared does not.
    os.environ.pop("UV_RUN_RECURSION_DEPTH", None)
    config.addinivalue_line("markers", "chromium: uses tests.browser.chromium, which other tests use as well")


def pytest_unconfigure(config: pytest.Config) -> None:
    if (browsers := config.stash.get(BROWSERS, None)) is not None:
        browsers.close()


def pytest_runtest_setup(item: pytest.Item) -> None:
    if PROGRAM is None and item.get_closest_marker("chromium") is not None:
        pytest.skip("there is no Chromium on this machine")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What fails fast comes first; within a stage the order of the files stays."""

    def stage(item: pytest.Item) -> int:
        folders = item.path.relative_to(item.config.rootpath).parts
        return next((place for place, name in enumerate(SLOW_FOLDERS, 1) if name in folders), 0)

    items.sort(key=stage)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return skip_as_failure((yield), item.config)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return skip_as_failure((yield), collector.config)


def skip_as_failure(report: Report, config: pytest.Config) -> Report:
    """With --no-skips a skip, but not an expected failure, becomes a failure that gives the skip's reason."""
    if config.getoption("no_skips") and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"{report.nodeid} may not be skipped here. {reason}"
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run `async def` tests to their end; a test that hangs for two minutes fails."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    arguments = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}

    async def bounded() -> None:
        async with asyncio.timeout(120):
            await pyfuncitem.obj(**arguments)

    if pyfuncitem.get_closest_marker("chromium") is None:
        asyncio.run(bounded())
    else:
        browsers_of(pyfuncitem.config).run(bounded)
    return True


def browsers_of(config: pytest.Config) -> SharedLoop:
    """Started for the first test that wants one."""
    if (browsers := config.stash.get(BROWSERS, None)) is None:
        browsers = config.stash[BROWSERS] = SharedLoop()
    return browsers
