"""An application has a middleware for detached instances and does not install it.

## What it does

Reports an application object that never gets the middleware, defined in the
same project, that catches `DetachedInstanceError`.

## Why is this bad?

The middleware turns a lazy load that slipped through into a clear answer and an
incident in the log. An application that was built without it, a second one or
one for the tests, answers with a bare error 500.

## Example

```python
class DetachedInstanceMiddleware:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        try:
            await self.app(scope, receive, send)
        except DetachedInstanceError:
            logger.exception("detached read in %s", scope["path"])
            raise


app = FastAPI()  # fails
```

## Use instead

```python
class DetachedInstanceMiddleware:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        try:
            await self.app(scope, receive, send)
        except DetachedInstanceError:
            logger.exception("detached read in %s", scope["path"])
            raise


app = FastAPI()
app.add_middleware(DetachedInstanceMiddleware)
```

## Fix safety

Adding the middleware is an unsafe fix: it changes how errors are answered. It is
added where the application is made, so that what is added later stands outside
of it. One that asks for arguments is left to a person.
"""

from __future__ import annotations

from collections.abc import Iterator

from detachlint.domain.edits import Applicability, InstallMiddleware, Proposal
from detachlint.domain.facts import AppWithoutMiddleware
from detachlint.domain.findings import Severity
from detachlint.rule import Bad, Draft, Good, Rule, RuleContext
from detachlint.rules.text import shown
from detachlint.rules.wording import short


def check(missing: AppWithoutMiddleware, context: RuleContext) -> Iterator[Draft]:
    middleware = short(missing.middleware)
    message = f"`{missing.app or 'the application'}` never gets the project's `{middleware}`"
    action = InstallMiddleware(missing.site, missing.middleware)
    yield Draft(
        missing.site,
        message,
        help=f"add it: `{missing.app or 'app'}.add_middleware({middleware})`",
        proposals=(Proposal(action, Applicability.UNSAFE, f"install `{middleware}`"),),
    )


_IMPORTS = """\
import logging

from fastapi import FastAPI
from sqlalchemy.orm.exc import DetachedInstanceError

logger = logging.getLogger("studio")


def main():
    pass


"""
_FACTORY = (
    "# file: middleware.py\n"
    + _IMPORTS
    + shown(__doc__, "Example").partition("app = FastAPI()")[0]
    + """\
# file: main.py
from fastapi import FastAPI
from starlette.middleware import Middleware
from middleware import DetachedInstanceMiddleware


def main():
    create_app()


"""
)

RULE = Rule(
    code="DET401",
    name="missing-detached-middleware",
    doc=__doc__ or "",
    on=(AppWithoutMiddleware,),
    check=check,
    severity=Severity.WARNING,
    examples=(
        Bad(shown(__doc__, "Example"), None, _IMPORTS),
        Good(shown(__doc__, "Use instead"), _IMPORTS),
        Bad(
            """\
def create_app():
    app = FastAPI(title="Studio")  # fails
    return app
""",
            None,
            _FACTORY,
        ),
        Good(
            """\
def create_app():
    return FastAPI(title="Studio", middleware=[Middleware(DetachedInstanceMiddleware)])
""",
            _FACTORY,
        ),
    ),
)
