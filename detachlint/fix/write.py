"""Edited texts -> files, each replaced as a whole or left alone."""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import stat
import tempfile
import tokenize
from collections.abc import Iterable
from pathlib import Path

from detachlint.domain.source import Problem


def write(
    path: str, before: str, after: str, *, cwd: Path, inside: Iterable[Path], is_python: bool = True
) -> Problem | None:
    """Replace the file at ``path``; the problem says in one line why that was not done.

    Args:
        path: relative to ``cwd``.
        before: the text that was analysed; the file must still hold it.
        inside: the folders and files that may be written.
    """
    target = Path(os.path.realpath(cwd / path))
    allowed = [Path(os.path.realpath(each)) for each in inside]
    if not any(target == each or target.is_relative_to(each) for each in allowed):
        return Problem(path, 1, "not fixed: it leads outside of the project")
    try:
        data = target.read_bytes()
        status = target.stat()
    except OSError as error:
        return Problem(path, 1, f"not fixed: it cannot be read: {error.strerror or error}")
    if not status.st_mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH) or not os.access(target, os.W_OK):
        return Problem(path, 1, "not fixed: it is read-only")
    encoding = _encoding(data) if is_python else "utf-8-sig"
    mark = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    try:
        if data.decode(encoding) != before:
            return Problem(path, 1, "not fixed: it has changed since it was analysed")
        changed = mark + after.encode("utf-8" if encoding == "utf-8-sig" else encoding)
    except (UnicodeError, LookupError):
        return Problem(path, 1, f"not fixed: the edit cannot be written in its encoding, {encoding}")
    try:
        _replace(target, changed, status)
    except OSError as error:
        return Problem(path, 1, f"not fixed: it cannot be written: {error.strerror or error}")
    return None


def _encoding(data: bytes) -> str:
    return tokenize.detect_encoding(io.BytesIO(data).readline)[0]


def _replace(target: Path, data: bytes, status: os.stat_result) -> None:
    """A new file beside the old one, complete on the disk, takes its name and mode."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, stat.S_IMODE(status.st_mode))
        if hasattr(os, "chown"):
            with contextlib.suppress(OSError):
                os.chown(name, status.st_uid, status.st_gid)
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
