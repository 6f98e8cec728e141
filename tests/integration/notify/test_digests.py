"""After an outage: one digest of everything for each addressee of a case; a notice on its way is not changed."""

from __future__ import annotations

import asyncio
import itertools
import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.notify.domain.digests import Window
from shared.business_time.clock import VirtualClock
from shared.events.notices import NoticeSent
from tests.integration.notify.bench import bench
from tests.integration.notify.receivers import Answer, HttpServer, Request
from tests.integration.notify.storms import ABOUT, OUTAGE, known, late_steps, quiet, requests
from tests.integration.notify.test_webhooks import to_webhooks
from tests.unit.notify.samples import START, Story

pytestmark = pytest.mark.asyncio


async def test_after_a_storm_each_addressee_has_one_notice_of_each_case_and_the_numbers_add_up(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    count = 200
    real = VirtualClock(START)  # the wait ends when the test moves the clock, however slow the machine is
    async with bench(engine, tmp_path, real=real, window=Window(60.0, 3.0)) as (it, _):
        stories = [Story(number) for number in range(count)]
        for start in range(0, count, 100):
            await known(it, *stories[start : start + 100])
        steps = [late_steps(story) for story in stories]
        async with it.sending(stale=3600), it.sending(stale=3600):
            # The backlog as it is worked off: the steps of one case come one after another, each in another batch.
            for nth, start in itertools.product(range(5), range(0, count, 100)):
                await it.apply([one[nth] for one in steps[start : start + 100]])

            assert not [row for row in await it.rows("attempts > 0") if row.notice in ABOUT]
            real.advance(timedelta(seconds=30))

            async def all_is_delivered() -> bool:
                await asyncio.sleep(0.2)
                return await quiet(it)

            await it.until(all_is_delivered, 120)
        rows = await it.rows("state <> 'undecided'")
        emitted = [event.data for event in await it.events()]
        files = it.files()

    about = [row for row in rows if row.notice in ABOUT]
    shown = [(one["case_id"], one["to"]) for one in files if one["notice"] in ABOUT]
    assert len(shown) == len(set(shown)) == 2 * count
    assert len(about) == 8 * count
    states = [row.state for row in about]
    assert (states.count("sent"), states.count("joined")) == (2 * count, 6 * count)
    leads = {row.id: row for row in about if row.state == "sent"}
    assert all(row.case_id == leads[row.joined_to].case_id for row in about if row.state == "joined")
    assert {
        one["facts"]["joined_count"] for one in files if one["to"] == "department:water" and one["notice"] in ABOUT
    } == {4}
    # A notice that is no reminder is delivered alone; every notice that was demanded has one event of its delivery.
    assert sum(one["notice"] == "apology" for one in files) == count
    assert sorted(data.notice_id for data in emitted if isinstance(data, NoticeSent)) == sorted(
        str(row.id) for row in rows
    )
    assert sum(data.within is not None for data in emitted if isinstance(data, NoticeSent)) == 6 * count


async def test_a_punctual_notice_does_not_wait(engine: AsyncEngine, tmp_path: Path) -> None:
    async with bench(engine, tmp_path, window=Window(60.0, 60.0)) as (it, _):
        story = Story()
        await known(it, story)
        async with it.sending():
            await it.apply([story.warned(late=5.0)])
            await it.until_state("urging", "sent", 20)
            await it.apply([story.later(days=1).breached()])
            await it.until_state("overdue", "sent", 20)
            await it.until_state("urging", "sent", 20)
        rows = await it.rows("notice IN ('urging', 'overdue')")
        files = [one for one in it.files() if one["notice"] in ABOUT]
    assert all(row.next_try_at >= row.queued_at for row in rows)
    assert [row.joined_to for row in rows] == [None] * 3
    assert all("joined" not in one["facts"] and "并告" not in one["subject"] for one in files)


async def test_a_notice_that_waits_goes_along_when_a_punctual_one_of_its_case_is_sent(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    async with bench(engine, tmp_path, window=Window(60.0, 60.0)) as (it, _):
        story = Story()
        await known(it, story)
        async with it.sending():
            await it.until_state("assignment", "sent")
            await it.apply([story.warned("half", late=OUTAGE)])
            assert (await it.row("urging")).state == "waiting"
            await it.apply([story.later(days=1).breached(clock="reporting")])
            await it.until_state("reminder", "sent", 20)
        row = await it.row("urging")
        assert (row.state, row.joined_to) == ("joined", (await it.row("reminder")).id)


async def test_a_notice_that_is_on_its_way_is_not_changed(engine: AsyncEngine, tmp_path: Path) -> None:
    go_on = asyncio.Event()

    async def slow(request: Request) -> Answer:
        if json.loads(request.body)["data"]["notice"] in ABOUT:
            await go_on.wait()
        return Answer(200)

    async with HttpServer(slow) as server:
        recipients = to_webhooks(tmp_path, water=server.url)
        async with bench(engine, tmp_path / "out", recipients=recipients) as (it, _):
            story = Story()
            await known(it, story)
            half, *rest = late_steps(story)
            async with it.sending():
                await it.apply([story.warned("first")])

                async def under_way() -> bool:
                    return bool(await it.rows("notice = 'urging' AND state = 'sending'"))

                await it.until(under_way)
                await it.apply([half, *rest])
                go_on.set()
                await it.until(lambda: quiet(it))
            first, second = requests(server)
            rows = await it.rows("notice IN ('urging', 'reminder')")
    assert (first["step"], first.get("joined")) == ("first", None)
    assert (second["notice"], second["joined_count"]) == ("reminder", 4)
    assert [row.state for row in rows if row.state != "joined"] == ["sent", "sent"]


async def test_a_notice_that_is_to_be_tried_again_goes_out_as_it_was_and_into_no_other(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    refused: list[str] = []

    async def script(request: Request) -> Answer:
        data = json.loads(request.body)["data"]
        if data["notice"] in ABOUT and not refused:
            refused.append(data["notice_id"])
            return Answer(422)
        return Answer(200)

    async with HttpServer(script) as server:
        recipients = to_webhooks(tmp_path, water=server.url)
        window = Window(60.0, 0.1)
        async with bench(engine, tmp_path / "out", recipients=recipients, window=window) as (it, _):
            story = Story()
            await known(it, story)
            half, late, *rest = late_steps(story)
            async with it.sending():
                await it.apply([half, late])

                async def to_be_tried_again() -> bool:
                    return bool(await it.rows("state = 'waiting' AND attempts = 1"))

                await it.until(to_be_tried_again)
                await it.apply(rest)
                await it.until(lambda: quiet(it))
            shown = requests(server)
    first, again = [one for one in shown if one["notice_id"] == refused[0]]
    (other,) = [one for one in shown if one["notice_id"] != refused[0]]
    assert first == again
    assert (first["step"], first["joined_count"]) == ("late", 1)
    assert (other["notice"], other["joined_count"]) == ("reminder", 2)


async def test_the_same_events_again_change_nothing_before_or_after(engine: AsyncEngine, tmp_path: Path) -> None:
    async with bench(engine, tmp_path) as (it, _):
        story = Story()
        await known(it, story)
        steps = late_steps(story)
        for _ in range(5):
            await it.apply(steps)
        async with it.sending():
            await it.until(lambda: quiet(it))
            before = [(row.id, row.state, row.joined_to, row.attempts) for row in await it.rows()]
            for event in steps:
                await it.apply([event])
            await it.until(lambda: quiet(it))
        assert [(row.id, row.state, row.joined_to, row.attempts) for row in await it.rows()] == before
        assert sum(one["notice"] in ABOUT for one in it.files()) == 2


async def test_in_whatever_order_steps_arrive_the_same_is_delivered(engine: AsyncEngine, tmp_path: Path) -> None:
    async with bench(engine, tmp_path) as (it, _):
        orders = list(itertools.permutations(range(5)))
        stories = [Story(number) for number in range(len(orders))]
        await known(it, *stories)
        steps = [late_steps(story) for story in stories]
        for nth in range(5):
            await it.apply([one[order[nth]] for one, order in zip(steps, orders, strict=True)])
        async with it.sending():
            await it.until(lambda: quiet(it))
        found: dict[tuple[str, str], str] = {}
        for one in it.files():
            if one["notice"] in ABOUT:
                facts = {**one["facts"], "joined": [{**other, "notice_id": ""} for other in one["facts"]["joined"]]}
                shown = {
                    name: value for name, value in facts.items() if name not in ("notice_id", "case_id", "case_number")
                }
                body = one["body"].replace(one["case_number"], "")
                found[one["case_id"], one["to"]] = json.dumps([shown, body], ensure_ascii=False, sort_keys=True)
    assert len(found) == 2 * len(orders)
    assert len(set(found.values())) == 2


async def test_a_warning_of_a_clock_that_has_stopped_is_not_sent_and_its_breach_is(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    async with bench(engine, tmp_path) as (it, _):
        story = Story()
        await known(it, story)
        await it.apply([story.warned(late=OUTAGE), story.breached(clock="reporting", late=OUTAGE)])
        await it.apply([story.later(minutes=1).met()])
        async with it.sending():
            await it.until(lambda: quiet(it))
        (urging, reminder) = await it.rows("notice IN ('urging', 'reminder')")
    assert (urging.state, urging.reason, reminder.state) == ("superseded", "clock-stopped", "sent")


async def test_a_long_list_stays_within_what_a_webhook_may_carry(engine: AsyncEngine, tmp_path: Path) -> None:
    async def ok(_request: Request) -> Answer:
        return Answer(200)

    async with HttpServer(ok) as server:
        recipients = to_webhooks(tmp_path, water=server.url)
        async with bench(engine, tmp_path / "out", recipients=recipients) as (it, _):
            story = Story()
            await known(it, story)
            await it.apply([story.later(minutes=30).after(f"repeat-{number}", late=OUTAGE) for number in range(150)])
            async with it.sending():
                await it.until(lambda: quiet(it))
            (shown,) = requests(server)
            size = max(len(request.body) for request in server.requests)
    assert (shown["step"], shown["joined_count"], len(shown["joined"])) == ("repeat-149", 149, 20)
    assert shown["joined"][-1]["step"] == "repeat-148"
    assert size < 20_000
