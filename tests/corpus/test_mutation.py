"""The mutation measure deletes what it says, and knows which deletions matter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.corpus.mutants import mutants
from tests.corpus.mutation import Project, recall

_MODELS = """\
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship
from sqlalchemy.orm import selectinload

class Base(DeclarativeBase):
    pass

class City(Base):
    __tablename__ = "city"
    id: Mapped[int] = mapped_column(primary_key=True)

class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    city_id: Mapped[int] = mapped_column(ForeignKey("city.id"))
    city: Mapped[City] = relationship()

class Player(Base):
    __tablename__ = "player"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    team: Mapped[Team] = relationship()
"""


def _recall(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> dict[str, Any]:
    (folder / "main.py").write_text(_MODELS + code, encoding="utf-8")
    monkeypatch.chdir(folder)
    out: dict[str, Any] = {}
    recall(Project([Path("main.py")]), 40, 1, 100, out)
    return out


def _answers(out: dict[str, Any]) -> list[tuple[str, str]]:
    return [(run["code"].rstrip(","), run["answer"]) for run in out["runs"]]


def test_each_option_is_deleted_on_its_own() -> None:
    text = "q = select(A).options(selectinload(A.b), joinedload(A.c).selectinload(C.d))\n"
    listed = [(m.kind, sorted(m.names), m.text.strip()) for m in mutants(text)]
    assert listed == [
        ("option", ["b"], "q = select(A).options(joinedload(A.c).selectinload(C.d))"),
        ("hop", ["d"], "q = select(A).options(selectinload(A.b), joinedload(A.c))"),
        ("option", ["c", "d"], "q = select(A).options(selectinload(A.b), )"),
    ]


def test_options_in_lists_and_the_mapping_count() -> None:
    text = 'o = (selectinload(A.b),)\nclass A:\n    b = relationship("B", lazy="selectin")\n'
    assert [(m.kind, m.text.splitlines()[:1]) for m in mutants(text)] == [
        ("option", ["o = ()"]),
        ("mapping", ["o = (selectinload(A.b),)"]),
    ]
    assert 'relationship("B", )' in mutants(text)[1].text


def test_a_deletion_that_a_read_in_a_callee_depends_on_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = _recall(
        tmp_path,
        monkeypatch,
        """
def show(player):
    return player.team.city

async def one(session: AsyncSession):
    query = select(Player).options(joinedload(Player.team).joinedload(Team.city))
    return show((await session.scalars(query)).one())

async def other(session: AsyncSession):
    query = select(Player).options(selectinload(Player.team).selectinload(Team.city))
    return show((await session.scalars(query)).one())
""",
    )
    assert out["mutants"] == {"hop read": 2, "option read": 2}
    assert [answer for _, answer in _answers(out)] == ["found"] * 4


def test_mutants_of_several_files_may_share_a_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models.py").write_text(_MODELS, encoding="utf-8")
    head = "from models import Player, Team, AsyncSession, select, selectinload\n"
    body = "async def f(session: AsyncSession):\n    query = select({0}).options(selectinload({0}.{1}))\n"
    body += "    return (await session.scalars(query)).one().{1}\n"
    (tmp_path / "a.py").write_text(head + body.format("Player", "team"), encoding="utf-8")
    (tmp_path / "b.py").write_text(head + body.format("Team", "city"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    out: dict[str, Any] = {}
    recall(Project([Path()]), 40, 1, 100, out, together=2)
    assert [(run["path"], run["answer"]) for run in out["runs"]] == [("a.py", "found"), ("b.py", "found")]


def test_what_nothing_reads_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = _recall(
        tmp_path,
        monkeypatch,
        """
async def name(session: AsyncSession):
    return (await session.scalars(select(Player).options(selectinload(Player.team)))).one().id
""",
    )
    assert out["mutants"] == {"option unread": 1}
    assert out["runs"] == []


def test_a_single_lazy_query_of_a_synchronous_session_is_harmless(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = _recall(
        tmp_path,
        monkeypatch,
        """
def one(session: Session):
    return session.scalars(select(Player).options(selectinload(Player.team))).one().team
""",
    )
    assert out["mutants"] == {"option harmless": 1}
