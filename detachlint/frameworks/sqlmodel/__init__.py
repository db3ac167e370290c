"""SQLModel's table models, which are entities and schemas at once."""

from detachlint.frameworks.sqlmodel.framework import SqlModel

__all__ = ["SqlModel"]
