"""A look at the folder stands still while somebody searches."""

from __future__ import annotations

import threading

from homeport.folder.right_of_way import RightOfWay


def test_the_long_work_goes_on_when_the_short_one_is_over() -> None:
    way, told = RightOfWay(), []

    def long_work() -> None:
        assert way.give_way(10)
        told.append("long")

    with way.taken():
        working = threading.Thread(target=long_work)
        working.start()
        assert not way.give_way(0.05)
        told.append("short")
    working.join(10)
    assert told == ["short", "long"]


def test_the_long_work_waits_for_nobody() -> None:
    assert RightOfWay().give_way(0)


def test_a_search_that_fails_leaves_the_way_free() -> None:
    way = RightOfWay()
    try:
        with way.taken():
            raise OSError
    except OSError:
        pass
    assert way.give_way(0)
