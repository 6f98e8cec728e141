"""`huiyin sla compute`: business-time questions from standard input, answers to standard output, line by line."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from huiyin.cli.sla.line_blocks import LONGEST_LINE, blocks, is_waiting, write
from huiyin.compute.lines import Lines

if TYPE_CHECKING:
    from shared.business_time.calendars import Calendar

_TOO_LONG = json.dumps({"error": f"a line has at most {LONGEST_LINE} bytes", "field": None}).encode() + b"\n"


def register(app: typer.Typer) -> None:
    """Mount `sla compute`."""
    group = typer.Typer(
        help="Deadlines: why a clock is due when it is; computing outside a case.", no_args_is_help=True
    )

    @group.callback()
    def sla() -> None:
        """Deadlines: why a clock is due when it is; computing outside a case."""

    @group.command()
    def compute(
        processes: Annotated[
            int | None, typer.Option(min=1, help="processes that answer long input; default: one for each processor")
        ] = None,
    ) -> None:
        """Answer business-time questions: JSON lines in, JSON lines out, in order.

        {"tz", "week", "holidays", "overrides", "pauses", "kind": "add", "start", "amount"} gives {"end"};
        {"kind": "elapsed", "start", "end", …} gives {"elapsed"} in seconds; "calendar": "cn" names a calendar instead
        of defining one. Where the holidays of a year are not published yet, the answer has "provisional": true. A line
        that cannot be answered gives {"error"} in its place.
        """
        main(processes)

    from huiyin.cli.sla.explain import explain
    from huiyin.cli.sla.rule_changes import migrate, what_if

    group.command()(explain)
    group.command("what-if")(what_if)
    group.command()(migrate)
    app.add_typer(group, name="sla")


def main(processes: int | None = None) -> None:
    """Answer standard input. What arrives is answered before more is waited for, so that a caller may also converse.

    Exits with 1, silently, if nobody reads the answers.
    """
    from huiyin.cli.sla.line_workers import answered, processors

    source, target = sys.stdin.fileno(), sys.stdout.fileno()
    try:
        for answers in answered(
            blocks(source), answer_block, processes=processes or processors(), more=lambda: is_waiting(source)
        ):
            write(target, answers)
    except BrokenPipeError:
        sys.exit(1)


def answer_block(block: bytes | None) -> bytes:
    """The answers to a block of lines; None is one line that is too long. Blank lines have no answer."""
    if block is None:
        return _TOO_LONG
    # what is no UTF-8 becomes U+FFFD, and its line is answered with an error or, within a name, is harmless
    lines = block.decode("utf-8", "replace").split("\n")
    answers = _lines().answers(line for line in lines if line and not line.isspace())
    return "\n".join((*answers, "")).encode()


@functools.cache
def _lines() -> Lines:
    return Lines(_calendars)


def _calendars() -> Mapping[str, Calendar]:
    from huiyin.cli.rules.folders import calendars_folder
    from shared.business_time.loader import load_calendars

    return load_calendars(calendars_folder())


if __name__ == "__main__":
    main()
