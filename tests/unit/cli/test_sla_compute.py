"""`huiyin sla compute` as a process: what it accepts, that much input changes nothing, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-c", "from huiyin.main import main; main()", "sla", "compute"]
QUESTION = '{"calendar": "cn", "kind": "add", "start": "2026-01-05T09:00:00+08:00", "amount": "P5WD"}'
ANSWER = {"end": "2026-01-12T01:00:00Z"}


def answers(asked: bytes, *words: str) -> list[dict[str, object]]:
    run = subprocess.run([*COMMAND, *words], input=asked, cwd=ROOT, capture_output=True, check=True)
    assert run.stderr == b""
    return [json.loads(line) for line in run.stdout.splitlines()]


def with_(more: str) -> str:
    return QUESTION[:-1] + ", " + more + "}"


def instead(key: str, value: str) -> str:
    return QUESTION.replace(f'"{json.loads(QUESTION)[key]}"', value)


NOT_JSON = {"error": "the line is not JSON", "field": None}
NO_INSTANT = {"error": "an instant is text in ISO 8601 with its offset", "field": "start"}

LINES: list[tuple[bytes, Mapping[str, object] | None]] = [
    (QUESTION.encode(), ANSWER),
    (QUESTION.encode() + b"\r", ANSWER),
    (b" \t" + QUESTION.encode() + b" ", ANSWER),
    (b"", None),
    (b" \r", None),
    (with_('"amount": "PT1H"').encode(), {"end": "2026-01-05T02:00:00Z"}),  # a key twice: the last holds
    (with_('"x": NaN, "y": -Infinity, "z": 1e999').encode(), ANSWER),
    (with_('"x": ' + "9" * 4_000).encode(), ANSWER),
    (with_('"x": ' + "9" * 5_000).encode(), NOT_JSON),
    (with_('"x": ' + "[" * 100 + "]" * 100).encode(), ANSWER),
    (with_('"x": 01').encode(), NOT_JSON),
    (with_('"x": .5').encode(), NOT_JSON),
    (with_('"x": "\t"').encode(), NOT_JSON),
    (with_('"x": "\\u5143\\u65e6"').encode(), ANSWER),
    (with_('"x": "元旦"').encode(), ANSWER),
    (b"\xff\xfe" + QUESTION.encode(), NOT_JSON),
    (with_('"x": "y"').encode().replace(b"y", b"\xff\xfe"), ANSWER),
    (with_("'x': 1").encode(), NOT_JSON),
    (QUESTION.encode() + b",", NOT_JSON),
    (QUESTION.encode() * 2, NOT_JSON),
    (b"\xef\xbb\xbf" + QUESTION.encode(), NOT_JSON),
    (b"[" + QUESTION.encode() + b"]", {"error": "the line is not an object", "field": None}),
    (instead("start", "1767574800").encode(), NO_INSTANT),
    (instead("start", '"1767574800"').encode(), NO_INSTANT),
    (instead("start", '"2026-01-05T09:00:00"').encode(), NO_INSTANT),
    (instead("start", '["2026-01-05T09:00:00+08:00"]').encode(), NO_INSTANT),
    (instead("amount", "5").encode(), {"error": "an amount is text", "field": "amount"}),
    (instead("amount", '"5"').encode(), {"error": "not a duration of one kind", "field": "amount"}),
    (instead("calendar", '"no"').encode(), {"error": "there is no such calendar", "field": "calendar"}),
    (
        f'{{"tz": "{"A" * 5_000}", "kind": "add", "week": {{}}}}'.encode(),
        {"error": "there is no such time zone", "field": "time_zone"},
    ),
]


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_each_line_gets_its_answer_also_among_others_and_a_second_time(end: bytes) -> None:
    expected = [answer for _, answer in LINES if answer is not None]

    given = answers(b"\n".join(line for line, _ in LINES * 2) + end)

    assert given == expected * 2


def test_a_line_without_end_is_answered_by_an_error_and_the_next_ones_as_ever() -> None:
    asked = QUESTION.encode() + b"\n" + b"[" * (5 << 20) + b"\n" + QUESTION.encode()

    given = answers(asked)

    assert given == [ANSWER, {"error": "a line has at most 4194304 bytes", "field": None}, ANSWER]


def test_several_processes_give_the_answers_of_one() -> None:
    asked = "\n".join(
        "no" if index % 997 == 0 else QUESTION.replace("P5WD", f"PT{index % 5_000}M") for index in range(60_000)
    ).encode()

    several = answers(asked, "--processes", "3")

    assert several == answers(asked, "--processes", "1")
    assert len(several) == 60_000
    assert [index for index, answer in enumerate(several) if "error" in answer] == list(range(0, 60_000, 997))


@pytest.mark.parametrize("count", [1, 20_000, 200_000])
def test_a_reader_that_goes_away_ends_it_silently(tmp_path: Path, count: int) -> None:
    questions = tmp_path / "questions.jsonl"
    questions.write_text((QUESTION + "\n") * count)
    reading, writing = os.pipe()
    os.close(reading)

    with questions.open("rb") as source:
        run = subprocess.run(
            [*COMMAND, "--processes", "2"], cwd=ROOT, stdin=source, stdout=writing, stderr=subprocess.PIPE, timeout=60
        )
    os.close(writing)

    assert (run.returncode, run.stderr) == (1, b"")


def _hears_interrupts() -> None:
    """A shell lets what it runs in the background ignore Ctrl-C, and so do all that descend from it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_an_interrupt_ends_it_and_its_helpers_without_a_word_from_them() -> None:
    with subprocess.Popen(
        [*COMMAND, "--processes", "2"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=_hears_interrupts,
    ) as run:
        assert run.stdin
        assert run.stdout
        assert run.stderr
        reader = subprocess.Popen(["head", "-n", "60000"], stdin=run.stdout, stdout=subprocess.DEVNULL)
        run.stdin.write((QUESTION + "\n").encode() * 60_000)
        run.stdin.flush()
        reader.wait(60)
        os.killpg(run.pid, signal.SIGINT)
        run.stdout.close()
        assert b"Traceback" not in run.stderr.read()
        assert run.wait(30) != 0


def test_a_question_after_much_input_is_answered_before_the_next_is_asked() -> None:
    with subprocess.Popen(
        [*COMMAND, "--processes", "2"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as run:
        assert run.stdin
        assert run.stdout
        for count in (1, 60_000, 1, 1):
            asked = subprocess.Popen(
                [sys.executable, "-c", f"print('\\n'.join([{QUESTION!r}] * {count}))"], stdout=run.stdin
            )
            for _ in range(count):
                assert json.loads(run.stdout.readline()) == ANSWER
            assert asked.wait(30) == 0
        run.stdin.close()
        assert run.stdout.read() == b""
