"""The summary of a strict run: reasons by number, each with what settles it and where."""

from detachlint.api import analyse_sources
from detachlint.config import Config
from detachlint.report.unproved import render_unproved

MODELS = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class Owner(Base):
    __tablename__ = "owners"
    id: Mapped[int] = mapped_column(primary_key=True)

class Dog(Base):
    __tablename__ = "dogs"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owners.id"))
    owner: Mapped[Owner] = relationship()
"""
USES = """\
from models import Dog

def label(dog: Dog):
    return dog.owner

def badge(dog: Dog):
    return dog.owner

def anything(thing):
    return thing.owner

def never(dog: Dog):
    return None
    return dog.owner
"""


def _strict(uses: str, *, strict: bool = True) -> list[str]:
    report = analyse_sources({"models.py": MODELS, "uses.py": uses}, Config(strict=strict))
    return ["".join(text for text, _ in line) for line in render_unproved(report)]


def test_the_commonest_reason_comes_first_with_its_remedy_and_places() -> None:
    lines = _strict(USES)
    assert lines[1] == "Not proved, by reason (4 in all)"
    assert lines[2].split(maxsplit=1) == ["2", "object whose query is not in the analysed code"]
    assert "analyse the code that calls these functions" in lines[3]
    assert lines[4].split() == ["uses.py", "dog", "2"]


def test_reads_of_unknown_things_and_unreached_code_are_counted() -> None:
    text = "\n".join(_strict(USES))
    assert "argument that is not given" in text
    assert "thing" in text
    assert "code that nothing reaches" in text


def test_what_is_proved_needs_no_summary() -> None:
    assert _strict("from models import Dog\n\ndef label(dog: Dog):\n    return dog.owner_id\n") == []


def test_only_strict_runs_have_it() -> None:
    assert _strict(USES, strict=False) == []
