"""Programs that the tests of the execution run, and a marker that says where a line is."""

from detachlint.testing import Outcome, Program, execute

MODELS = """\
# file: models.py
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, deferred, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    biography: Mapped[str | None] = mapped_column(deferred=True)
    posts: Mapped[list["Post"]] = relationship(back_populates="user")
    guarded: Mapped[list["Post"]] = relationship(viewonly=True, lazy="raise")

    @property
    def first_title(self) -> str:
        return self.posts[0].title  # PROPERTY

class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship(back_populates="posts")
"""

ASYNC = """\
# file: database.py
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.pool import StaticPool
from models import Base, Post, User

engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
Session = async_sessionmaker(engine, expire_on_commit=False)

async def fill():
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with Session() as session:
        session.add_all([User(id=i, name="n", posts=[Post(title="t")]) for i in (1, 2)])
        await session.commit()
"""

SYNC = """\
# file: database.py
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker
from sqlalchemy.pool import StaticPool
from models import Base, Post, User

engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
Session = sessionmaker(engine, expire_on_commit=False)

def fill():
    Base.metadata.create_all(engine)
    with Session() as session:
        session.add_all([User(id=i, name="n", posts=[Post(title="t")]) for i in (1, 2)])
        session.commit()
"""

MAIN = """\
# file: main.py
from sqlalchemy import select
from database import Session, fill
from models import Post, User
"""


def run(*files: str) -> Outcome:
    return execute(Program.parse("".join(files)))


def place(marker: str, *files: str) -> tuple[str, int]:
    """The file and line that hold the comment ``# MARKER``."""
    for path, source in Program.parse("".join(files)).files.items():
        for number, text in enumerate(source.splitlines(), 1):
            if marker in text:
                return path, number
    raise LookupError(marker)
