"""What becomes of what was joined: when the sender dies, when its lead is retracted, fails, or is sent again."""

from __future__ import annotations

import email
import email.policy
import json
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from services.notify.delivery.sinks.smtp import SmtpServer, SmtpSink
from services.notify.domain.digests import Window
from services.notify.domain.recipients import Recipients
from services.notify.store import notices
from shared.events.notices import NoticeFailed, NoticeSent
from tests.integration.notify.bench import bench
from tests.integration.notify.mail import ScriptedMailServer
from tests.integration.notify.receivers import Answer, HttpServer, Request
from tests.integration.notify.storms import ABOUT, OUTAGE, known, late_steps, quiet, requests
from tests.integration.notify.test_crashes import Crash
from tests.integration.notify.test_webhooks import to_webhooks
from tests.unit.notify.samples import Story

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("place", ["joined", "begun", "delivered"])
async def test_a_sender_that_dies_between_joining_and_sending_loses_nothing_and_tells_the_same_again(
    place: str, engine: AsyncEngine, tmp_path: Path
) -> None:
    reached: list[str] = []

    def dies(here: str) -> None:
        if here == place:
            reached.append(here)
            raise Crash

    async def ok(_request: Request) -> Answer:
        return Answer(200)

    async with HttpServer(ok) as server:
        recipients = to_webhooks(tmp_path, water=server.url)
        async with bench(engine, tmp_path / "out", recipients=recipients, window=Window(60.0, 0.1)) as (it, _):
            story = Story()
            await known(it, story)
            async with it.sending():
                await it.until(lambda: quiet(it))
            await it.apply(late_steps(story))
            with capture_logs():  # to print a crash with all that was at hand takes a while
                async with it.sending(failpoint=dies):

                    async def died() -> bool:
                        sending = await it.rows("notice = 'reminder' AND state = 'sending'")
                        return bool(reached) and bool(sending) == (place != "joined")

                    await it.until(died)
            joined = await it.rows("state = 'joined'")
            assert bool(joined) == (place != "joined")  # both are written, or neither
            async with engine.begin() as tx:
                await tx.execute(text("DELETE FROM senders"))  # as time does
            await it.apply([story.later(hours=1).after(late=OUTAGE)])
            async with it.sending():
                await it.until(lambda: quiet(it))
            shown = requests(server)
            emitted = [event.data for event in await it.events() if isinstance(event.data, NoticeSent)]
            rows = await it.rows("state <> 'undecided'")
    if place == "joined":  # nothing was on its way: the step that came since joins the same digest
        assert [(one["step"], one["joined_count"]) for one in shown] == [("overdue", 5)]
    else:
        *first, last = shown
        assert len(first) == (2 if place == "delivered" else 1)
        assert all(one == first[0] and (one["notice"], one["joined_count"]) == ("reminder", 4) for one in first)
        assert (last["step"], last.get("joined_count")) == ("overdue", None)
    assert sorted(data.notice_id for data in emitted) == sorted(str(row.id) for row in rows)


async def test_what_was_joined_to_a_breach_that_is_retracted_is_sent_all_the_same(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    down = True

    async def script(request: Request) -> Answer:
        about = json.loads(request.body)["data"]["notice"] in ABOUT
        return Answer(422) if about and down else Answer(200)

    async with HttpServer(script) as server:
        recipients = to_webhooks(tmp_path, water=server.url)
        async with bench(engine, tmp_path / "out", recipients=recipients) as (it, _):
            story = Story()
            await known(it, story)
            await it.apply([story.warned("soon", clock="reporting", late=OUTAGE), story.breached(late=OUTAGE)])
            async with it.sending():

                async def tried() -> bool:
                    return bool(await it.rows("notice = 'urging' AND attempts = 1 AND state = 'waiting'"))

                await it.until(tried)
                assert (await it.row("reminder")).state == "joined"
                down = False
                await it.apply([story.later(hours=1).retracted()])
                await it.until_state("reminder", "sent")
            urging = await it.row("urging")
    assert (urging.state, urging.reason) == ("superseded", "retracted")
    assert [(one["notice"], one.get("joined_count")) for one in requests(server)] == [
        ("urging", 1),
        ("reminder", None),
    ]


async def test_what_was_joined_shares_the_fate_of_its_lead_and_is_sent_again_with_it(
    engine: AsyncEngine, tmp_path: Path
) -> None:
    async with ScriptedMailServer({"RCPT": ["550 no such user"]}) as server:
        recipients = Recipients.model_validate({"role": {"chief": {"sink": "smtp", "address": "c@example.com"}}})
        sinks = {"smtp": SmtpSink(SmtpServer("127.0.0.1", server.port, "n@example.org", "offered"))}
        async with bench(engine, tmp_path, recipients=recipients, sinks=sinks) as (it, _):
            story = Story()
            await known(it, story)
            await it.apply(late_steps(story))
            async with it.sending():
                await it.until(lambda: quiet(it))
                (lead,) = await it.rows("notice = 'chased' AND state = 'failed'")
                failed = [event.data for event in await it.events() if isinstance(event.data, NoticeFailed)]
                async with engine.begin() as tx:
                    assert await notices.resend(tx, lead.id, it.real.now())
                    assert len(await notices.within(tx, lead.id)) == 2
                await it.until(lambda: quiet(it))
            emitted = [event.data for event in await it.events() if isinstance(event.data, NoticeSent)]
    assert sorted(str(data.within) for data in failed) == sorted(["None", str(lead.id), str(lead.id)])
    assert {data.reason for data in failed} == {"smtp-550"}
    assert sum(data.addressee == "role:chief" and data.within == str(lead.id) for data in emitted) == 2
    (mail,) = server.delivered
    read = email.message_from_bytes(mail.data, policy=email.policy.default).get_content()
    assert "本案另有 2 项时限提醒并入本通知一并告知" in read
    assert "1. 报告督办：报告期限预警（soon）" in read
    assert "2. 逾期：办理期限已逾期" in read
