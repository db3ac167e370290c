"""The resolution measure counts what it says it counts."""

from __future__ import annotations

from detachlint.discover import Source
from detachlint.frameworks import FRAMEWORKS
from detachlint.frameworks.sqlalchemy.observers.unresolved import relationship_names
from detachlint.interpret.run import interpret
from detachlint.models.build import build
from detachlint.pipeline import parse_all
from tests.corpus.resolution import Receivers, Resolution, resolution

_MODELS = """
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)

class Player(Base):
    __tablename__ = "player"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("team.id"))
    team: Mapped[Team] = relationship()
"""


def _measured(code: str, path: str = "main.py", module: str = "main") -> Resolution:
    program, _, _ = parse_all([Source(path, module, False, _MODELS + code)], None)
    graph = build(program)
    receivers = Receivers(relationship_names(graph))
    interpret(program, graph, [receivers, *(make({}) for make in FRAMEWORKS)])
    return resolution(program, graph, receivers)


def test_a_queried_receiver_is_known() -> None:
    found = _measured("def f(session: Session):\n    return session.scalars(select(Player)).first().team\n")
    assert found.kinds == {"query": 1}
    assert found.share == 1.0


def test_an_unknown_receiver_carries_its_reason() -> None:
    found = _measured("def f(anything):\n    return anything.team\n")
    assert found.share == 0.0
    assert [(u.attribute, bool(u.reason)) for u in found.unknown] == [("team", True)]


def test_writes_and_query_expressions_are_no_reads() -> None:
    found = _measured(
        "def f(player: Player, team: Team):\n    player.team = team\n    return select(Player.team)\n"
    )
    assert found.kinds == {"other": 1}
    assert found.share == 1.0


def test_code_that_no_path_reaches_counts_as_unknown() -> None:
    found = _measured("def f(player: Player):\n    return 1\n    return player.team\n")
    assert found.kinds == {"not run": 1}
    assert found.share == 0.0


def test_what_the_text_says_is_no_entity_does_not_count() -> None:
    found = _measured(
        """
import json

class Payload:
    def shown(self):
        return 0
        return self.team

def unreached(payload: Payload, other: Payload | None, anything, player: Player):
    return 0
    return payload.team, other.team, json.team, anything.team, player.team

def rebound(payload: Payload):
    return 0
    payload = find()
    return payload.team
"""
    )
    assert found.kinds == {"other": 3, "not run": 4}
    assert [u.attribute for u in found.unknown] == ["team"] * 4


def test_what_a_module_makes_of_such_a_class_is_no_entity() -> None:
    found = _measured(
        """
class Store:
    pass

store = Store()
first = Player()

def unreached(anything):
    return 0
    return store.team, first.team
"""
    )
    assert found.kinds == {"other": 1, "not run": 1}


def test_what_a_library_has_made_is_no_entity() -> None:
    found = _measured(
        "import copy\nimport re\nimport httpx\n\n"
        "def f(given):\n"
        "    with httpx.Client() as client:\n        client.team\n"
        '    re.match("a", "b").team\n'
        "    copy.replace(given).team\n"
    )
    assert found.kinds == {"other": 2, "unknown": 1}


def test_what_a_test_says_is_a_librarys_object_does_not_count() -> None:
    found = _measured(
        "import httpx\n\n"
        "def f(anything):\n"
        "    if isinstance(anything, httpx.Client):\n        return anything.team\n"
        "    return anything.team\n"
    )
    assert found.kinds == {"other": 1, "unknown": 1}


def test_objects_of_library_classes_do_not_count() -> None:
    found = _measured(
        """
import argparse
import re
from telegram.ext import ApplicationBuilder
from game.factories import PlayerFactory

WORD = re.compile("a+")

def of_libraries(text):
    found = WORD.match(text)
    arguments = argparse.ArgumentParser().parse_args()
    return found.team, arguments.team, ApplicationBuilder().team

def of_a_part_that_is_not_analysed():
    return PlayerFactory().team
""",
        "game/main.py",
        "game.main",
    )
    assert found.kinds == {"other": 3, "unknown": 1}


def test_tests_do_not_count() -> None:
    found = _measured("def f(anything):\n    return anything.team\n", path="tests/test_main.py")
    assert found.kinds == {}


def test_methods_of_the_name_do_not_count() -> None:
    found = _measured("def f(anything):\n    return anything.team(), anything.team.name\n")
    assert found.kinds == {"other": 1, "unknown": 1}


def test_what_annotations_say_is_no_entity_does_not_count() -> None:
    found = _measured(
        """
class Squad:
    team: str
    chief: Player

class Board:
    squad: Squad | None = None

    def __init__(self, other: Squad, chosen: Player, anything):
        self.other = other
        self.chosen = chosen
        self.anything = anything

    @property
    def best(self) -> Squad:
        return self.other

    def shown(self):
        return 0
        return self.squad.team, self.other.team, self.best.team, Squad().team
        return self.chosen.team, self.anything.team, self.squad.chief.team

def chosen(given):
    squad: Squad = given()
    squad = given()
    return 0
    return squad.team
"""
    )
    assert found.kinds == {"other": 5, "not run": 3}
