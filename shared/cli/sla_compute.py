"""`huiyin sla compute`: business-time questions from standard input, answers to standard output, line by line."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import typer

from shared.business_time.lines import Lines

if TYPE_CHECKING:
    from shared.business_time.calendars import Calendar

_CHUNK = 1 << 20


def register(app: typer.Typer) -> None:
    """Mount `sla compute`."""
    group = typer.Typer(
        help="Deadlines: why a clock is due when it is; computing outside a case.", no_args_is_help=True
    )

    @group.callback()
    def sla() -> None:
        """Deadlines: why a clock is due when it is; computing outside a case."""

    @group.command()
    def compute() -> None:
        """Answer business-time questions: JSON lines in, JSON lines out, in order.

        {"tz", "week", "holidays", "overrides", "pauses", "kind": "add", "start", "amount"} gives {"end"};
        {"kind": "elapsed", "start", "end", …} gives {"elapsed"} in seconds; "calendar": "cn" names a calendar instead
        of defining one. A line that cannot be answered gives {"error"} in its place.
        """
        main()

    from shared.cli.sla_changes import migrate, what_if
    from shared.cli.sla_explain import explain

    group.command()(explain)
    group.command("what-if")(what_if)
    group.command()(migrate)
    app.add_typer(group, name="sla")


def main() -> None:
    """Answer standard input. Each chunk that arrives is answered at once, so that a caller may also converse."""
    answer = Lines(_calendars).answer
    rest = b""
    while chunk := os.read(sys.stdin.fileno(), _CHUNK):
        complete, newline, tail = chunk.rpartition(b"\n")
        if not newline:
            rest += tail
            continue
        _write(answer, rest + complete)
        rest = tail
    _write(answer, rest)


def _write(answer: Callable[[str], str], questions: bytes) -> None:
    # what is no UTF-8 becomes U+FFFD, and its line is answered with an error or, within a name, is harmless
    answers = [answer(line) for line in questions.decode("utf-8", "replace").split("\n") if line and not line.isspace()]
    if answers:
        sys.stdout.write("\n".join(answers) + "\n")
        sys.stdout.flush()


def _calendars() -> Mapping[str, Calendar]:
    from shared.business_time.loader import load_calendars
    from shared.settings import ServiceSettings

    return load_calendars(ServiceSettings().calendars)


if __name__ == "__main__":
    main()
