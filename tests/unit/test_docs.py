"""The pages for those who work on Huiyin name files that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`((?:huiyin|services|shared|deploy|tests|docs)/[\w./-]+)`")


@pytest.mark.parametrize("page", ["docs/architecture.md", "docs/messaging.md", "docs/glossary.md", "CONTRIBUTING.md"])
def test_every_path_that_a_page_names_exists(page: str) -> None:
    named = NAMED.findall((ROOT / page).read_text("utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_answer_of_the_table_of_places_names_a_file() -> None:
    text = (ROOT / "docs/architecture.md").read_text("utf-8")
    rows = text.split("## Where do I change …?", 1)[1].split("\n\n", 1)[0].splitlines()[3:]
    assert len(rows) >= 12
    assert all("`" in row.split("|")[2] for row in rows)
