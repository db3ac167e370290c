"""A run leaves nothing behind in the process."""

import os
import sys
import threading

import pytest

from detachlint.testing import Program, execute
from tests.testing.programs import ASYNC, MAIN, MODELS, run

OPEN = (
    MAIN
    + """\
session = Session()

async def main():
    await fill()
    print((await session.scalars(select(User))).all())
"""
)


def test_modules_paths_and_threads_are_gone(capfd: pytest.CaptureFixture[str]) -> None:
    run(MODELS, ASYNC, OPEN)  # imports the libraries
    before = set(sys.modules), list(sys.path), os.getcwd(), threading.active_count()
    assert run(MODELS, ASYNC, OPEN).error is None
    assert (set(sys.modules), list(sys.path), os.getcwd(), threading.active_count()) == before
    assert capfd.readouterr() == ("", "")


def test_the_same_program_runs_again_and_again() -> None:
    assert [run(MODELS, ASYNC, OPEN).error for _ in range(3)] == [None] * 3


def test_sqlmodel_tables_are_forgotten() -> None:
    program = """\
from sqlmodel import Field, Relationship, Session, SQLModel, create_engine

class Hero(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    team_id: int | None = Field(default=None, foreign_key="team.id")
    team: "Team" = Relationship(back_populates="heroes")

class Team(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    heroes: list[Hero] = Relationship(back_populates="team")

def main():
    engine = create_engine("sqlite://")
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Team(id=1, heroes=[Hero()]))
        session.commit()
        team = session.get(Team, 1)
    team.heroes
"""
    assert [run(program).error for _ in range(2)] == ["DetachedInstanceError"] * 2


def test_a_program_may_have_modules_named_as_ours() -> None:
    import tests.testing as ours

    program = """\
# file: tests/__init__.py
answer = 42
# file: main.py
import tests

def main():
    1 / (tests.answer - 42)
"""
    assert run(program).error == "ZeroDivisionError"
    assert sys.modules["tests.testing"] is ours


def test_a_file_outside_the_folder_is_refused() -> None:
    with pytest.raises(ValueError, match="below its folder"):
        execute(Program({"../main.py": ""}))


LISTENER = """\
from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import Session


@event.listens_for(Session, "after_commit")
def told(session):
    raise RuntimeError("told")


"""
COMMIT = """\
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session


def main():
    with Session(create_engine("sqlite://")) as session:
        session.execute(text("SELECT 1"))
        session.commit()
"""


def test_listeners_of_a_program_are_gone() -> None:
    assert execute(Program({"main.py": LISTENER + COMMIT})).error == "RuntimeError"
    assert execute(Program({"main.py": COMMIT})).error is None
