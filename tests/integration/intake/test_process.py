"""Intake as a real process: it refuses to start blind, loses nothing when it is killed, and leaks nothing."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from huiyin.embedded.home import Home
from huiyin.embedded.processes.process import wait_for
from tests.integration.intake.conftest import SECRET
from tests.integration.servers import server_log
from tests.unit.intake.sample import FIELDS, TEXT

pytestmark = pytest.mark.asyncio(loop_scope="session")

HEADERS = {"Authorization": f"Bearer {SECRET}"}


class Process:
    """One intake process, role `api`, without a broker: its events wait in the outbox."""

    def __init__(self, home: Home, database_url: str, key_file: Path | None) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        (home.procedures / "test-desk.yaml").write_text(TEXT, encoding="utf-8")
        environment = {name: value for name, value in os.environ.items() if not name.startswith("HUIYIN_")}
        environment |= {
            "HUIYIN_ROLE": "api",
            "HUIYIN_PORT": str(port),
            "HUIYIN_DATABASE": database_url,
            "HUIYIN_KAFKA": "127.0.0.1:1",
            "HUIYIN_PROCEDURES": str(home.procedures),
        }
        if key_file is not None:
            environment["HUIYIN_VAULT_KEY_FILE"] = str(key_file)
        self.log = home.logs / "intake.log"
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "services.intake"], env=environment, stdout=output, stderr=output
            )
        self.url = f"http://127.0.0.1:{port}"

    def answers(self) -> bool:
        """Whether it does, by now."""
        with contextlib.suppress(httpx.HTTPError):
            return httpx.get(f"{self.url}/healthz", timeout=5).status_code == 200
        return False

    def kill(self) -> None:
        """kill -9."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)


@pytest.fixture
def start(home: Home, database_url: str, engine: AsyncEngine) -> Iterator[Callable[[], Process]]:
    """Start a process and await it; all are ended after the test. `engine` has emptied the tables."""
    started: list[Process] = []

    def one() -> Process:
        started.append(Process(home, database_url, home.secrets / "vault.key"))
        assert wait_for(started[-1].answers, 90.0)
        return started[-1]

    yield one
    for process in started:
        if process.process.poll() is None:
            process.process.terminate()
            process.process.wait(30)


async def test_without_its_master_key_it_says_so_in_one_line_and_ends(home: Home, database_url: str) -> None:
    for key_file in (None, home.path / "no-such-file"):
        process = Process(home, database_url, key_file)
        assert process.process.wait(60) == 1
        last = json.loads(process.log.read_text().splitlines()[-1])
        assert last["event"] == "cannot start"
        assert last["field"] == "vault_key_file"
        assert last["hint"]


async def test_a_procedure_that_is_put_into_the_folder_of_the_home_is_taken_up_while_the_service_runs(
    home: Home, start: Callable[[], Process]
) -> None:
    process = start()
    complaint = {"procedure": "late-desk", "channel": "letter", "fields": FIELDS}

    def answer() -> httpx.Response:
        return httpx.post(f"{process.url}/v1/complaints", json=complaint, headers=HEADERS, timeout=30)

    assert answer().json()["field"] == "procedure"
    late = TEXT.replace("id: test-desk", "id: late-desk", 1)
    (home.procedures / "late-desk.yaml").write_text(late, encoding="utf-8")
    assert wait_for(lambda: answer().status_code == 201, 30.0)


async def test_whoever_got_a_number_finds_the_case_after_a_kill_and_sending_again_is_safe(
    start: Callable[[], Process], engine: AsyncEngine
) -> None:
    rows = [
        {
            "procedure": "test-desk",
            "channel": "letter",
            "fields": {**FIELDS, "phone": str(n)},
            "idempotency_key": f"k{n}",
        }
        for n in range(1_200)
    ]
    body = "\n".join(json.dumps(row) for row in rows)
    codes: dict[str, Any] = {}

    def send(process: Process, *, kill_after: int | None) -> None:
        count = 0
        with httpx.stream(
            "POST", f"{process.url}/v1/complaints:batch", content=body, headers=HEADERS, timeout=300
        ) as answer:
            for line in answer.iter_lines():
                count += 1
                result = json.loads(line)
                key = f"k{result['row'] - 1}"
                assert result["status"] in ("registered", "existing")
                assert codes.setdefault(key, result["receipt_code"]) == result["receipt_code"]
                if count == kill_after:
                    process.kill()

    for kill_after in (1, 500):
        with contextlib.suppress(httpx.HTTPError):
            send(start(), kill_after=kill_after)
    send(start(), kill_after=None)
    assert len(codes) == len(rows)
    async with engine.connect() as connection:
        numbers = [row.number for row in await connection.execute(text("SELECT number FROM cases"))]
        emitted = list(await connection.execute(text("SELECT case_id, count(*) AS n FROM outbox GROUP BY case_id")))
    places = sorted(int(re.sub(r"^T\d+-", "", number)) for number in numbers)
    assert places == list(range(1, len(rows) + 1))
    assert {row.n for row in emitted} == {2}  # registered and admitted, once each
    assert len(emitted) == len(rows)


