"""What the desk does with questions and codes, over a real database."""

from __future__ import annotations

from pathlib import Path

import pytest

from homeport.approvals import Approval, ApprovalState, tables
from homeport.approvals.desk import MOST_ENDED
from homeport.errors import ApprovingPaused, NoSuchRequest
from homeport.store import Transaction
from tests.approvals.questions import Work, desk_at_work, question


async def test_a_code_finds_its_question_and_is_stored_nowhere(tmp_path: Path) -> None:
    async with desk_at_work(tmp_path) as work:
        approval, event = await work.ask("s1")
        code = await work.code_of("s1")
        found = await work.typed(code)
        assert found is not None
        assert found.approval_id == approval.approval_id
        rows = await work.do(lambda tx: [dict(row) for row in tx.all("SELECT * FROM approvals")])
        assert code not in repr(rows) + repr(event) + repr(approval)


async def test_a_code_lives_five_minutes(tmp_path: Path) -> None:
    async with desk_at_work(tmp_path) as work:
        await work.ask("s1")
        code = await work.code_of("s1")
        work.clock.now += 299
        assert await work.typed(code) is not None
        work.clock.now += 1
        assert await work.typed(code) is None
        assert work.desk.code_for_page(await work.now_of("s1")) is None


async def test_a_code_works_once(tmp_path: Path) -> None:
    async with desk_at_work(tmp_path) as work:
        approval, _ = await work.ask("s1")
        code = await work.code_of("s1")
        assert await work.approve(approval)
        assert await work.typed(code) is None
        assert not await work.approve(approval)


async def test_a_question_that_ended_after_ten_minutes_can_neither_be_approved_nor_renewed(tmp_path: Path) -> None:
    async with desk_at_work(tmp_path) as work:
        approval, _ = await work.ask("s1")
        work.clock.now += 299
        renewed = await work.renew(approval)
        assert renewed is not None
        work.clock.now += 301
        assert await work.renew(renewed) is None
        assert await work.do(work.desk.waiting) == []


async def five_wrong_codes(work: Work) -> None:
    for number in range(5):
        last = work.desk.wrong_code()
        assert last is (number == 4)
    await work.do(work.desk.replace_codes)


async def test_five_wrong_codes_in_a_row_replace_every_live_code_and_pause_approving_for_60_s(tmp_path: Path) -> None:
    async with desk_at_work(tmp_path) as work:
        await work.ask("s1")
        await work.ask("s2", "203.0.113.9")
        before = {await work.code_of("s1"), await work.code_of("s2")}
        await five_wrong_codes(work)
        after = {await work.code_of("s1"), await work.code_of("s2")}
        assert len(after) == 2
        assert not before & after
        with pytest.raises(ApprovingPaused, match=r"goes on in 6[01] seconds"):
            work.desk.check_pause()
        work.clock.now += 60
        work.desk.check_pause()


async def test_a_right_code_in_between_begins_the_count_anew(tmp_path: Path) -> None:
    async with desk_at_work(tmp_path) as work:
        for _ in range(4):
            assert not work.desk.wrong_code()
        work.desk.right_code()
        for _ in range(4):
            assert not work.desk.wrong_code()


async def test_only_the_first_browser_fetches_an_approval_and_only_within_two_minutes(tmp_path: Path) -> None:
    async with desk_at_work(tmp_path) as work:
        for subject, late, expected in (("s1", 119, [True, False]), ("s2", 120, [False, False])):
            approval, _ = await work.ask(subject)
            await work.approve(approval)
            work.clock.now += late
            approved = await work.now_of(subject)

            def fetch(tx: Transaction, approved: Approval = approved) -> list[bool]:
                return [work.desk.fetched(tx, approved), work.desk.fetched(tx, approved)]

            assert await work.do(fetch) == expected


async def test_an_approval_nobody_came_for_gives_way_to_a_new_code(tmp_path: Path) -> None:
    async with desk_at_work(tmp_path) as work:
        approval, _ = await work.ask("s1")
        old = await work.code_of("s1")
        await work.approve(approval)
        assert await work.renew(await work.now_of("s1")) is None
        work.clock.now += 120
        renewed = await work.renew(await work.now_of("s1"))
        assert renewed is not None
        assert renewed.state is ApprovalState.WAITING
        assert await work.code_of("s1") != old
        assert not await work.do(lambda tx: work.desk.fetched(tx, renewed))


