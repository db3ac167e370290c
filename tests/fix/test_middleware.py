"""The project's middleware is installed where the application is made."""

import subprocess
import sys
from pathlib import Path

import pytest

from detachlint.api import fix_sources
from detachlint.config import Config
from tests.cli.project import build

CONFIG = Config(select=("DET401",))
MIDDLEWARE = """\
from sqlalchemy.orm.exc import DetachedInstanceError
from starlette.responses import PlainTextResponse


class DetachedInstanceMiddleware:
    def __init__(self, app, text="caught"):
        self.app = app
        self.text = text

    async def __call__(self, scope, receive, send):
        try:
            await self.app(scope, receive, send)
        except DetachedInstanceError:
            await PlainTextResponse(self.text, 500)(scope, receive, send)
"""
ROUTE = """

@app.get("/")
async def read():
    raise DetachedInstanceError()
"""
REQUEST = """\
import asyncio
import httpx
from web.main import app

async def main():
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://web") as client:
        print((await client.get("/")).text)

asyncio.run(main())
"""


def files(main: str, middleware: str = MIDDLEWARE) -> dict[str, str]:
    return {"web/__init__.py": "", "web/middleware.py": middleware, "web/main.py": main}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            """\
from fastapi import FastAPI
from sqlalchemy.orm.exc import DetachedInstanceError

app = FastAPI(
    title="Web",
)  # the application
"""
            + ROUTE,
            """\
from fastapi import FastAPI
from sqlalchemy.orm.exc import DetachedInstanceError

from web.middleware import DetachedInstanceMiddleware

app = FastAPI(
    title="Web",
)  # the application
app.add_middleware(DetachedInstanceMiddleware)
"""
            + ROUTE,
        ),
        (
            """\
from fastapi import FastAPI
from sqlalchemy.orm.exc import DetachedInstanceError

from web import middleware


def create_app() -> FastAPI:
    application: FastAPI = FastAPI()
    return application


app = create_app()
"""
            + ROUTE,
            """\
from fastapi import FastAPI
from sqlalchemy.orm.exc import DetachedInstanceError

from web import middleware


def create_app() -> FastAPI:
    application: FastAPI = FastAPI()
    application.add_middleware(middleware.DetachedInstanceMiddleware)
    return application


app = create_app()
"""
            + ROUTE,
        ),
    ],
    ids=["a variable of the module", "a factory"],
)
def test_it_is_installed(before: str, after: str, tmp_path: Path) -> None:
    assert fix_sources(files(before), CONFIG).changed == {}
    done = fix_sources(files(before), CONFIG, unsafe=True)
    assert done.changed == {"web/main.py": (before, after)}
    assert done.report.findings == ()
    folder = build(tmp_path, files(after))
    answer = subprocess.run([sys.executable, "-c", REQUEST], cwd=folder, capture_output=True, text=True)
    assert answer.stdout == "caught\n", answer.stderr


def test_one_that_asks_for_arguments_is_left_to_a_person() -> None:
    asking = MIDDLEWARE.replace('text="caught"', "text")
    main = "from fastapi import FastAPI\n\napp = FastAPI()\n"
    done = fix_sources(files(main, asking), CONFIG, unsafe=True)
    assert done.changed == {}
    assert [f.unfixed for f in done.report.findings] == ["`DetachedInstanceMiddleware` takes arguments: text"]
