"""Trees of commits, out of local git mirrors."""

from __future__ import annotations

import io
import shutil
import subprocess
import tarfile
from pathlib import Path

MIRROR_VARIABLE = "DETACHLINT_MIRRORS"


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


def changed_files(mirrors: Path, repo: str, parent: str, commit: str) -> list[str]:
    """Python files that differ between two commits."""
    answer = subprocess.run(
        ["git", "--git-dir", str(git_directory(mirrors, repo)), "diff", "--name-only", parent, commit],
        capture_output=True,
        text=True,
        check=True,
    )
    return [line for line in answer.stdout.splitlines() if line.endswith(".py")]
