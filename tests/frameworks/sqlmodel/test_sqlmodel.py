"""Table models: what making, changing and dumping them reads."""

import pytest

from tests.frameworks.marked_programs import check_findings, check_run

_MODELS = """\
from sqlalchemy.orm import selectinload
from sqlalchemy.pool import StaticPool
from sqlmodel import Field, Relationship, Session, SQLModel, create_engine, select


class Team(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    name: str
    heroes: list["Hero"] = Relationship(back_populates="team")


class HeroBase(SQLModel):
    name: str
    team_id: int | None = Field(default=None, foreign_key="team.id")


class Hero(HeroBase, table=True):
    id: int | None = Field(default=None, primary_key=True)
    team: Team | None = Relationship(back_populates="heroes")


class HeroCreate(HeroBase):
    pass


class HeroPublic(HeroBase):
    id: int


class TeamPublic(SQLModel):
    name: str
    heroes: list[HeroPublic] = []


engine = create_engine("sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool)


def fill() -> None:
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Hero(name="Rusty", team=Team(name="Squad")))
        session.commit()


def find(*options):
    with Session(engine) as session:
        return session.exec(select(Hero).options(*options)).one()


def expired() -> Hero:
    with Session(engine) as session:
        hero = session.exec(select(Hero)).one()
        session.commit()
    return hero


"""

PROGRAMS = {
    "dump of columns": """\
def main():
    fill()
    print(find().model_dump())
""",
    "dump of an expired instance is empty": """\
def main():
    fill()
    assert expired().model_dump() == {}
""",
    "text of an expired instance is empty": """\
def main():
    fill()
    print(repr(expired()), expired().model_dump_json())
""",
    "copy of a table model reads relationships": """\
def main():
    fill()
    hero = find()
    print(Hero.model_validate(hero))  # fails: DetachedInstanceError
""",
    "copy with the relationship loaded": """\
def main():
    fill()
    print(Hero.model_validate(find(selectinload(Hero.team))))
""",
    "new instance from a schema": """\
def create(data: HeroCreate) -> Hero:
    with Session(engine) as session:
        hero = Hero.model_validate(data, update={"name": "Rusty"})
        session.add(hero)
        session.commit()
        session.refresh(hero)
        return hero


def main():
    fill()
    hero = create(HeroCreate(name="x", team_id=1))
    print(hero.name)
    print(hero.team)  # fails: DetachedInstanceError
""",
    "new instance is transient": """\
def main():
    fill()
    hero = Hero.model_validate({"name": "Rusty"})
    print(hero.team)
""",
    "new instance expires": """\
def main():
    fill()
    with Session(engine) as session:
        hero = Hero.model_validate(HeroCreate(name="x"))
        session.add(hero)
        session.commit()
    print(hero.name)  # fails: DetachedInstanceError
""",
    "update from an expired instance": """\
def main():
    fill()
    hero = find()
    hero.sqlmodel_update(expired())  # fails: DetachedInstanceError
""",
    "update from another instance reads columns only": """\
def main():
    fill()
    hero = find()
    print(hero.sqlmodel_update(find()).name)
""",
    "update of what is stated": """\
def main():
    fill()
    data = HeroCreate(name="z")
    hero = find()
    hero.sqlmodel_update(data.model_dump(exclude_unset=True), update={"name": "y"})
    print(hero.name)
    print(hero.team)  # fails: DetachedInstanceError
""",
    "schema with a relationship": """\
def main():
    fill()
    with Session(engine) as session:
        team = session.exec(select(Team)).one()
    print(TeamPublic.model_validate(team))  # fails: DetachedInstanceError
""",
    "schema with a loaded relationship": """\
def main():
    fill()
    with Session(engine) as session:
        team = session.exec(select(Team).options(selectinload(Team.heroes))).one()
    print(TeamPublic.model_validate(team))
""",
}


@pytest.mark.parametrize("body", PROGRAMS.values(), ids=PROGRAMS)
def test_sqlalchemy_does_what_is_marked(body: str) -> None:
    check_run(_MODELS + body)


@pytest.mark.parametrize("body", PROGRAMS.values(), ids=PROGRAMS)
def test_analyser_agrees(body: str) -> None:
    check_findings(_MODELS + body)


_APP = """\
from fastapi import FastAPI
from fastapi.testclient import TestClient

"""

RESPONSES = {
    "the table model itself": """\
@app.get("/", response_model=Hero)
def read():
    return find()
""",
    "the table model as annotation": """\
@app.get("/")
def read() -> list[Hero]:
    return [find()]
""",
    "an expired table model": """\
@app.get("/", response_model=Hero)
def read():
    return expired()
""",
    "an expired one through a schema": """\
@app.get("/", response_model=HeroPublic)
def read():
    return expired()  # fails: DetachedInstanceError
""",
    "a schema with a relationship": """\
class HeroWithTeam(HeroPublic):
    team: Team | None = None


@app.get("/", response_model=HeroWithTeam)
def read():
    return find()  # fails: DetachedInstanceError
""",
}


def _application(route: str) -> str:
    return (
        _APP
        + _MODELS
        + "app = FastAPI()\n\n\n"
        + route
        + "\n\ndef main():\n    fill()\n    assert TestClient(app).get('/').status_code == 200\n"
    )


@pytest.mark.parametrize("route", RESPONSES.values(), ids=RESPONSES)
def test_response_does_what_is_marked(route: str) -> None:
    check_run(_application(route))


@pytest.mark.parametrize("route", RESPONSES.values(), ids=RESPONSES)
def test_analyser_agrees_on_responses(route: str) -> None:
    check_findings(_application(route))
