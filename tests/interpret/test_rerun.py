"""After an edit, running only what sees it shows what running everything shows."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from detachlint import pipeline
from detachlint.config import Config
from detachlint.discover import Source
from detachlint.interpret import rerun
from tests.fix.mutation import QUERIES, all_mutants, files
from tests.programs.expectation import Case

CASES = sorted((Path(__file__).parents[1] / "programs" / "cases").glob("*/*.txt"))
_DEFINITION = re.compile(r"^( *)(?:async )?def \w+\(.*\).*:$", re.MULTILINE)
_FUTURE = "from __future__ import annotations\n"
EDITS = 3


def analysed(texts: Mapping[str, str], since: pipeline.Analysis | None = None) -> pipeline.Analysis:
    sources = [Source.of(path, text) for path, text in texts.items()]
    before = pipeline.Since(since.program, since.observed) if since is not None else None
    return pipeline.examine(sources, Config(), since=before)


def edits(texts: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """The program with a statement more in one of its functions, and an import more in that file."""
    places = [
        (path, found)
        for path, text in sorted(texts.items())
        if path.endswith(".py")
        for found in _DEFINITION.finditer(text)
    ]
    for path, found in places[:: max(1, len(places) // EDITS)]:
        text = texts[path]
        body = f"{text[: found.end()]}\n{found[1]}    one_more = 1{text[found.end() :]}"
        future, rest = (_FUTURE, body.replace(_FUTURE, "", 1)) if _FUTURE in body else ("", body)
        yield {**texts, path: f"{future}import decimal\n{rest}"}


@pytest.mark.parametrize("file", CASES, ids=lambda file: f"{file.parent.name}/{file.stem}")
def test_a_program_shows_the_same(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rerun, "WORTH_IT", 1.0)
    texts = Case.read(file).program.files
    before = analysed(texts)
    for edited in edits(texts):
        assert analysed(edited, before).report.findings == analysed(edited).report.findings


@pytest.mark.parametrize("number", range(0, 40, 5))
def test_the_booking_backend_shows_the_same(number: int) -> None:
    listed = all_mutants()
    edited = {**files(), QUERIES: listed[number % len(listed)].text}
    before = analysed(files())
    again = analysed(edited, before)
    assert again.report.findings == analysed(edited).report.findings
    assert again.rerun is not None
    assert 0 < len(again.rerun) < 40


def test_edits_follow_each_other() -> None:
    listed = all_mutants()
    once = {**files(), QUERIES: listed[1].text}
    first = analysed(once, analysed(files()))
    for twice in edits(once):
        again = analysed(twice, first)
        assert again.rerun is not None
        assert again.report.findings == analysed(twice).report.findings != analysed(files()).report.findings


def test_what_a_module_makes_with_a_function_is_seen_by_all() -> None:
    """The factory is made while the module is loaded: no entry point goes through that function."""
    texts = {
        "db.py": """
from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

def make():
    return async_sessionmaker(create_async_engine("sqlite+aiosqlite://"))

Session = make()
""",
        "main.py": """
from sqlalchemy import select
from db import Session, User

async def rename():
    async with Session() as session:
        user = await session.scalar(select(User))
        user.name = "x"
        await session.commit()
        return user.name
""",
        "other.py": "def other():\n    return 1\n\ndef another():\n    return 2\n",
    }
    factory = texts["db.py"].replace('aiosqlite://")', 'aiosqlite://"), expire_on_commit=False')
    kept = {**texts, "db.py": factory}
    before = analysed(texts)
    assert [f.code for f in before.report.findings if f.path == "main.py"] == ["DET105"]
    assert [f.code for f in analysed(kept, before).report.findings if f.path == "main.py"] == []
