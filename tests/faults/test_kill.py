"""kill -9 of every process under load: nothing lost, nothing doubled, nobody notified twice."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from tests.integration.servers import throw_away_home
from tests.running import WRITES, Stack, wait_while_it_moves

COMPLAINTS = 1_200
PER_REQUEST = 20
pytestmark = [pytest.mark.timeout(1200)]


@pytest.fixture
def stack() -> Iterator[Stack]:
    """A stack of its own, because its parts are killed."""
    with throw_away_home("faults") as home:
        found = Stack(home.path)
        found.command("up", "--detach", "--port-base", "0", "--no-table")
        yield found


class Load(threading.Thread):
    """A client that registers complaints in small batches and, like any good client, repeats what got no answer."""

    def __init__(self, stack: Stack) -> None:
        super().__init__(daemon=True)
        self._stack = stack
        self.answers: dict[str, str] = {}
        self.refused: list[dict[str, object]] = []
        self.attempts = 0

    def run(self) -> None:
        rows = [self._row(n) for n in range(COMPLAINTS)]
        with self._stack.client() as client:
            for start in range(0, COMPLAINTS, PER_REQUEST):
                page = rows[start : start + PER_REQUEST]
                while not self._send(client, page):
                    threading.Event().wait(0.2)

    def _row(self, n: int) -> dict[str, object]:
        fields = {
            "content": f"第{n}件:窗口工作人员推诿,事情办了三次没有办成",
            "ground": "passing-the-buck",
            "subject-rank": "section" if n % 3 else "division",
            "name": f"测试人{n}",
            "phone": f"1900000{n:04}",
        }
        return {
            "idempotency_key": f"load-{n}",
            "procedure": "baoshan-efficiency",
            "channel": "online",
            "fields": fields,
        }

    def _send(self, client: httpx.Client, page: list[dict[str, object]]) -> bool:
        self.attempts += 1
        body = "\n".join(json.dumps(row, ensure_ascii=False) for row in page)
        try:
            url = f"{self._stack.url('intake')}/v1/complaints:batch"
            answer = client.post(url, content=body.encode(), headers={"Content-Type": "application/x-ndjson"})
            results = [json.loads(line) for line in answer.text.splitlines() if line.strip()]
        except (httpx.HTTPError, OSError, json.JSONDecodeError):
            return False
        if answer.status_code != 200 or len(results) != len(page):
            return False
        for row, result in zip(page, results, strict=True):
            if "case_id" in result:
                self.answers[str(row["idempotency_key"])] = result["case_id"]
            else:
                self.refused.append(result)
        return True

    def wait_for(self, count: int) -> None:
        """Until so many have been answered."""
        wait_while_it_moves(
            lambda: len(self.answers) + len(self.refused) >= count,
            lambda: len(self.answers),
            f"{count} complaints are not registered",
        )


def test_every_part_may_be_killed_under_load(stack: Stack) -> None:
    load = Load(stack)
    load.start()
    for share, victim in enumerate(("intake", "routing", "sla", "notify", "kafka"), start=1):
        load.wait_for(COMPLAINTS * share // 6)
        stack.kill(victim)
    load.wait_for(COMPLAINTS)
    load.join(timeout=60)
    assert not load.is_alive()
    assert load.refused == []
    assert len(set(load.answers.values())) == COMPLAINTS

    wait_while_it_moves(
        lambda: asyncio.run(_at_rest(stack)), lambda: asyncio.run(stack.taken()), "the events do not come to rest"
    )
    assert asyncio.run(stack.missing()) == {}
    asyncio.run(_check(stack, set(load.answers.values())))


async def _at_rest(stack: Stack) -> bool:
    for service in WRITES:
        if (await stack.query(service, "SELECT coalesce(sum(cardinality(ids)), 0) FROM unpublished"))[0][0]:
            return False
    waiting = await stack.query(
        "notify", "SELECT count(*) FROM notices WHERE state NOT IN ('sent', 'failed', 'superseded', 'joined')"
    )
    return int(waiting[0][0]) == 0 and not await stack.missing()


async def _check(stack: Stack, cases: set[str]) -> None:
    rows = await stack.query("intake", "SELECT id::text, number FROM cases")
    assert {row["id"] for row in rows} == cases
    numbers = sorted(int(row["number"].rpartition("-")[2]) for row in rows)
    assert numbers == list(range(1, COMPLAINTS + 1)), "case numbers have a gap or a double"

    assigned = await stack.query("routing", "SELECT id::text FROM cases WHERE status = 'assigned'")
    assert {row["id"] for row in assigned} == cases
    clocks = await stack.query(
        "sla", "SELECT case_id::text, count(*) AS n FROM clocks WHERE clock = 'handling' GROUP BY 1"
    )
    assert {row["case_id"]: row["n"] for row in clocks} == dict.fromkeys(cases, 1)

    for service, topic in WRITES.items():
        gaps = await stack.query(
            service,
            """SELECT case_id FROM outbox WHERE topic = $1 GROUP BY case_id
               HAVING count(*) <> max(sequence) OR min(sequence) <> 1 OR count(DISTINCT sequence) <> count(*)""",
            topic,
        )
        assert gaps == [], f"{service}: sequence numbers with gaps"
        letters = await stack.query(service, "SELECT reason FROM dead_letters")
        assert letters == [], f"{service}: dead letters"
    _check_notices(stack, cases)


def _check_notices(stack: Stack, cases: set[str]) -> None:
    """Each notice lies in the sink once, and each occurrence made each of its notices once."""
    found = [json.loads(path.read_text("utf-8")) for path in (stack.home / "notices").rglob("*.json")]
    by_id = Counter(one["id"] for one in found)
    assert max(by_id.values()) == 1
    by_cause = Counter((one["case_id"], one["notice"], one["facts"]["occurrence"], one["to"]) for one in found)
    assert max(by_cause.values()) == 1, [key for key, n in by_cause.items() if n > 1][:3]
    receipts = Counter(one["case_id"] for one in found if one["notice"] == "receipt")
    assert receipts == Counter(dict.fromkeys(cases, 1))
