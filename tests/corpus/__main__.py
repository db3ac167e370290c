"""``python -m tests.corpus``: measure the analyser on public projects, read from local git mirrors."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from tests.corpus import history, table
from tests.corpus.manifest import historic_fixes, projects
from tests.corpus.mirror import MIRROR_VARIABLE, MissingMirrorError, checkout
from tests.corpus.supervise import supervise


def main() -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    parser.add_argument("what", nargs="?", choices=("run", "history"), default="run")
    parser.add_argument(
        "--mirrors", type=Path, default=os.environ.get(MIRROR_VARIABLE), help="folder of git mirrors"
    )
    parser.add_argument("--trees", type=Path, required=True, help="where trees are unpacked")
    parser.add_argument("--results", type=Path, required=True, help="where the JSON goes")
    parser.add_argument("--only", action="append", default=[], help="part of a repository's name or commit")
    parser.add_argument("--seconds", type=int, default=100, help="time limit of one analysis")
    parser.add_argument("--page", type=Path, help="docs/real-projects.md, to write the tables into")
    arguments = parser.parse_args()
    if arguments.mirrors is None:
        parser.error(f"say where the mirrors are: --mirrors, or {MIRROR_VARIABLE}")
    for name in ("mirrors", "trees", "results"):
        setattr(arguments, name, Path(getattr(arguments, name)).resolve())
    arguments.trees.mkdir(parents=True, exist_ok=True)
    arguments.results.mkdir(parents=True, exist_ok=True)
    return _history(arguments) if arguments.what == "history" else _run(arguments)


def _run(arguments: argparse.Namespace) -> int:
    measured = []
    for project in projects():
        if not _wanted(arguments.only, project.repo, project.commit):
            continue
        try:
            tree = checkout(arguments.mirrors, project.repo, project.commit, project.paths, arguments.trees)
        except MissingMirrorError as error:
            print(f"{project.repo}: {error}", file=sys.stderr)
            continue
        result = supervise(tree, project.paths, arguments.results / f"{tree.name}.json", arguments.seconds)
        measured.append((project, result))
        print(_line(project.repo, result), flush=True)
    if arguments.page is not None:
        table.write(arguments.page, measured)
    return 1 if any("crash" in result for _, result in measured) else 0


def _line(repo: str, result: dict[str, object]) -> str:
    listed = ("files", "lines", "seconds", "peak_mb", "facts")
    shown: dict[str, object] = {k: result[k] for k in listed if k in result}
    findings = result.get("findings")
    if isinstance(findings, list):
        shown["findings"] = len(findings)
    found = result.get("resolution")
    if isinstance(found, dict):
        shown["resolution"] = (found["share"], found["kinds"])
    if "crash" in result:
        shown["crash"] = result["crash"]
    return f"{repo}: {json.dumps(shown)}"


def _history(arguments: argparse.Namespace) -> int:
    answers: dict[str, int] = {}
    for fix in historic_fixes():
        if not _wanted(arguments.only, fix.repo, fix.commit):
            continue
        verdict = history.compare(
            fix, arguments.mirrors, arguments.trees, arguments.results, arguments.seconds
        )
        answers[verdict.answer] = answers.get(verdict.answer, 0) + 1
        print(
            f"{verdict.answer:8} {fix.repo} {fix.commit} {fix.kind}: {fix.subject} {verdict.detail}",
            flush=True,
        )
        for each in verdict.gone:
            print(f"         - {each}")
        if verdict.new:
            print(f"         + {verdict.new} only in the fix")
    print(answers)
    return 0


def _wanted(only: list[str], repo: str, commit: str) -> bool:
    return not only or any(part in repo or commit.startswith(part) for part in only)


if __name__ == "__main__":
    sys.exit(main())
