"""What every rule must have."""

import inspect
import re
from collections import Counter
from pathlib import Path
from typing import get_args

import pytest

import detachlint.rules
from detachlint.domain.facts import Fact
from detachlint.rule import HEADINGS, Bad, Good, Rule
from detachlint.rules import RULES
from detachlint.rules.pages import pages
from detachlint.rules.text import shown
from tests.rules.examples import Example, examples

FOLDER = Path(detachlint.rules.__file__).parent
PAGES = Path(__file__).parents[2] / "docs/rules"

every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)


def test_each_file_of_a_rule_is_registered_under_its_code_and_name() -> None:
    files = sorted(file.stem for file in FOLDER.glob("det*.py"))
    assert [f"{rule.code.lower()}_{rule.name.replace('-', '_')}" for rule in RULES] == files


def test_codes_and_names_are_unique() -> None:
    assert max(Counter(rule.code for rule in RULES).values()) == 1
    assert max(Counter(rule.name for rule in RULES).values()) == 1


@every_rule
def test_a_rule_is_documented(rule: Rule) -> None:
    assert re.fullmatch(r"DET\d{3}", rule.code)
    assert tuple(rule.sections) == HEADINGS
    assert all(rule.sections.values())
    assert 20 < len(rule.summary) <= 90
    assert not rule.summary.endswith(".")


@every_rule
def test_the_code_in_the_documentation_is_what_is_executed(rule: Rule) -> None:
    codes = {type(example): "" for example in rule.examples}
    for example in rule.examples:
        codes[type(example)] += example.code
    assert shown(rule.doc, "Example").removeprefix("# file: main.py\n") in codes[Bad]
    assert shown(rule.doc, "Use instead").removeprefix("# file: main.py\n") in codes[Good]
    assert rule.doc == inspect.getmodule(rule.check).__doc__


@every_rule
def test_a_rule_has_two_examples_of_each_kind(rule: Rule) -> None:
    kinds = Counter(type(example) for example in rule.examples)
    assert kinds[Bad] >= 2
    assert kinds[Good] >= 2


@pytest.mark.parametrize("example", examples(Bad), ids=lambda example: example.name)
def test_a_bad_example_marks_one_line_of_what_is_shown(example: Example) -> None:
    [_] = example.failing
    assert "fails" not in example.text.setup
    assert "fails" in example.text.code


def test_every_kind_of_fact_has_a_rule() -> None:
    assert {kind for rule in RULES for kind in rule.on} == set(get_args(Fact))


def test_the_pages_are_fresh() -> None:
    """``python -m detachlint.rules.pages docs/rules`` writes them again."""
    written = {file.name: file.read_text(encoding="utf-8") for file in PAGES.glob("*.md")}
    assert written == pages()