async def test_a_displaced_question_comes_back_with_a_new_code_and_number(tmp_path: Path) -> None:
    async with desk_at_work(tmp_path) as work:
        first, _ = await work.ask("s0")
        old = await work.code_of("s0")
        for number in range(1, 4):
            await work.ask(f"s{number}")
        displaced = await work.now_of("s0")
        assert displaced.state is ApprovalState.DISPLACED
        assert work.desk.code_for_page(displaced) is None
        assert await work.typed(old) is None
        renewed = await work.renew(displaced)
        assert renewed is not None
        assert renewed.number > first.number
        assert await work.code_of("s0") != old
        assert (await work.now_of("s1")).state is ApprovalState.DISPLACED


async def test_a_withdrawn_question_never_comes_back(tmp_path: Path) -> None:
    async with desk_at_work(tmp_path) as work:
        for number in range(4):
            await work.ask(f"s{number}")
        for subject in ("s0", "s1"):  # one that was pushed out, one that waits
            await work.do(lambda tx, subject=subject: work.desk.withdraw(tx, subject))  # type: ignore[misc]
            withdrawn = await work.now_of(subject)
            assert withdrawn.state is ApprovalState.FETCHED
            assert await work.renew(withdrawn) is None
        assert [one.subject for one in await work.do(work.desk.waiting)] == ["s2", "s3"]


async def test_deny_takes_a_number_or_all(tmp_path: Path) -> None:
    async with desk_at_work(tmp_path) as work:
        for number in range(3):
            await work.ask(f"s{number}")
        one = (await work.now_of("s1")).number
        assert [a.subject for a in await work.do(lambda tx: work.desk.deny(tx, one))] == ["s1"]
        with pytest.raises(NoSuchRequest):
            await work.do(lambda tx: work.desk.deny(tx, one))
        assert len(await work.do(lambda tx: work.desk.deny(tx, None))) == 2
        assert await work.do(lambda tx: work.desk.deny(tx, None)) == []


async def test_one_notification_a_minute_and_the_others_are_counted(tmp_path: Path) -> None:
    async with desk_at_work(tmp_path) as work:
        events = []
        for number, late in enumerate((0, 20, 39, 1, 59, 1)):
            work.clock.now += late
            events.append((await work.ask(f"s{number}", f"198.51.100.{number}"))[1])
        assert [event.notify for event in events] == [True, False, False, True, False, True]
        assert [event.waiting for event in events] == [1, 2, 3, 4, 5, 6]


async def test_two_denials_silence_a_client_for_ten_minutes(tmp_path: Path) -> None:
    async with desk_at_work(tmp_path) as work:
        for number in range(2):
            await work.ask(f"d{number}", client="loud")
            await work.do(lambda tx: work.desk.deny(tx, None))
            work.clock.now += 60
        assert not (await work.ask("d2", client="loud"))[1].notify
        work.clock.now += 60
        assert (await work.ask("o1", client="other"))[1].notify
        work.clock.now += 600
        assert (await work.ask("d3", client="loud"))[1].notify


async def test_the_table_stays_small_however_many_ask(tmp_path: Path) -> None:
    async with desk_at_work(tmp_path) as work:

        def flood(tx: Transaction) -> None:
            for number in range(MOST_ENDED + 300):
                one = question(number, created_at=number, expires_at=10**10)
                tables.insert(tx, one)
                tables.change_state(tx, one, ApprovalState.DISPLACED, now=number)

        await work.do(flood)
        await work.ask("one more")
        rows = await work.do(lambda tx: len(tx.all("SELECT approval_id FROM approvals")))
        assert rows <= MOST_ENDED + 2


async def test_a_row_lives_a_day_after_its_end(tmp_path: Path) -> None:
    async with desk_at_work(tmp_path) as work:
        await work.ask("s1")
        work.clock.now += 600 + 24 * 3600
        await work.do(work.desk.purge)
        await work.now_of("s1")
        work.clock.now += 1
        await work.do(work.desk.purge)
        assert await work.do(lambda tx: work.desk.of_subject(tx, "s1")) is None