def forms(canary: str) -> set[bytes]:
    """How a value may look where it should not be: plain, encoded, escaped, or under a bare hash."""
    plain = canary.encode()
    found = {plain, plain.hex().encode(), plain.hex().upper().encode(), quote(canary).encode()}
    found |= {canary.encode("utf-16-le"), canary.encode("utf-16-be"), json.dumps(canary)[1:-1].encode()}
    for shift in range(3):  # base64 of a text that holds it at any place
        encoded = base64.b64encode(b"\0" * shift + plain)
        found.add(encoded[4 * bool(shift) : -4])
        found.add(base64.urlsafe_b64encode(b"\0" * shift + plain)[4 * bool(shift) : -4])
    for digest in (hashlib.sha256, hashlib.sha1, hashlib.md5):
        hashed = digest(plain)
        found |= {hashed.hexdigest().encode(), hashed.digest(), base64.b64encode(hashed.digest())[:-2]}
    return found


async def everything(engine: AsyncEngine) -> bytes:
    """All values of all columns of all tables: texts as UTF-8, bytes as they are."""
    found: list[bytes] = []
    async with engine.connect() as connection:
        tables = await connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        for table in [row.tablename for row in tables]:
            for row in await connection.execute(text(f'SELECT * FROM "{table}"')):  # noqa: S608
                for value in row:
                    plain = (
                        value if isinstance(value, str | bytes) else json.dumps(value, ensure_ascii=False, default=str)
                    )
                    found.append(plain if isinstance(plain, bytes) else plain.encode())
    return b"\n".join(found)


async def test_no_identity_is_anywhere_but_sealed_in_the_vault(
    start: Callable[[], Process], engine: AsyncEngine, home: Home
) -> None:
    canaries = {
        "name": "卡纳里七七四", "phone": "13877488123", "email": "canary-77488@example.org", "born": "1977-04-08",
        "content": "金丝雀告白七七四八八", "accused": "Kanarienvogel-77488", "reply": "回复金丝雀九九一",
        "wrong": "falsch kanarie 55119", "key": "schluessel-13899955119",
    }  # fmt: skip
    fields = {name: canaries[name] for name in ("name", "phone", "email", "born", "content", "accused")}
    process = start()
    async with httpx.AsyncClient(base_url=process.url, headers=HEADERS, timeout=60) as http:
        document = {"procedure": "test-desk", "channel": "letter", "fields": fields}
        key = {"Idempotency-Key": canaries["key"]}
        given = (await http.post("/v1/complaints", json=document, headers=key)).json()
        path = f"/v1/cases/{given['case_id']}"
        await http.post(
            "/v1/complaints:batch", content=json.dumps({**document, "idempotency_key": canaries["key"] + "b"})
        )
        canary = canaries["wrong"]
        wrong = dict.fromkeys(("kind", "receipt", "amount", "bought", "happened", canary, "13877488123"), canary)
        answers = [
            await http.post("/v1/complaints", json={**document, "fields": wrong}),
            await http.post("/v1/complaints", json={**document, "procedure": canary}),
            await http.post("/v1/complaints", json={**document, canary: canary}),
            await http.post("/v1/complaints", json={**document, "language": canary, "received_at": [canary]}),
            await http.post("/v1/complaints:batch", content=json.dumps({**document, "channel": canary})),
            await http.post(f"{path}/admission", json={"decision": canary, "by": canary}),
            await http.get("/v1/cases", params={"limit": canary}),
            await http.get(f"/v1/cases/{canary}"),
        ]
        await http.post(f"{path}/supplements", json={"fields": {"name": canaries["name"], "kind": "service"}})
        await http.put(f"{path}/documents/reply", json={"text": canaries["reply"]})
        asked = {"case_id": given["case_id"], "fields": ["name", "phone", "email"], "purpose": "notice:1"}
        await http.post("/internal/v1/contacts", json={"asked": [asked]})
        await http.get(path, params={"identity": "true", "purpose": "check"})
        await http.get(
            "/v1/progress", params={"case_number": given["case_number"], "receipt_code": given["receipt_code"]}
        )
        async with engine.begin() as tx:  # a fault in the middle of sealing: the errors of database and service
            await tx.execute(text("ALTER TABLE vault_documents RENAME TO mislaid"))
        try:
            answers.append(await http.put(f"{path}/documents/reply", json={"text": canaries["reply"]}))
        finally:
            async with engine.begin() as tx:
                await tx.execute(text("ALTER TABLE mislaid RENAME TO vault_documents"))
        shown = (await http.get("/metrics")).content
    assert [answer.status_code for answer in answers] == [422, 422, 422, 422, 200, 422, 422, 422, 500]
    places = {
        "database": await everything(engine),
        "log of the service": process.log.read_bytes(),
        "log of the database server": server_log().read_bytes(),
        "metrics": shown,
        "answers to bad requests": b"\n".join(answer.content for answer in answers),
    }
    leaks = {
        (place, name)
        for place, content in places.items()
        for name, value in [*canaries.items(), ("receipt_code", given["receipt_code"])]
        for form in forms(value)
        if form in content
    }
    assert leaks == set()
    assert b"vault_fields" not in places["metrics"]
    assert given["case_number"].encode() in places["database"]  # the scan does read what is there
