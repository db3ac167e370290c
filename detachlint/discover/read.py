"""Reading a file the way Python would, or saying in one line why that can't be done."""

from __future__ import annotations

import io
import tokenize

from detachlint.discover.source_file import SourceFile
from detachlint.domain.source import Problem

MAX_BYTES = 5_000_000


def read_source(file: SourceFile) -> str | Problem:
    """The text of a file, newlines as they are, without a byte order mark.

    A Python file is decoded as its coding line says (PEP 263), a template as UTF-8.
    """
    try:
        size = file.absolute.stat().st_size
        if size > MAX_BYTES:
            return Problem(
                file.path, 1, f"skipped: {size / 1e6:.1f} MB is more than {MAX_BYTES / 1e6:.0f} MB"
            )
        data = file.absolute.read_bytes()
    except OSError as error:
        return Problem(file.path, 1, f"cannot be read: {error.strerror or error}")
    return decode(file.path, data, is_python=bool(file.module))


def decode(path: str, data: bytes, *, is_python: bool = True) -> str | Problem:
    """The text of a file's bytes."""
    if (nul := data.find(b"\0")) >= 0:
        return Problem(path, data.count(b"\n", 0, nul) + 1, "is not a text file: it holds NUL bytes")
    encoding = "utf-8-sig"
    if is_python:
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        except SyntaxError as error:
            # It also complains of first lines that aren't UTF-8; the decoding below finds the place.
            if "unknown encoding" in str(error):
                return Problem(path, 1, "its coding line names an unknown encoding")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        label = "UTF-8" if encoding.startswith("utf-8") else encoding
        line = data.count(b"\n", 0, error.start) + 1
        return Problem(path, line, f"is not {label}: byte 0x{data[error.start]:02x} cannot be decoded")
    except (LookupError, ValueError):
        return Problem(path, 1, f"its coding line names '{encoding}', which is not a text encoding")
