"""Stage 1: which files are in the program, and what Python calls them."""

from __future__ import annotations

from detachlint.discover.discovery import Discovery, discover
from detachlint.discover.read import MAX_BYTES, read_source
from detachlint.discover.requirements import sqlalchemy_version
from detachlint.discover.source_file import Source, SourceFile

__all__ = ["MAX_BYTES", "Discovery", "Source", "SourceFile", "discover", "read_source", "sqlalchemy_version"]
