import pytest

from detachlint.rules import RULES
from tests.cli.project import detachlint


def test_all_rules_are_listed() -> None:
    result = detachlint("explain")
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert [line.split()[0] for line in lines[:-2]] == sorted(rule.code for rule in RULES)
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("name", ["DET101", "det101", "async-lazy-load"])
def test_a_rule_by_code_or_name(name: str) -> None:
    result = detachlint("explain", name)
    assert result.exit_code == 0
    assert result.stdout.startswith("# DET101 async-lazy-load\n")
    assert "## Why is this bad?" in result.stdout


def test_a_rule_that_does_not_exist() -> None:
    result = detachlint("explain", "DET1O1")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "detachlint: no rule is called 'DET1O1' (did you mean DET101?)\n"
