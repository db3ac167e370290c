"""The beginning of small programs about books and their authors: mapping, session factory, sample rows."""

MAPPING = """\
class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    books: Mapped[list["Book"]] = relationship(back_populates="author")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="books")


"""

_IMPORTS = """\
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship, sessionmaker
from sqlalchemy.pool import StaticPool

"""

SYNC = (
    _IMPORTS
    + """\
engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
Session = sessionmaker(engine)


"""
    + MAPPING
    + """\
def fill() -> None:
    Base.metadata.create_all(engine)
    with Session() as session:
        session.add(Book(title="Emma", author=Author(name="Austen")))
        session.commit()


"""
)

ASYNC = (
    "import asyncio\n\n"
    + _IMPORTS
    + """\
engine = create_async_engine("sqlite+aiosqlite://")
Session = async_sessionmaker(engine, expire_on_commit=False)


"""
    + MAPPING
    + """\
async def fill() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with Session() as session:
        session.add(Book(title="Emma", author=Author(name="Austen")))
        await session.commit()


"""
)
