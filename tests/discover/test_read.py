from pathlib import Path

import pytest

from detachlint.discover import MAX_BYTES, SourceFile, read_source
from detachlint.domain.source import Problem


def read(folder: Path, data: bytes, *, module: str = "a") -> str | Problem:
    path = folder / "a.py"
    path.write_bytes(data)
    return read_source(SourceFile("a.py", path, module, False, folder))


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        ("x = 'é'\r\n".encode(), "x = 'é'\r\n"),
        (b"\xef\xbb\xbfx = 1\n", "x = 1\n"),
        ("# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"), "# -*- coding: latin-1 -*-\nx = 'é'\n"),
        (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\n'\x80'", None),
    ],
)
def test_text_is_decoded_as_python_does(tmp_path: Path, data: bytes, text: str | None) -> None:
    expected = text if text is not None else data.decode("cp1252")
    assert read(tmp_path, data) == expected


@pytest.mark.parametrize(
    ("data", "line", "message"),
    [
        (b"x = 1\ny = '\xff'\n", 2, "is not UTF-8: byte 0xff cannot be decoded"),
        (b"x = 1\n\nb = '\0'\n", 3, "is not a text file: it holds NUL bytes"),
        ("x = 1".encode("utf-16"), 1, "is not a text file: it holds NUL bytes"),
        (b"# coding: klingon\n", 1, "its coding line names an unknown encoding"),
        (b"# coding: hex\nx = 1\n", 1, "its coding line names 'hex', which is not a text encoding"),
    ],
)
def test_what_cannot_be_decoded_is_one_problem(tmp_path: Path, data: bytes, line: int, message: str) -> None:
    assert read(tmp_path, data) == Problem("a.py", line, message)


def test_an_enormous_file_is_skipped(tmp_path: Path) -> None:
    assert read(tmp_path, b"#" * (MAX_BYTES + 1)) == Problem("a.py", 1, "skipped: 5.0 MB is more than 5 MB")


def test_a_file_that_went_away(tmp_path: Path) -> None:
    problem = read_source(SourceFile("a.py", tmp_path / "a.py", "a", False, tmp_path))
    assert problem == Problem("a.py", 1, "cannot be read: No such file or directory")


def test_a_template_has_no_coding_line(tmp_path: Path) -> None:
    assert read(tmp_path, b"# coding: klingon\n", module="") == "# coding: klingon\n"
