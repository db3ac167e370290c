"""Which attributes were loaded by reading them."""

from detachlint.testing import LazyLoad, Outcome
from tests.testing.programs import MAIN, MODELS, SYNC, place, run

SYNC_MAIN = (
    MAIN
    + """\
from sqlalchemy.orm import immediateload, selectinload

def main():
    fill()
    with Session() as session:
        {body}
"""
)


def sync(body: str, *more: str) -> Outcome:
    outcome = run(MODELS, SYNC, SYNC_MAIN.format(body=body.replace("\n", "\n        ")), *more)
    assert outcome.error is None, outcome.message
    return outcome


def test_a_loop_loads_once_for_each_object() -> None:
    outcome = sync("users = session.scalars(select(User)).all()\nfor user in users:\n    user.posts")
    assert outcome.lazy_loads == (LazyLoad("main.py", 11, "User", "posts"),) * 2


def test_columns_that_are_deferred_or_expired() -> None:
    outcome = sync("user = session.get(User, 1)\nuser.biography\nsession.expire(user)\nuser.name")
    assert outcome.lazy_loads == (
        LazyLoad("main.py", 10, "User", "biography"),
        LazyLoad("main.py", 12, "User", "name"),
    )


def test_a_write_that_loads_the_old_collection() -> None:
    outcome = sync("user = session.get(User, 1)\nuser.posts = []")
    assert outcome.lazy_loads == (LazyLoad("main.py", 10, "User", "posts"),)


def test_eager_loads_and_the_work_of_a_session_do_not_count() -> None:
    outcome = sync(
        "user = session.scalars(select(User).options(selectinload(User.posts))).first()\n"
        "post = session.scalars(select(Post).options(immediateload(Post.user))).first()\n"
        "session.expire_all()\n"
        "session.refresh(user)\n"
        "session.get(Post, 1)\n"
        "session.delete(post)\n"
        "session.flush()"
    )
    assert outcome.lazy_loads == ()


def test_a_template_loads_at_its_own_line() -> None:
    outcome = sync(
        "from jinja2 import Environment, FileSystemLoader\n"
        "user = session.get(User, 1)\n"
        "Environment(loader=FileSystemLoader('templates')).get_template('user.html').render(user=user)",
        "# file: templates/user.html\n\n<p>\n{% for post in user.posts %}{% endfor %}\n",
    )
    assert outcome.lazy_loads == (LazyLoad("templates/user.html", 3, "User", "posts"),)


def test_a_response_model_loads_at_the_return_of_the_route() -> None:
    main = """\
# file: main.py
from fastapi import FastAPI
from pydantic import BaseModel
from starlette.testclient import TestClient
from database import Session, fill
from models import User

class UserOut(BaseModel):
    biography: str | None

app = FastAPI()
session = Session()

@app.get("/", response_model=UserOut)
def read_user():
    user = session.get(User, 1)
    return user  # RETURNS

def main():
    fill()
    assert TestClient(app).get("/").status_code == 200
"""
    files = MODELS, SYNC, main
    outcome = run(*files)
    assert outcome.error is None, outcome.message
    assert outcome.lazy_loads == (LazyLoad(*place("RETURNS", *files), "User", "biography"),)
