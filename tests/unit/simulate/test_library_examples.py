"""Every example of the library holds: quick, beside the proofs under tests/library, which change each element."""

from __future__ import annotations

from pathlib import Path

import pytest

from huiyin.simulate.files import examples_beside, load_examples
from huiyin.simulate.rules import WorldRules
from huiyin.simulate.run import run_example
from shared.business_time.loader import load_calendars
from shared.procedures.loader import LIBRARY_FOLDER, load_procedure


@pytest.mark.parametrize("path", sorted(LIBRARY_FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_example_holds(path: Path) -> None:
    file = load_examples(examples_beside(path))
    assert file is not None, "a procedure of the library has examples beside it"
    rules = WorldRules(load_procedure(path), load_calendars())
    failed = [str(failure) for example in file.examples for failure in run_example(example, file, rules).failures]
    assert failed == []
