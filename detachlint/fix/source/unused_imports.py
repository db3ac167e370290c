"""Imports that nothing uses any more once edits are made."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence

import libcst as cst
import libcst.matchers as m

from detachlint.domain.findings import Edit
from detachlint.fix.source.change import apply
from detachlint.fix.source.document import Document
from detachlint.fix.source.names import Imported, imports_of
from detachlint.fix.source.project import Project

_WORD = re.compile(r"\w+")
_ALIAS = re.compile(r"\w+( as \w+)?")


def without_unused(edits: Sequence[Edit], project: Project) -> list[Edit]:
    """The edits, with others that take away the imports of names whose last use they take away.

    What a package's ``__init__`` imports is for others; an import with a comment is left alone.
    """
    found = list(edits)
    for path in sorted({edit.path for edit in edits}):
        if path.rpartition("/")[2] == "__init__.py" or path not in project.program.by_path:
            continue
        document = project.document(path)
        mine = [edit for edit in edits if edit.path == path]
        gone = _words(document.text[e.start : e.end] for e in mine)
        listed = [each for each in imports_of(document) if each.name and each.local in gone]
        if listed:
            used = _used(apply({path: document.text}, mine)[path])
            unused = [each for each in listed if each.local not in used]
            found = [e for e in found if e.path != path] + _without(document, unused, mine)
    return found


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in _WORD.findall(text)}


def _used(text: str) -> set[str]:
    """Names that code outside of import statements mentions, and the words of strings, as these may be
    annotations.
    """
    words: set[str] = set()
    previous = ""
    importing = False
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.NEWLINE:
                importing = False
            elif token.type == tokenize.NAME:
                if token.string == "import" or (token.string == "from" and previous in ("", "\n")):
                    importing = True
                elif not importing and previous != ".":
                    words.add(token.string)
            elif token.type in (tokenize.STRING, *_STRING_PARTS):
                words |= set(_WORD.findall(token.string))
            if token.type != tokenize.COMMENT:
                previous = token.string if token.string.strip() else "\n"
    except (tokenize.TokenError, SyntaxError):
        return _words([text])
    return words


_STRING_PARTS = tuple(
    getattr(tokenize, name) for name in ("FSTRING_MIDDLE", "TSTRING_MIDDLE") if hasattr(tokenize, name)
)


def _without(document: Document, unused: list[Imported], edits: list[Edit]) -> list[Edit]:
    """The edits of one file, with those that take the imports away."""
    whole: list[tuple[int, int]] = []
    for statement in dict.fromkeys(each.statement for each in unused):
        line = document.statement_of(statement)
        start, end = document.line_start(document.start(line)), document.line_end(document.end(line))
        alone = isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1
        commented = m.findall(statement, m.Comment()) or "#" in document.text[document.end(line) : end]
        if not alone or commented:
            continue
        assert isinstance(statement, cst.ImportFrom)
        assert not isinstance(statement.names, cst.ImportStar)
        names = {each.local for each in unused if each.statement is statement}
        kept = [alias for alias in statement.names if _local(alias) not in names]
        if any(e.start < end and start < e.end for e in edits):
            edits = _rewritten(document, statement, names, edits)
        elif kept:
            edits = [*edits, *_aliases(document, statement, kept)]
        else:
            whole.append((start, end))
    return [*edits, *(document.replace(start, end, "") for start, end in _closed(document, whole, edits))]


def _rewritten(
    document: Document, statement: cst.ImportFrom, names: set[str], edits: list[Edit]
) -> list[Edit]:
    """The edits with those that add names to the statement made one, which leaves the unused names out."""
    assert not isinstance(statement.names, cst.ImportStar)
    start, end = document.start(statement.names[0]), document.end(statement.names[-1])
    inside = [e for e in edits if start <= e.start and e.end <= end]
    text = apply({document.path: document.text[:end]}, inside)[document.path][start:]
    listed = [name.strip() for name in text.split(",")]
    left = [name for name in listed if name.rpartition(" ")[2] not in names]
    if not left or not all(_ALIAS.fullmatch(name) for name in listed):
        return edits
    return [*(e for e in edits if e not in inside), document.replace(start, end, ", ".join(left))]


def _closed(
    document: Document, lines: list[tuple[int, int]], edits: Sequence[Edit]
) -> Iterator[tuple[int, int]]:
    """The stretches of lines, and the blank line behind a run of them where one before it is left."""
    yield from lines
    runs: list[tuple[int, int]] = []
    for start, end in sorted(lines):
        if runs and runs[-1][1] == start:
            runs[-1] = runs[-1][0], end
        else:
            runs.append((start, end))
    for start, end in runs:
        before = document.text[document.line_start(start - 1) : start] if start else "\n"
        after = document.text[end : document.line_end(end)]
        filled = any(start <= edit.start <= end for edit in edits)
        if not filled and not before.strip() and after and not after.strip():
            yield end, end + len(after)


def _aliases(document: Document, statement: cst.ImportFrom, kept: list[cst.ImportAlias]) -> list[Edit]:
    assert not isinstance(statement.names, cst.ImportStar)
    aliases = list(statement.names)
    edits = []
    for index, alias in enumerate(aliases):
        if alias in kept:
            continue
        if index + 1 < len(aliases):
            edits.append(document.replace(document.start(alias), document.start(aliases[index + 1]), ""))
        else:  # the last one goes with what is before it, as far as that stays
            last = aliases.index(kept[-1])
            edits = [e for e in edits if e.start < document.end(aliases[last])]
            edits.append(document.replace(document.end(aliases[last]), document.end(alias), ""))
    return edits


def _local(alias: cst.ImportAlias) -> str:
    if alias.asname is not None and isinstance(alias.asname.name, cst.Name):
        return alias.asname.name.value
    return alias.name.value if isinstance(alias.name, cst.Name) else ""
