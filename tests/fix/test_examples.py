"""The bad examples of the rules: mended, and executed again."""

import pytest

from detachlint.api import fix_sources
from detachlint.config import Config
from detachlint.rule import Bad
from detachlint.testing import Program, execute
from tests.rules.examples import Example, examples

FOR_A_PERSON = {
    "DET001": "it is not known what fails",
    "DET002": "it is not known what fails",
    "DET203": "another strategy changes what callers do",
    "DET205": "the generated repr reads it",
    "DET303": "an option is to be taken away",
    "DET309": "which of the two is meant is for their author to say",
    "DET404": "the answer's shape is to be changed",
}
"""Rules whose findings no edit mends yet; what else there is in their examples may be mended."""

A_COMPARISON = "DET201-3-bad"
"""What it should answer when it can't know is for its author to say."""

LEFT = {
    "DET204-5-bad": "where the rows of a dynamic relationship are fetched is for its author to say",
    "DET204-10-bad": "the row is made here, and no query could load it",
    "DET204-7-bad": "whether the database or the session deletes the rows is for its author to say",
    "DET307-3-bad": "no attribute has a name like the one that was written",
    "DET308-3-bad": "which of the relationships that the property reads is meant is for its author to say",
    "DET308-4-bad": "where the object is loaded with it is for its author to say",
    "DET402-5-bad": "each task needs a session of its own",
    "DET402-8-bad": "which session the object should belong to is for its author to say",
}
"""Examples of other rules that no edit mends."""

MENDED = [
    example
    for example in examples(Bad)
    if example.rule.code not in FOR_A_PERSON and example.name not in (A_COMPARISON, *LEFT)
]


def test_what_is_left_is_there() -> None:
    assert {A_COMPARISON, *LEFT} <= {example.name for example in examples(Bad)}


@pytest.mark.parametrize("example", MENDED, ids=lambda example: example.name)
def test_a_bad_example_is_mended(example: Example) -> None:
    program = example.program
    done = fix_sources(program.files, Config(extend_select=(example.rule.code,)), unsafe=True)
    assert done.report.findings == ()
    assert done.changed
    after = {path: new for path, (_, new) in done.changed.items()}
    assert isinstance(example.text, Bad)
    if not example.text.unexecuted:
        outcome = execute(Program({**program.files, **after}))
        assert outcome.error is None, outcome
