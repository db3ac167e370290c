"""Trees of commits, out of local git mirrors."""

from __future__ import annotations

import ast
import io
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path

MIRROR_VARIABLE = "DETACHLINT_MIRRORS"
_ANALYSED = (".py", ".html", ".jinja", ".jinja2", ".j2")


class MissingMirrorError(Exception):
    """The repository or the commit is not among the mirrors."""


def checkout(mirrors: Path, repo: str, commit: str, paths: tuple[str, ...], folder: Path) -> Path:
    """What is analysed of the tree of a commit, unpacked once: ``folder/<owner>+<name>@<commit>``."""
    target = folder / f"{repo.replace('/', '+')}@{commit}"
    if target.is_dir():
        return target
    git = ["git", "--git-dir", str(git_directory(mirrors, repo))]
    wanted = [p for p in paths if p == "." or _run([*git, "cat-file", "-e", f"{commit}:{p}"]).returncode == 0]
    archive = _run([*git, "archive", "--format=tar", commit, *wanted])
    if archive.returncode != 0:
        raise MissingMirrorError(f"{repo} at {commit}: {archive.stderr.decode().strip()}")
    partial = target.with_name(target.name + ".part")
    shutil.rmtree(partial, ignore_errors=True)
    with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tar:
        tar.extractall(partial, members=[m for m in tar if m.isfile()], filter="data")
    return partial.rename(target)


def _run(command: list[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, capture_output=True, check=False)


def git_directory(mirrors: Path, repo: str) -> Path:
    """The bare repository: ``<owner>+<name>/repo``, ``<owner>+<name>`` or ``<owner>/<name>.git``."""
    flat = repo.replace("/", "+")
    for candidate in (mirrors / flat / "repo", mirrors / flat, mirrors / f"{repo}.git", mirrors / repo):
        if (candidate / "HEAD").is_file():
            return candidate
        if (candidate / ".git" / "HEAD").is_file():
            return candidate / ".git"
    raise MissingMirrorError(f"no mirror of {repo} in {mirrors}")


@dataclass(frozen=True, slots=True)
class Hunk:
    """Lines of the older commit that a change touches; an insertion touches the lines around it."""

    path: str
    first: int
    last: int


def changed_lines(mirrors: Path, repo: str, parent: str, commit: str) -> list[Hunk]:
    """What differs between two commits in Python files and templates: whole statements where one is changed.

    Raises:
        MissingMirrorError: the repository or a commit is not there.
    """
    git = ["git", "--git-dir", str(git_directory(mirrors, repo))]
    answer = _run([*git, "diff", "--unified=0", "--no-color", "--no-renames", parent, commit])
    if answer.returncode != 0:
        raise MissingMirrorError(f"{repo}: {answer.stderr.decode().strip()}")
    out = []
    path = ""
    for line in answer.stdout.decode(errors="replace").splitlines():
        if line.startswith("--- "):
            path = line.removeprefix("--- ").removeprefix("a/")
        elif line.startswith("@@") and path.endswith(_ANALYSED):
            start, _, count = line.split()[1].lstrip("-").partition(",")
            out.append(Hunk(path, int(start), int(start) + max(1, int(count or 1))))
    texts = {p: _run([*git, "show", f"{parent}:{p}"]).stdout.decode(errors="replace") for p in _paths(out)}
    return [whole_statement(texts[hunk.path], hunk) if hunk.path in texts else hunk for hunk in out]


def _paths(hunks: list[Hunk]) -> set[str]:
    return {hunk.path for hunk in hunks if hunk.path.endswith(".py")}


def whole_statement(text: str, hunk: Hunk) -> Hunk:
    """The hunk with the statement that it begins in: a trace has one line for a query of
    twenty.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return hunk
    begun = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.stmt)
        and not hasattr(node, "body")
        and node.lineno <= hunk.first <= (node.end_lineno or node.lineno)
    ]
    return Hunk(hunk.path, max(begun, default=hunk.first), hunk.last)
