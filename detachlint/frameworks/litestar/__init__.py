"""Litestar: handlers, and the dependencies that they get by the names of their parameters."""

from detachlint.frameworks.litestar.framework import Litestar

__all__ = ["Litestar"]
