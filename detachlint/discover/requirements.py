"""Which SQLAlchemy a project asks for, as the files beside its sources say.

They are read as texts: it takes one number, and each kind of file has a grammar of its own.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock")
_DECLARATIONS = frozenset({"pyproject.toml", "setup.cfg", "setup.py", "Pipfile"})
_LISTS = re.compile(r"requirements.*\.(?:txt|in)")
# How many folders above the sources are looked at.
MAX_FOLDERS = 5

_LOCKED = re.compile(r'^name = "sqlalchemy"\nversion = "(\d+)\.', re.MULTILINE | re.IGNORECASE)
_ASKED = re.compile(
    r"""(?<![\w.\-/])sqlalchemy\s*(?:\[[^\]\n]*\])?["']?\s*\(?  # SQLAlchemy[asyncio]
        (?:=\s*(?:\{[^}\n]*?\bversion\s*=\s*)?["'])?            # = "...", = {version = "..."}
        (?P<bounds>(?:\s*(?:[=~<>!]=?=?|\^)?\s*\d[\w.*]*,?)+)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BOUND = re.compile(r"([=~<>!]=?=?|\^)?\s*(\d+)(?:\.(\d+))?[\w.*]*")
_FIXED = frozenset({"", "==", "===", "~=", "~", "^"})


def sqlalchemy_version(folders: Iterable[Path]) -> str:
    """The first number of the version, or "" where nothing tells it, or several folders tell different ones.

    Args:
        folders: where the sources are. The nearest folder counts that says something, up to that of the
            repository.
    """
    found = {_nearest(folder) for folder in folders} - {""}
    return found.pop() if len(found) == 1 else ""


def _nearest(folder: Path) -> str:
    for each in (folder, *folder.parents)[:MAX_FOLDERS]:
        found = _told_in(each)
        if found is not None:
            return found
        if (each / ".git").exists():
            break
    return ""


def _told_in(folder: Path) -> str | None:
    """What the files of a folder say: "" where they leave it open; None where they do not speak of it."""
    locked = {number for name in _LOCKS for number in _LOCKED.findall(_text(folder / name))}
    if locked:
        return locked.pop() if len(locked) == 1 else ""
    asked = [_major(match["bounds"]) for file in _declaring(folder) for match in _ASKED.finditer(_text(file))]
    if not asked:
        return None
    told = set(asked) - {""}
    return told.pop() if len(told) == 1 else ""


def _declaring(folder: Path) -> Iterator[Path]:
    for name in _names(folder):
        if name in _DECLARATIONS or _LISTS.fullmatch(name):
            yield folder / name
    yield from (folder / "requirements" / name for name in _names(folder / "requirements"))


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _major(bounds: str) -> str:
    """The first number of all versions that the bounds allow, or ""."""
    for operator, major, minor in _BOUND.findall(bounds):
        if operator in _FIXED:
            return str(major)
        if operator in ("<", "<=") and (int(major), int(minor or 0)) <= (2, 0):
            return "1" if operator == "<" or major == "1" else ""
        if operator in (">", ">=") and int(major) >= 2:
            return str(major)
    return ""
