"""What SQLAlchemy 1 does otherwise. The programs were run with 1.4.54; those of 2 run here."""

import pytest

from detachlint.api import analyse_sources
from detachlint.config import Config
from detachlint.testing import Program, execute

PROGRAM = """\
# file: models.py
from sqlalchemy import Column, ForeignKey, Integer, String
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base()


class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)
    name = Column(String)
    line_id = Column(ForeignKey("lines.id"))


class Line(Base):
    __tablename__ = "lines"
    id = Column(Integer, primary_key=True)
    note = Column(String)
    order_id = Column(ForeignKey("orders.id"))
    tags = relationship(Tag)


class Order(Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    lines = relationship(Line)
# file: main.py
from sqlalchemy import create_engine
from sqlalchemy.orm import Session, joinedload, lazyload, load_only, selectinload

from models import Base, Line, Order, Tag


def with_tags(option):
    option.selectinload(Line.tags)


def listed(session, *options):
    return session.query(Order).options(*options).all()


def main():
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(Order(lines=[Line(note="soon", tags=[Tag(name="red")])]))
        session.commit()
    with Session(engine) as session:
        {query}
    return [{read} for order in orders for line in order.lines]
"""
TAGS = "len(line.tags)"
NOTE = "line.note"
CONTINUED = """\
lines = joinedload(Order.lines)
        lines.selectinload(Line.tags)
        orders = listed(session, lines)"""


def test_an_option_that_is_continued_and_not_kept() -> None:
    assert _fails(CONTINUED, TAGS, "1.4") is False
    assert _fails(CONTINUED, TAGS, "1.3.24") is False
    assert _fails(CONTINUED, TAGS, "2.0") is True
    assert _runs_into(CONTINUED, TAGS) == "DetachedInstanceError"


def test_nobody_continues_an_option_for_nothing() -> None:
    assert _fails(CONTINUED, TAGS, "") is False
    assert _fails("orders = listed(session, joinedload(Order.lines))", TAGS, "") is True


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(
            "lines = joinedload(Order.lines)\n"
            "        with_tags(lines)\n"
            "        orders = listed(session, lines)",
            id="by a function",
        ),
        pytest.param(
            "lines = joinedload(Order.lines)\n"
            "        tags = lines.selectinload(Line.tags)\n"
            "        tags.load_only(Tag.id)\n"
            "        orders = listed(session, lines)",
            id="below another",
        ),
        pytest.param(
            "options = [joinedload(Order.lines)]\n"
            "        options[0].selectinload(Line.tags)\n"
            "        orders = listed(session, *options)",
            id="in a list",
        ),
        pytest.param(
            "lines = joinedload(Order.lines)\n"
            "        lines.options(selectinload(Line.tags))\n"
            "        orders = listed(session, lines)",
            id="sub-options",
        ),
    ],
)
def test_all_that_continue_an_option_share_what_they_say(query: str) -> None:
    assert _fails(query, TAGS, "1.4") is False
    assert _fails(query, TAGS, "2.0") is True
    assert _runs_into(query, TAGS) == "DetachedInstanceError"


def test_what_leaves_columns_out_counts_too() -> None:
    query = """\
lines = joinedload(Order.lines)
        lines.load_only(Line.id)
        orders = listed(session, lines)"""
    assert _fails(query, NOTE, "1.4") is True
    assert _fails(query, NOTE, "2.0") is False
    assert _runs_into(query, NOTE) is None


def test_another_option_is_another_object() -> None:
    query = """\
lines, others = joinedload(Order.lines), joinedload(Order.lines)
        others.selectinload(Line.tags)
        orders = listed(session, lines)"""
    assert _fails(query, TAGS, "1.4") is True


def test_the_last_of_two_options_for_one_relationship() -> None:
    query = "orders = listed(session, lazyload(Order.lines), joinedload(Order.lines))"
    assert _codes(query, NOTE, "1.4") == []
    assert "DET309" in _codes(query, NOTE, "2.0")
    assert _runs_into(query, NOTE) == "InvalidRequestError"


def _program(query: str, read: str) -> Program:
    return Program.parse(PROGRAM.replace("{query}", query).replace("{read}", read))


def _codes(query: str, read: str, version: str) -> list[str]:
    report = analyse_sources(_program(query, read).files, Config(sqlalchemy=version))
    return [finding.code for finding in report.findings if finding.error is not None]


def _fails(query: str, read: str, version: str) -> bool:
    return bool(_codes(query, read, version))


def _runs_into(query: str, read: str) -> str | None:
    return execute(_program(query, read)).error
