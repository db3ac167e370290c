"""Which findings of a parent count as mended by its fix."""

from __future__ import annotations

from typing import Any

from tests.corpus.history import mended
from tests.corpus.mirror import Hunk, whole_statement


def _finding(code: str, line: int, declared: str | None = None) -> dict[str, Any]:
    return {
        "code": code,
        "path": "app/views.py",
        "line": line,
        "entity": "Order",
        "relationship": "customer",
        "chain": "order.customer.name",
        "trace": ["app/queries.py:10: `Order` is queried here"],
        "declared": declared,
    }


def _answer(before: list[dict[str, Any]], after: list[dict[str, Any]], *hunks: Hunk) -> str:
    return mended({"findings": before}, {"findings": after}, list(hunks)).answer


def test_query_that_the_fix_changes() -> None:
    assert _answer([_finding("DET101", 40)], [], Hunk("app/queries.py", 9, 12)) == "found"


def test_mapping_that_the_fix_changes() -> None:
    found = _finding("DET101", 40, "app/models.py:7: declared")
    assert _answer([found], [], Hunk("app/models.py", 7, 7)) == "found"


def test_another_place_of_a_changed_file() -> None:
    assert _answer([_finding("DET101", 40)], [], Hunk("app/queries.py", 200, 210)) == "elsewhere"


def test_finding_that_stays_is_not_mended() -> None:
    found = _finding("DET101", 40)
    assert _answer([found], [found], Hunk("app/queries.py", 9, 12)) == "missed"


def test_finding_that_only_changes_its_code_is_not_mended() -> None:
    before, after = _finding("DET103", 40), _finding("DET104", 41)
    assert _answer([before], [after], Hunk("app/queries.py", 9, 12)) == "missed"


def test_read_that_failed_and_is_slow_now_is_mended() -> None:
    before, after = _finding("DET105", 40), _finding("DET107", 41)
    assert _answer([before], [after], Hunk("app/queries.py", 9, 12)) == "found"


def test_read_that_was_slow_and_fails_now_is_not_mended() -> None:
    before, after = _finding("DET107", 40), _finding("DET105", 41)
    assert _answer([before], [after], Hunk("app/queries.py", 9, 12)) == "missed"


def test_change_far_down_in_the_statement_of_a_query() -> None:
    text = "def load(session):\n    return session.scalars(\n" + "        # what is loaded\n" * 20 + "    )\n"
    assert whole_statement(text, Hunk("a.py", 20, 21)) == Hunk("a.py", 2, 21)
    assert whole_statement(text, Hunk("a.py", 1, 2)) == Hunk("a.py", 1, 2)
    assert whole_statement("def (", Hunk("a.py", 1, 2)) == Hunk("a.py", 1, 2)
