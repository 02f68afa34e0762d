"""The bench says which bars are missed, and ends accordingly."""

from __future__ import annotations

import pytest

from tests.bench.table import Row, judge
from tests.bench.widgets import measure_sizes

MET = [
    Row("calls", 0.55, "", 2, 0.55, 0.70, more=True),
    Row("start", 1.0, " s", 2, 1.0, 0.7),
    Row("first look", 41, " s"),
    Row("not measured and without a bar", None),
]


def test_bars_that_are_met_end_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert judge(MET) == 0
    assert capsys.readouterr().out.splitlines() == [
        "what                            measured  bar   goal",
        "------------------------------  --------  ----  -----",
        "calls                           0.55      0.55  0.7",
        "start                           1.00 s    1 s   0.7 s",
        "first look                      41 s      -     -",
        "not measured and without a bar  not here  -     -",
    ]


@pytest.mark.parametrize(
    "row",
    [
        Row("calls", 0.549, "", 2, 0.55, more=True),
        Row("start", 1.01, " s", 2, 1.0),
        Row("icon", None, " s", 2, 0.5),
    ],
)
def test_one_bar_that_is_missed_is_marked_and_ends_badly(row: Row, capsys: pytest.CaptureFixture[str]) -> None:
    assert judge([*MET, row]) == 1
    said = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in said if line.endswith("  missed")] == [row.what]
    assert said[-1] == "1 of 3 bars missed."


def test_the_pages_are_measured_as_they_are_sent() -> None:
    list_view, sign_in = measure_sizes()
    assert 1 < list_view <= 12
    assert 10 < sign_in <= 220
