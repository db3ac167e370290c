from collections.abc import Iterable
from pathlib import Path

import pytest

from detachlint.config import Config, ConfigError
from detachlint.domain.facts import Cause, Failure, Read, SessionFactory
from detachlint.domain.findings import Finding, Severity
from detachlint.domain.source import Site, Span
from detachlint.rule import Draft, Rule, RuleContext
from detachlint.selection import PerFileIgnores, is_asked_for, select_rules


def nothing(fact: Read, context: RuleContext) -> Iterable[Draft]:
    return ()


def rule(code: str, *, default: bool = True) -> Rule:
    return Rule(code, code.lower(), "", (Read,), nothing, default=default)


RULES = (rule("DET101"), rule("DET108"), rule("DET201"), rule("DET303", default=False))


@pytest.mark.parametrize(
    ("config", "codes"),
    [
        (Config(), "101 108 201"),
        (Config(select=("DET1",)), "101 108"),
        (Config(select=("DET1", "DET303")), "101 108 303"),
        (Config(select=("ALL",)), "101 108 201 303"),
        (Config(extend_select=("DET3",)), "101 108 201 303"),
        (Config(ignore=("DET1",)), "201"),
        (Config(ignore=("DET1",), extend_select=("DET101",)), "101 201"),
        (Config(select=("DET1",), ignore=("DET101",)), "108"),
        (Config(select=("DET101",), ignore=("DET1",)), "101"),
        (Config(select=("DET1",), ignore=("DET1",)), ""),
        (Config(select=("ALL",), ignore=("DET2",)), "101 108 303"),
        (Config(ignore=("ALL",)), ""),
    ],
)
def test_the_longest_selector_decides(config: Config, codes: str) -> None:
    assert [rule.code.removeprefix("DET") for rule in select_rules(RULES, config)] == codes.split()


@pytest.mark.parametrize(
    "config", [Config(select=("DET9",)), Config(extend_select=("DET9",)), Config(ignore=("DET9",))]
)
def test_a_selector_that_fits_nothing_is_an_error(config: Config) -> None:
    with pytest.raises(ConfigError, match="no rule has a code that begins with 'DET9'"):
        select_rules(RULES, config)


def test_uncertain_reads_are_for_strict_runs() -> None:
    def read(*, certain: bool) -> Read:
        return Read(
            Site("a.py", 1),
            "a.A",
            "b",
            Failure.DETACHED,
            Cause.NOT_LOADED,
            certain=certain,
            reason="unknown caller",
        )

    assert is_asked_for(read(certain=True), Config())
    assert not is_asked_for(read(certain=False), Config())
    assert is_asked_for(read(certain=False), Config(strict=True))
    assert is_asked_for(SessionFactory(Site("a.py", 1), True, True), Config())


def test_per_file_ignores_count_from_the_folder_of_the_configuration(tmp_path: Path) -> None:
    config = Config(root=tmp_path, per_file_ignores=(("app/legacy/", ("DET1",)), ("test_*.py", ("ALL",))))
    ignores = PerFileIgnores(config, tmp_path / "app")

    def finding(path: str, code: str) -> Finding:
        return Finding(code, "", "", Span(path, 1, 1, 1, 2), Severity.ERROR)

    assert ignores.hide(finding("legacy/a.py", "DET101"))
    assert not ignores.hide(finding("legacy/a.py", "DET201"))
    assert not ignores.hide(finding("a.py", "DET101"))
    assert ignores.hide(finding("../tests/test_a.py", "DET401"))
    assert not ignores.hide(finding("../../elsewhere/legacy/a.py", "DET101"))
