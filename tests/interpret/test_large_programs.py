"""In large programs calls are told less of what their arguments lead to; what is found stays the same."""

from pathlib import Path

import pytest

from detachlint.api import analyse_sources
from tests.frameworks.library import SYNC
from tests.programs.expectation import Case

_CURRENT = """\
class Current:
    author = None


def login():
    with Session() as session:
        Current.author = session.scalars(select(Author)).first()
        if Current.author is None:
            Current.author = "nobody"
        return greeting()


def greeting():
    return "" if Current.author == "nobody" else Current.author.name
"""

CASES = Path(__file__).parents[1] / "programs" / "cases"
FILES = sorted(file for folder in ("identity_map", "legacy_query") for file in (CASES / folder).glob("*.txt"))


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_judged_programs_as_if_they_were_large(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = Case.read(file).program.files
    small = analyse_sources(files).findings
    monkeypatch.setattr("detachlint.interpret.machine.MANY_FUNCTIONS", 0)
    large = analyse_sources(files).findings
    assert [(f.code, f.path, f.line) for f in large] == [(f.code, f.path, f.line) for f in small]


def test_a_class_variable_with_a_text_is_told_to_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("detachlint.interpret.machine.MANY_FUNCTIONS", 0)
    assert analyse_sources({"main.py": SYNC + _CURRENT}).problems == ()
