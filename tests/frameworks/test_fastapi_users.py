"""FastAPI Users. It is not installed here: what the marks say was seen with fastapi-users 14 and
fastapi-users-db-sqlalchemy 7.
"""

from __future__ import annotations

import pytest

from detachlint.api import analyse_sources

_BEGIN = """\
import asyncio
import uuid
from contextlib import asynccontextmanager

from fastapi import Depends
from fastapi_users import BaseUserManager, UUIDIDMixin, schemas
from fastapi_users_db_sqlalchemy import SQLAlchemyBaseUserTableUUID, SQLAlchemyUserDatabase
from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user.id"))


class User(SQLAlchemyBaseUserTableUUID, Base):
    teams: Mapped[list[Team]] = relationship()


class UserCreate(schemas.BaseUserCreate):
    pass


engine = create_async_engine("sqlite+aiosqlite://")
Session = async_sessionmaker(engine, expire_on_commit=False)


class UserManager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
    reset_password_token_secret = verification_token_secret = "secret"

    async def on_after_register(self, user: User, request=None) -> None:
        {hook}


async def get_user_db(session: AsyncSession = Depends(Session)):
    yield SQLAlchemyUserDatabase(session, User)


async def get_user_manager(user_db: SQLAlchemyUserDatabase = Depends(get_user_db)):
    yield UserManager(user_db)


async def register(email: str) -> User:
    async with Session() as session:
        async with asynccontextmanager(get_user_db)(session) as user_db:
            async with asynccontextmanager(get_user_manager)(user_db) as manager:
                user = await manager.create(UserCreate(email=email, password="long enough"))
                {after}
                return user


async def run() -> None:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    user = await register("ada@example.org")
    print(user.email, {read})


def main() -> None:
    asyncio.run(run())
"""


_CURRENT = """\
import uuid

from fastapi import Depends, FastAPI
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin
from fastapi_users.authentication import AuthenticationBackend, BearerTransport, JWTStrategy
from fastapi_users_db_sqlalchemy import SQLAlchemyBaseUserTableUUID, SQLAlchemyUserDatabase
from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.pool import StaticPool


class Base(DeclarativeBase):
    pass


class Team(Base):
    __tablename__ = "team"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    owner_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("user.id"))


class User(SQLAlchemyBaseUserTableUUID, Base):
    teams: Mapped[list[Team]] = relationship()


engine = create_async_engine("sqlite+aiosqlite://", poolclass=StaticPool)
Session = async_sessionmaker(engine, expire_on_commit=False)


async def get_session():
    async with Session() as session:
        yield session


async def get_user_db(session: AsyncSession = Depends(get_session)):
    yield SQLAlchemyUserDatabase(session, User)


class UserManager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
    reset_password_token_secret = verification_token_secret = "secret"


async def get_user_manager(user_db: SQLAlchemyUserDatabase = Depends(get_user_db)):
    yield UserManager(user_db)


def get_strategy() -> JWTStrategy:
    return JWTStrategy("a secret that is long enough for the hash", None)


backend = AuthenticationBackend("jwt", BearerTransport("login"), get_strategy)
users = FastAPIUsers[User, uuid.UUID](get_user_manager, [backend])
current_user = users.current_user({options})
app = FastAPI()


@app.get("/teams")
async def my_teams(
    user: User = Depends(current_user), session: AsyncSession = Depends(get_session)
) -> list[str]:
    if user is None:
        return []
    {before}
    return [{read}]


def main() -> None:
    import asyncio

    from fastapi.testclient import TestClient

    async def fill() -> str:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with Session() as session:
            user = User(email="ada@example.org", hashed_password="-", teams=[Team(name="one")])
            session.add(user)
            await session.commit()
            return await get_strategy().write_token(user)

    token = asyncio.run(fill())
    answer = TestClient(app).get("/teams", headers={{"Authorization": f"Bearer {{token}}"}})
    print(answer.status_code, answer.json())
"""


def _program(hook: str = "pass", after: str = "pass", read: str = "user.id") -> str:
    return _BEGIN.format(hook=hook, after=after, read=read)


def _errors(text: str) -> list[tuple[str, str | None, str]]:
    lines = text.splitlines()
    findings = analyse_sources({"main.py": text}).findings
    return [(f.code, f.error, lines[f.line - 1].strip()) for f in findings if f.error is not None]


def test_hook_gets_a_user_without_its_relationships() -> None:
    text = _program(hook="print(user.teams)")
    assert _errors(text) == [("DET105", "MissingGreenlet", "print(user.teams)")]


def test_user_that_was_made_leaves_its_session() -> None:
    text = _program(read="user.teams")
    assert _errors(text) == [("DET105", "DetachedInstanceError", "print(user.email, user.teams)")]


@pytest.mark.parametrize(
    "text",
    [
        _program(),
        _program(hook="print(user.email)"),
        _program(after='await session.refresh(user, ["teams"])', read="user.teams"),
        _program(hook='await self.user_db.session.refresh(user, ["teams"]); print(user.teams)'),
    ],
)
def test_what_is_loaded_is_no_fault(text: str) -> None:
    assert _errors(text) == []


_GROUPS = """\
class User(SQLAlchemyBaseUserTableUUID, Base):
    group_id: Mapped[int | None] = mapped_column(ForeignKey("team.id"))
    teams: Mapped[list[Team]] = relationship(foreign_keys="Team.owner_id")


class UserCreate(schemas.BaseUserCreate):
    group_id: int | None = None
"""


@pytest.mark.parametrize(("given", "fails"), [("", False), (", group_id=1", True)])
def test_user_has_what_it_was_made_of(given: str, fails: bool) -> None:
    text = _program(read="user.teams if user.group_id else []")
    start, end = text.index("class User(SQL"), text.index("\n\nengine =")
    text = text[:start] + _GROUPS + text[end:]
    text = text.replace('password="long enough"', f'password="long enough"{given}')
    read = "print(user.email, user.teams if user.group_id else [])"
    assert _errors(text) == ([("DET105", "DetachedInstanceError", read)] if fails else [])


@pytest.mark.parametrize("options", ["", "active=True", "optional=True"])
def test_current_user_comes_from_the_session_of_the_request(options: str) -> None:
    text = _CURRENT.format(options=options, before="pass", read="team.name for team in user.teams")
    read = "return [team.name for team in user.teams]"
    assert _errors(text) == [("DET101", "MissingGreenlet", read)]


@pytest.mark.parametrize(
    ("before", "read"),
    [
        ("pass", "user.email"),
        ('await session.refresh(user, ["teams"])', "team.name for team in user.teams"),
    ],
)
def test_what_the_current_user_has_is_no_fault(before: str, read: str) -> None:
    assert _errors(_CURRENT.format(options="", before=before, read=read)) == []
