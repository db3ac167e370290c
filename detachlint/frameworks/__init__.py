"""What the calls of libraries mean to the interpreter; each library in a file or folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from detachlint.frameworks.advanced_alchemy import AdvancedAlchemy
from detachlint.frameworks.commandline import CommandLine
from detachlint.frameworks.conversion import Conversion
from detachlint.frameworks.fastapi import FastApi
from detachlint.frameworks.fastapi_users import FastApiUsers
from detachlint.frameworks.flask import Flask
from detachlint.frameworks.jinja import JinjaTemplates
from detachlint.frameworks.litestar import Litestar
from detachlint.frameworks.marshmallow import Marshmallow
from detachlint.frameworks.pagination import Pagination
from detachlint.frameworks.pydantic import Pydantic
from detachlint.frameworks.pyramid import Pyramid
from detachlint.frameworks.query_filters import QueryFilters
from detachlint.frameworks.restful import Restful
from detachlint.frameworks.signals import Signals
from detachlint.frameworks.sqlalchemy.framework import SqlAlchemy
from detachlint.frameworks.sqlmodel import SqlModel
from detachlint.frameworks.strawberry import Strawberry
from detachlint.frameworks.tasks import Tasks
from detachlint.frameworks.wtforms import WtForms
from detachlint.interpret.framework import Framework

# Asked in this order; each is made anew for a run, with the program's templates (path -> text).
FRAMEWORKS: tuple[Callable[[Mapping[str, str]], Framework], ...] = (
    lambda templates: SqlAlchemy(),
    lambda templates: SqlModel(),
    lambda templates: Pydantic(),
    lambda templates: Marshmallow(),
    lambda templates: Conversion(),
    lambda templates: Restful(),
    lambda templates: FastApi(),
    lambda templates: FastApiUsers(),
    lambda templates: AdvancedAlchemy(),
    lambda templates: Litestar(),
    JinjaTemplates,
    lambda templates: Flask(),
    lambda templates: Pyramid(),
    lambda templates: Signals(),
    lambda templates: Strawberry(),
    lambda templates: Tasks(),
    lambda templates: CommandLine(),
    lambda templates: WtForms(),
    lambda templates: Pagination(),
    lambda templates: QueryFilters(),
)
