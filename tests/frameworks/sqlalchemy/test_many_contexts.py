"""What all queries of a program go through is told apart for each of them."""

from detachlint.api import analyse_sources

_SHARED = """
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase):
    pass

class Owner(Base):
    __tablename__ = "owners"
    id: Mapped[int] = mapped_column(primary_key=True)

async def first(session: AsyncSession, statement):
    result = await session.execute(statement)
    return result.scalars().first()
"""

_ONE = """
class Thing{n}(Base):
    __tablename__ = "things{n}"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("owners.id"))
    owner: Mapped[Owner] = relationship()

async def use{n}(session: AsyncSession):
    thing = await first(session, select(Thing{n}))
    return thing.owner.id  # {n}
"""


def test_the_fiftieth_query_of_a_shared_function_is_followed_like_the_first() -> None:
    text = _SHARED + "".join(_ONE.format(n=n) for n in range(50))
    lines = text.splitlines()
    found = [f for f in analyse_sources({"main.py": text}).findings if f.error == "MissingGreenlet"]
    assert {lines[f.line - 1].partition("# ")[2] for f in found} == {str(n) for n in range(50)}
