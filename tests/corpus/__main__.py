"""``python -m tests.corpus``: measure the analyser on public projects, read from local git mirrors.

``run`` analyses each project, ``mutate`` deletes its loader options one by one, ``history`` compares
historic fixes with their parents, ``judge`` lists the findings that nobody has judged, and ``page`` writes
the tables of ``docs/real-projects.md`` from the results of all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.corpus import history, judging, table
from tests.corpus.manifest import Project, historic_fixes, projects
from tests.corpus.mirror import MIRROR_VARIABLE, MissingMirrorError, checkout
from tests.corpus.supervise import supervise, supervise_mutation


def main() -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus", description=__doc__)
    parser.add_argument(
        "what", nargs="?", choices=("run", "mutate", "history", "judge", "page"), default="run"
    )
    parser.add_argument(
        "--mirrors", type=Path, default=os.environ.get(MIRROR_VARIABLE), help="folder of git mirrors"
    )
    parser.add_argument("--trees", type=Path, required=True, help="where trees are unpacked")
    parser.add_argument("--results", type=Path, required=True, help="where the JSON goes")
    parser.add_argument("--only", action="append", default=[], help="part of a repository's name or commit")
    parser.add_argument("--seconds", type=int, default=100, help="processor time of one analysis")
    parser.add_argument("--sample", type=int, default=40, help="mutants of a project that are run at most")
    parser.add_argument("--seed", type=int, default=1, help="of that sample")
    parser.add_argument("--together", type=int, default=1, help="mutants that one program may hold")
    parser.add_argument("--page", type=Path, help="docs/real-projects.md, to write the tables into")
    arguments = parser.parse_args()
    if arguments.mirrors is None:
        parser.error(f"say where the mirrors are: --mirrors, or {MIRROR_VARIABLE}")
    for name in ("mirrors", "trees", "results"):
        setattr(arguments, name, Path(getattr(arguments, name)).resolve())
    arguments.trees.mkdir(parents=True, exist_ok=True)
    arguments.results.mkdir(parents=True, exist_ok=True)
    actions = {"run": _run, "mutate": _mutate, "history": _history, "judge": _judge, "page": _page}
    return actions[arguments.what](arguments)


def _trees(arguments: argparse.Namespace) -> Iterator[tuple[Project, Path]]:
    for project in projects():
        if not _wanted(arguments.only, project.repo, project.commit):
            continue
        try:
            yield (
                project,
                checkout(arguments.mirrors, project.repo, project.commit, project.paths, arguments.trees),
            )
        except MissingMirrorError as error:
            print(f"{project.repo}: {error}", file=sys.stderr)


def _run(arguments: argparse.Namespace) -> int:
    crashed = False
    for project, tree in _trees(arguments):
        result = supervise(tree, project.paths, arguments.results / f"{tree.name}.json", arguments.seconds)
        crashed = crashed or "crash" in result
        print(_line(project.repo, result), flush=True)
    return 1 if crashed else 0


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


def _mutate(arguments: argparse.Namespace) -> int:
    for project, tree in _trees(arguments):
        out = arguments.results / f"{tree.name}.mutation.json"
        result = supervise_mutation(
            tree,
            project.paths,
            out,
            _store(arguments),
            arguments.seconds,
            arguments.sample,
            arguments.seed,
            arguments.together,
        )
        print(f"{project.repo}: {result.get('mutants')} {result.get('answers')}", flush=True)
        for run in result.get("runs", []):
            print(f"    {run['answer']:12} {run['path']}:{run['line']} {run['code']}")
        if "crash" in result:
            print(f"    {result['crash']['error']}")
    return 0


def _history(arguments: argparse.Namespace) -> int:
    answers: dict[str, int] = {}
    for fix in historic_fixes():
        if not _wanted(arguments.only, fix.repo, fix.commit):
            continue
        verdict = history.compare(
            fix, arguments.mirrors, arguments.trees, arguments.results, arguments.seconds, _store(arguments)
        )
        answers[verdict.answer] = answers.get(verdict.answer, 0) + 1
        history.save([verdict], arguments.results)
        print(f"{verdict.answer:8} {fix.repo} {fix.commit} {fix.kind}: {fix.subject} {verdict.detail}")
        for each in verdict.gone:
            print(f"         - {each}")
        if verdict.new:
            print(f"         + {verdict.new} only in the fix")
        sys.stdout.flush()
    print(answers)
    return 0


def _judge(arguments: argparse.Namespace) -> int:
    for project, tree in _trees(arguments):
        result = table.load(arguments.results / f"{tree.name}.json")
        for each in judging.unjudged(project.repo, result.get("findings", [])):
            print(f"{project.repo} {each}")
    return 0


def _page(arguments: argparse.Namespace) -> int:
    names = [(p, f"{p.repo.replace('/', '+')}@{p.commit}") for p in projects()]
    measured = [(p, table.load(arguments.results / f"{name}.json")) for p, name in names]
    mutated = [(p, table.load(arguments.results / f"{name}.mutation.json")) for p, name in names]
    table.write(
        arguments.page or Path("docs/real-projects.md"), measured, mutated, history.load(arguments.results)
    )
    return 0


def _store(arguments: argparse.Namespace) -> Path:
    return Path(arguments.results) / "parsed"


def _wanted(only: list[str], repo: str, commit: str) -> bool:
    return not only or any(part in repo or commit.startswith(part) for part in only)


if __name__ == "__main__":
    sys.exit(main())
