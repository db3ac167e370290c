import pytest

from detachlint.domain.findings import Finding, Severity
from detachlint.domain.source import Span
from detachlint.selection import Suppressions


def finding(code: str, line: int = 1, end_line: int | None = None) -> Finding:
    return Finding(code, "", "", Span("a.py", line, 1, end_line or line, 2), Severity.ERROR)


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "#NOQA",
        "# noqa: DET101",
        "# noqa:DET101",
        "# noqa: E501, DET101",
        "# noqa: E501 DET101 because of that",
        "# noqa: DET1",
        "# noqa: DET",
        "# noqa - it is loaded",
        "# detachlint: ignore",
        "# detachlint:ignore[DET101]",
        "# detachlint: ignore[DET201, DET1]",
        "# type: ignore[attr-defined]  # noqa: DET101",
        "# noqa: E501  # detachlint: ignore[DET101]",
        "{# detachlint: ignore[DET101] #}",
    ],
)
def test_comments_that_hide_a_finding(comment: str) -> None:
    assert Suppressions.of(f"booking.user  {comment}\n").hide(finding("DET101"))


@pytest.mark.parametrize(
    "comment",
    [
        "",
        "# noqa: E501",
        "# noqa: DET102, DET2",
        "# detachlint: ignore[DET201]",
        "# detachlint: ignored",
        "# detachlint",
        "# noqargs",
        "# detachlint: skip-file",
    ],
)
def test_comments_that_do_not(comment: str) -> None:
    assert not Suppressions.of(f"booking.user  {comment}\n").hide(finding("DET101"))


def test_a_comment_counts_on_its_own_line_only() -> None:
    found = Suppressions.of("a  # noqa\nb\n")
    assert found.hide(finding("DET101", 1))
    assert not found.hide(finding("DET101", 2))


def test_any_line_of_a_finding_can_hold_the_comment() -> None:
    found = Suppressions.of("Schema.model_validate(\n    booking,\n)  # noqa: DET108\n")
    assert found.hide(finding("DET108", 1, 3))
    assert not found.hide(finding("DET108", 1, 2))


@pytest.mark.parametrize(
    "text", ["import x\n# detachlint: skip-file\n", "{# detachlint: skip-file #}\n<p>\n"]
)
def test_a_file_can_be_left_out(text: str) -> None:
    assert Suppressions.of(text).hide(finding("DET101", 99))
