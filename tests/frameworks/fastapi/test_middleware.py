"""Applications without the middleware that DET401 asks for."""

import pytest

from detachlint.api import analyse_sources

MIDDLEWARE = """
from fastapi import FastAPI
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware

class DetachedInstanceMiddleware(BaseHTTPMiddleware):
    pass

def setup(application):
    application.add_middleware(DetachedInstanceMiddleware)

STACK = [Middleware(DetachedInstanceMiddleware)]
"""

APPLICATIONS = {
    "bare": ("app = FastAPI()", 1),
    "installed": ("app = FastAPI()\napp.add_middleware(DetachedInstanceMiddleware)", 0),
    "another middleware": ("app = FastAPI()\napp.add_middleware(BaseHTTPMiddleware)", 1),
    "argument": ("app = FastAPI(middleware=[Middleware(DetachedInstanceMiddleware)])", 0),
    "variable": ("app = FastAPI(middleware=STACK)", 0),
    "helper": ("app = FastAPI()\nsetup(app)", 0),
    "factory": ("def create():\n    app = FastAPI()\n    setup(app)\n    return app", 0),
    "factory without": ("def create():\n    app = FastAPI()\n    return app\napp = create()", 1),
    "caller of the factory": (
        "def create():\n    made = FastAPI()\n    return made\napp = create()\nsetup(app)",
        0,
    ),
    "mounted": ("app = FastAPI()\nsetup(app)\nsub = FastAPI()\napp.mount('/sub', sub)", 0),
    "mounted in a bare one": ("app = FastAPI()\nsub = FastAPI()\napp.mount('/sub', sub)", 2),
    "two": ("app = FastAPI()\nsetup(app)\nother = FastAPI()", 1),
}


@pytest.mark.parametrize("name", APPLICATIONS)
def test_application_without_the_middleware(name: str) -> None:
    text, wanted = APPLICATIONS[name]
    findings = analyse_sources({"main.py": f"{MIDDLEWARE}\n{text}\n"}).findings
    assert len([f for f in findings if f.code == "DET401"]) == wanted


def test_middleware_is_installed_by_another_module() -> None:
    files = {
        "guard.py": MIDDLEWARE,
        "web.py": "from fastapi import FastAPI\napp = FastAPI()\n",
        "main.py": "from guard import DetachedInstanceMiddleware\nfrom web import app\n"
        "app.add_middleware(DetachedInstanceMiddleware)\n",
    }
    assert [f for f in analyse_sources(files).findings if f.code == "DET401"] == []
