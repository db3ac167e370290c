import io
import re
from dataclasses import replace
from pathlib import Path

import pytest

from detachlint.domain.findings import Report
from detachlint.domain.source import Span
from detachlint.report.excerpt import excerpt
from detachlint.report.sources import Sources
from detachlint.report.statistics import render_statistics
from detachlint.report.style import Line, write_lines
from detachlint.report.text import render_text
from tests.report.sample import FACTORY, LOST, NOTHING, REPORT, write_sources

EXPECTED = """\
service.py:2:5: DET403 expire-on-commit-async
  Commit expires all attributes.

     2 | booking = await get(session, id)
       | ^^^^^^^

  1. repository.py:2:18
     the object comes from here
     2 | return await session.get(Booking, id)
       |              ^^^^^^^^^^^^^^^^^^^^^^^^

  fix: Pass it
     service.py
     @@ -1 +1 @@
     -async def name(session, id):
     +asyéc def name(session, id):

service.py:3:12: DET101 async-lazy-load
  Booking.user is read, and nothing has loaded it: the lazy load raises
  MissingGreenlet under an async session.

     3 | return booking.user.name
       |        ^^^^^^^^^^^^

  1. repository.py:2:18
     Booking is loaded here, without an option for user
     2 | return await session.get(Booking, id)
       |              ^^^^^^^^^^^^^^^^^^^^^^^^
  2. service.py:2:21
     get() returns it
     2 | booking = await get(session, id)
       |                 ^^^^^^^^^^^^^^^^

  other queries that lead here: repository.py:1 (DET102)

  help: Load it with the query: session.get(Booking, id,
        options=[joinedload(Booking.user)])

Found 2 faults in 2 files: 1 error, 1 warning.
"""


def shown(report: Report, folder: Path, *, color: bool = False, width: int = 80) -> str:
    stream = io.StringIO()
    write_lines(render_text(report, Sources(folder), width=width), stream, color=color)
    return stream.getvalue()


def text_of(line: Line) -> str:
    return "".join(piece for piece, _ in line)


def test_a_report(tmp_path: Path) -> None:
    write_sources(tmp_path)
    assert shown(REPORT, tmp_path) == EXPECTED


def test_colours_change_nothing_but_the_colour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    write_sources(tmp_path)
    colored = shown(REPORT, tmp_path, color=True)
    assert "\x1b[1;31mDET101" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == EXPECTED


@pytest.mark.parametrize("width", [50, 60, 80])
def test_it_fits(tmp_path: Path, width: int) -> None:
    write_sources(tmp_path)
    too_wide = [line for line in shown(REPORT, tmp_path, width=width).splitlines() if len(line) > width]
    assert all(line.startswith(("service.py:", "Found")) for line in too_wide)


def test_sources_that_went_away_are_not_quoted(tmp_path: Path) -> None:
    text = shown(replace(REPORT, findings=(LOST,)), tmp_path)
    assert "service.py:3:12: DET101" in text
    assert " | " not in text


def test_nothing_found(tmp_path: Path) -> None:
    assert shown(NOTHING, tmp_path) == "No faults found in 1 file.\n"


def test_statistics() -> None:
    report = replace(REPORT, findings=(FACTORY, LOST, LOST))
    assert [text_of(line) for line in render_statistics(report)] == [
        "",
        "Findings",
        "  2  DET101 async-lazy-load",
        "  1  DET403 expire-on-commit-async",
        "",
        "Analysed",
        "      2  files",
        "  1,234  functions",
        "",
        "Unknown values, by reason",
        "  11  too deep",
        "   3  unknown callee",
    ]


@pytest.mark.parametrize(
    ("line", "columns", "code", "marked"),
    [
        ("    return booking.user", (12, 24), "return booking.user", "booking.user"),
        ("\tx = a.b", (6, 9), "x = a.b", "a.b"),
        ("x = '\x1b[31m', a.b", (14, 17), "x = '�[31m', a.b", "a.b"),
        ("y" * 30 + " a.b " + "z" * 30, (32, 35), "…yyyyyy a.b zzzzzzz…", "a.b"),
        ("a.b " + "z" * 30, (1, 4), "a.b zzzzzzzzzzzzzzz…", "a.b"),
        ("y" * 30 + " a.b", (32, 35), "…yyyyyyyyyyyyyyy a.b", "a.b"),
        ("x", (5, 9), "x", ""),
    ],
)
def test_the_mark_is_under_the_read(
    tmp_path: Path, line: str, columns: tuple[int, int], code: str, marked: str
) -> None:
    (tmp_path / "a.py").write_text(line + "\n", encoding="utf-8")
    quote = excerpt(Sources(tmp_path), Span("a.py", 1, columns[0], 1, columns[1]), gutter=3, width=20)
    assert quote is not None
    assert (quote.number, quote.code) == ("  1", code)
    assert quote.code[quote.mark.index("^") : quote.mark.rindex("^") + 1] == marked


def test_a_wide_character_moves_the_mark(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("f('日本', a.b)\n", encoding="utf-8")
    quote = excerpt(Sources(tmp_path), Span("a.py", 1, 9, 1, 12), gutter=1, width=40)
    assert quote is not None
    assert quote.mark == " " * 10 + "^^^"


def test_several_lines_are_marked_to_the_end_of_the_first(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = f(\n    y,\n)\n", encoding="utf-8")
    quote = excerpt(Sources(tmp_path), Span("a.py", 1, 5, 3, 2), gutter=1, width=40)
    assert quote is not None
    assert quote.mark == "    ^^"


def test_many_faults_of_one_line_are_told_in_short(tmp_path: Path) -> None:
    write_sources(tmp_path)
    names = [f"rel{number:02}" for number in range(14)]
    many = tuple(replace(LOST, relationship=name) for name in names)
    text = shown(replace(REPORT, findings=many), tmp_path)
    assert text.count("DET101 async-lazy-load") == 3
    told = " ".join(text.split())
    assert "and the same 11 times more in this line: `Booking.rel03`" in told
    assert "`Booking.rel10` and 3 more (--output-format concise lists all)" in told
    assert "Found 14 faults" in text
