"""A model's own methods read what is loaded, or say what they need."""

from dataclasses import dataclass

import pytest

from detachlint.api import analyse_sources, fix_sources
from detachlint.config import Config
from detachlint.rules.studio import ASYNC_DATABASE, async_session, rows
from detachlint.testing import Program, execute

CONFIG = Config(select=("DET201", "DET202"))

HEAD = ASYNC_DATABASE
USER = """\
class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


"""
MIXIN = """\
class SafeReprMixin:
    def __repr__(self):
        return f"<{type(self).__name__} with {sorted(set(inspect(self).dict) & {'id', 'user'})}>"


"""
DATA = rows("[Note(id=1, user=User(id=1, name='Anna'))]")


@dataclass(frozen=True)
class Case:
    """A method before and after, and what ``show()`` asserts of the edited program."""

    name: str
    before: str
    after: str
    shows: str
    bases: str = "Base"
    head: str = ""


def note(method: str, bases: str = "Base") -> str:
    return f"""\
class Note({bases}):
    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship()
{method}

"""


SHOW = """\
async def show(session):
    note = await session.get(Note, 1)
    without = {0}
    note = await session.get(Note, 1, options=[joinedload(Note.user)], populate_existing=True)
    loaded = {0}
    assert (without, loaded) == {1}, (without, loaded)


"""


def program(case: Case, method: str, bases: str) -> Program:
    what, _, expected = case.shows.partition(" gives ")
    text = HEAD + USER + case.head + note(method, bases) + SHOW.format(what, expected)
    return Program({"main.py": text + DATA + async_session("await show(session)")})


CASES = (
    Case(
        "a field of an f-string",
        """
    def __repr__(self):
        return f"<Note of {self.user.name}, number {self.id}>"
""",
        """
    def __repr__(self):
        user = "?" if "user" in inspect(self).unloaded else self.user.name
        return f"<Note of {user}, number {self.id}>"
""",
        "repr(note) gives ('<Note of ?, number 1>', '<Note of Anna, number 1>')",
    ),
    Case(
        "two fields that read the same",
        """
    def __str__(self):
        return f"{self.user.name} ({self.user.id})"
""",
        """
    def __str__(self):
        user = "?" if "user" in inspect(self).unloaded else self.user.name
        user_id = "?" if "user" in inspect(self).unloaded else self.user.id
        return f"{user} ({user_id})"
""",
        "str(note) gives ('? (?)', 'Anna (1)')",
    ),
    Case(
        "not a field",
        """
    def __repr__(self):
        # who and what
        return "Note of " + self.user.name
""",
        """
    def __repr__(self):
        # who and what
        if "user" in inspect(self).unloaded:
            return object.__repr__(self)
        return "Note of " + self.user.name
""",
        "repr(note)[:5] gives ('<main', 'Note ')",
    ),
    Case(
        "a condition in a field",
        """
    def __repr__(self):
        return f"Note {self.user.name if self.user_id else None}"
""",
        """
    def __repr__(self):
        user = "?" if "user" in inspect(self).unloaded else (self.user.name if self.user_id else None)
        return f"Note {user}"
""",
        "repr(note) gives ('Note ?', 'Note Anna')",
    ),
    Case(
        "a field that is not always computed",
        """
    def __repr__(self):
        return f"Note {self.user.name}" if self.user_id else "Note"
""",
        """
    def __repr__(self):
        if "user" in inspect(self).unloaded:
            return object.__repr__(self)
        return f"Note {self.user.name}" if self.user_id else "Note"
""",
        "repr(note)[:5] gives ('<main', 'Note ')",
    ),
    Case(
        "the project's mixin",
        """
    def __repr__(self):
        return f"<Note of {self.user.name}>"
""",
        "",
        "repr(note) gives (\"<Note with ['id']>\", \"<Note with ['id', 'user']>\")",
        bases="SafeReprMixin, Base",
        head=MIXIN,
    ),
    Case(
        "the project's mixin, and a comment that must stay",
        """
    def __repr__(self):
        return f"<Note of {self.user.name}>"  # the owner
""",
        """
    def __repr__(self):
        user = "?" if "user" in inspect(self).unloaded else self.user.name
        return f"<Note of {user}>"  # the owner
""",
        "repr(note) gives ('<Note of ?>', '<Note of Anna>')",
        head=MIXIN,
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_method_is_mended(case: Case) -> None:
    before, after = program(case, case.before, "Base"), program(case, case.after, case.bases)
    assert [f.code for f in analyse_sources(before.files, CONFIG).findings]
    assert execute(before).error is not None
    assert fix_sources(before.files, CONFIG).changed == {}
    done = fix_sources(before.files, CONFIG, unsafe=True)
    assert done.changed["main.py"][1] == after.files["main.py"]
    assert done.report.findings == ()
    assert fix_sources(after.files, CONFIG, unsafe=True).changed == {}
    outcome = execute(after)
    assert outcome.error is None, outcome


def test_a_property_that_may_be_none_is_guarded() -> None:
    before = """
    @property
    def owner(self) -> str | None:
        return self.user.name
"""
    after = """
    @property
    def owner(self) -> str | None:
        if "user" in inspect(self).unloaded:
            return None
        return self.user.name
"""
    models = HEAD + USER + note(before)
    done = fix_sources({"main.py": models}, CONFIG, unsafe=True)
    assert done.changed == {"main.py": (models, HEAD + USER + note(after))}
    assert done.report.findings == ()
    outcome = execute(program(Case("", before, after, "note.owner gives (None, 'Anna')"), after, "Base"))
    assert outcome.error is None, outcome


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            """
    @property
    def initial(self) -> str:
        return self.user.name[0]
""",
            """
    @property
    def initial(self) -> str:
        \"""Needs loaded: user.\"""
        return self.user.name[0]
""",
        ),
        (
            """
    @property
    def initial(self):
        \"""The first letter.\"""
        return self.user.name[0]
""",
            """
    @property
    def initial(self):
        \"""The first letter.

        Needs loaded: user.
        \"""
        return self.user.name[0]
""",
        ),
        (
            """
    @property
    def initial(self) -> str:
        \"""The first letter.

        Needs loaded: id.
        \"""
        return self.user.name[0]
""",
            """
    @property
    def initial(self) -> str:
        \"""The first letter.

        Needs loaded: id, user.
        \"""
        return self.user.name[0]
""",
        ),
    ],
    ids=["without a docstring", "with one", "with a note"],
)
def test_a_property_that_has_no_answer_says_what_it_needs(before: str, after: str) -> None:
    head, tail = HEAD + USER, "session = SessionLocal()\n"
    files = {"main.py": head + note(before) + tail}
    assert fix_sources(files, CONFIG).changed == {}
    done = fix_sources(files, CONFIG, unsafe=True)
    assert done.changed["main.py"][1] == head + note(after) + tail
    assert done.report.findings == ()


