"""FastAPI and Starlette: routes as entry points, dependencies, responses, background tasks."""

from detachlint.frameworks.fastapi.framework import FastApi

__all__ = ["FastApi"]
