from detachlint.domain.facts import Read
from detachlint.report.explain import render_rules, rule_markdown
from detachlint.rule import Rule

DOC = """Reads what nothing loaded.

## What it does

Finds it.

## Example

    booking.user
"""

LAZY = Rule("DET101", "async-lazy-load", DOC, (Read,), lambda fact, context: ())
UNUSED = Rule("DET303", "unused", "x" * 80, (Read,), lambda fact, context: (), default=False)


def test_sections_are_found_by_their_headings() -> None:
    assert LAZY.sections == {"What it does": "Finds it.", "Example": "    booking.user"}


def test_the_text_of_a_rule() -> None:
    assert rule_markdown(LAZY).startswith("# DET101 async-lazy-load\n\n*Error, on by default.*\n\nReads what")
    assert "opt-in" in rule_markdown(UNUSED)


def test_the_list_fits() -> None:
    lines = ["".join(text for text, _ in line) for line in render_rules((UNUSED, LAZY), width=60)]
    assert lines[0] == "DET101  async-lazy-load  Reads what nothing loaded"
    assert lines[1].startswith("DET303  unused           xxx")
    assert len(lines[1]) == 60
