"""Which error ended the program, and at which line."""

import pytest

from tests.testing.programs import ASYNC, MAIN, MODELS, SYNC, place, run

ASYNC_MAIN = (
    MAIN
    + """\
async def main():
    await fill()
    async with Session() as session:
        user = await session.get(User, 1)
        {inside}
    {outside}
"""
)


@pytest.mark.parametrize(
    ("inside", "outside", "error"),
    [
        ("user.posts  # FAILS", "pass", "MissingGreenlet"),
        ("user.biography  # FAILS", "pass", "MissingGreenlet"),
        ("user.guarded  # FAILS", "pass", "InvalidRequestError"),
        ("pass", "user.posts  # FAILS", "DetachedInstanceError"),
        ("pass", "user.nothing  # FAILS", "AttributeError"),
        ("pass", "(await session.scalars(select(Post))).one()  # FAILS", "MultipleResultsFound"),
    ],
)
def test_a_failing_read(inside: str, outside: str, error: str) -> None:
    files = MODELS, ASYNC, ASYNC_MAIN.format(inside=inside, outside=outside)
    outcome = run(*files)
    assert (outcome.error, outcome.path, outcome.line) == (error, *place("# FAILS", *files))


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        ("user.name", "user.name"),
        ("await session.refresh(user, ['posts'])", "user.posts"),
        ("await session.run_sync(lambda _: user.posts)", "user.posts"),
    ],
)
def test_a_clean_run(inside: str, outside: str) -> None:
    outcome = run(MODELS, ASYNC, ASYNC_MAIN.format(inside=inside, outside=outside))
    assert outcome.error is None, outcome.message
    assert (outcome.path, outcome.line, outcome.message) == (None, None, "")


def test_a_property_of_the_model_is_the_place() -> None:
    files = MODELS, ASYNC, ASYNC_MAIN.format(inside="user.first_title", outside="pass")
    outcome = run(*files)
    assert (outcome.error, outcome.path, outcome.line) == ("MissingGreenlet", *place("PROPERTY", *files))


SCHEMAS = """\
# file: schemas.py
from pydantic import BaseModel, ConfigDict

class PostOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    title: str

class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    name: str
    posts: list[PostOut]
"""


def test_a_schema_fails_where_it_is_validated() -> None:
    main = ASYNC_MAIN.format(
        inside="from schemas import UserOut", outside="UserOut.model_validate(user)  # VALIDATES"
    )
    files = MODELS, ASYNC, SCHEMAS, main
    outcome = run(*files)
    assert (outcome.error, outcome.path, outcome.line) == (
        "DetachedInstanceError",
        *place("VALIDATES", *files),
    )


def test_a_schema_that_is_simply_wrong_is_a_validation_error() -> None:
    main = ASYNC_MAIN.format(inside="from schemas import PostOut", outside="PostOut.model_validate(user)")
    assert run(MODELS, ASYNC, SCHEMAS, main).error == "ValidationError"


@pytest.mark.parametrize("kind", ["async def", "def"])
def test_a_response_model_fails_at_the_return_of_the_route(kind: str) -> None:
    main = f"""\
# file: main.py
from fastapi import FastAPI
from starlette.testclient import TestClient
from database import Session, fill
from models import User
from schemas import UserOut
import asyncio

app = FastAPI()

async def load():
    async with Session() as session:
        return await session.get(User, 1)

@app.get("/users/1", response_model=UserOut)
{kind} read_user():
    user = {"await load()" if kind == "async def" else "asyncio.run(load())"}
    if user.id == 1:
        return user  # RETURNS
    return None

def main():
    asyncio.run(fill())
    TestClient(app).get("/users/1")
"""
    files = MODELS, ASYNC, SCHEMAS, main
    outcome = run(*files)
    assert (outcome.error, outcome.path, outcome.line) == ("DetachedInstanceError", *place("RETURNS", *files))


def test_an_endpoint_that_fails_itself() -> None:
    main = """\
# file: main.py
from fastapi import FastAPI
import httpx
from database import Session, fill
from models import User

app = FastAPI()

@app.get("/")
async def read_user():
    async with Session() as session:
        user = await session.get(User, 1)
        return user.posts  # FAILS

async def main():
    await fill()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        await client.get("/")
"""
    files = MODELS, ASYNC, main
    outcome = run(*files)
    assert (outcome.error, outcome.path, outcome.line) == ("MissingGreenlet", *place("FAILS", *files))


@pytest.mark.parametrize("folder", ["'templates'", "Path(__file__).parent / 'templates'"])
def test_a_template_fails_at_its_own_line(folder: str) -> None:
    main = f"""\
# file: templates/user.html
<h1>{{{{ user.name }}}}</h1>
{{% for post in user.posts %}}
  {{{{ post.title }}}}
{{% endfor %}}
# file: main.py
from pathlib import Path
from jinja2 import Environment, FileSystemLoader
from database import Session, fill
from models import User

async def main():
    await fill()
    async with Session() as session:
        user = await session.get(User, 1)
    Environment(loader=FileSystemLoader({folder})).get_template("user.html").render(user=user)
"""
    outcome = run(MODELS, ASYNC, main)
    assert (outcome.error, outcome.path, outcome.line) == ("DetachedInstanceError", "templates/user.html", 2)


def test_errors_are_found_in_groups_and_causes() -> None:
    main = (
        MAIN
        + """\
import asyncio

async def read(user):
    try:
        user.posts  # FAILS
    except Exception as error:
        raise RuntimeError("no posts") from error

async def main():
    await fill()
    async with Session() as session:
        user = await session.get(User, 1)
        async with asyncio.TaskGroup() as group:
            group.create_task(read(user))
"""
    )
    files = MODELS, ASYNC, main
    outcome = run(*files)
    assert (outcome.error, outcome.path, outcome.line) == ("MissingGreenlet", *place("FAILS", *files))


def test_the_error_of_the_handler_comes_before_the_one_it_handled() -> None:
    main = (
        MAIN
        + """\
def main():
    fill()
    with Session() as session:
        user = session.get(User, 1)
        try:
            user.guarded
        except Exception:
            session.expunge(user)
            user.posts  # FAILS
"""
    )
    files = MODELS, SYNC, main
    outcome = run(*files)
    assert (outcome.error, outcome.path, outcome.line) == ("DetachedInstanceError", *place("FAILS", *files))


def test_joined_collections_without_unique() -> None:
    main = (
        MAIN
        + """\
from sqlalchemy.orm import joinedload

def main():
    fill()
    with Session() as session:
        session.scalars(select(User).options(joinedload(User.posts))).all()  # FAILS
"""
    )
    files = MODELS, SYNC, main
    outcome = run(*files)
    assert (outcome.error, outcome.path, outcome.line) == ("InvalidRequestError", *place("FAILS", *files))
    assert "unique()" in outcome.message


def test_a_program_that_cannot_be_imported() -> None:
    outcome = run("import absent_module\n\ndef main(): ...\n")
    assert (outcome.error, outcome.path, outcome.line) == ("ModuleNotFoundError", "main.py", 1)