def test_a_call_that_fails_is_reported_whatever_the_docstring_says() -> None:
    method = '''
    @property
    def initial(self) -> str:
        """Needs loaded: user."""
        return self.user.name[0]
'''
    case = Case("", method, method, "note.initial gives ('A', 'A')")
    codes = [f.code for f in analyse_sources(program(case, method, "Base").files, CONFIG).findings]
    assert codes == ["DET202"]


def test_a_comparison_is_for_its_author() -> None:
    method = """
    def __eq__(self, other):
        return self.user.name == other.user.name
"""
    files = {"main.py": HEAD + USER + note(method)}
    assert {f.code for f in analyse_sources(files, CONFIG).findings} == {"DET201"}
    assert fix_sources(files, CONFIG, unsafe=True).changed == {}


def test_a_dataclass_leaves_the_attribute_out() -> None:
    models = """\
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column, relationship
from sqlalchemy.pool import StaticPool

engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
Session = async_sessionmaker(engine, expire_on_commit=False)


class Base(MappedAsDataclass, DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)


class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), init=False)
    user: Mapped[User] = relationship(lazy="select")


async def main():
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with Session() as session:
        session.add(Note(1, User(1)))
        await session.commit()
    async with Session() as session:
        print(repr((await session.scalars(select(Note))).one()))
    await engine.dispose()
"""
    files = {"main.py": models}
    assert execute(Program(files)).error is not None
    done = fix_sources(files, CONFIG, unsafe=True)
    after = models.replace('relationship(lazy="select")', 'relationship(lazy="select", repr=False)')
    assert done.changed == {"main.py": (models, after)}
    assert execute(Program({"main.py": after})).error is None
