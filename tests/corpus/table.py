"""The tables of ``docs/real-projects.md``: what lies between the page's two markers is rewritten."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.corpus.judging import TRUE, judgements, precision
from tests.corpus.manifest import HistoricFix, Project, historic_fixes

_BEGIN = "<!-- measured: begin -->"
_END = "<!-- measured: end -->"
_REASONS = 10

Results = list[tuple[Project, dict[str, Any]]]


def load(path: Path) -> dict[str, Any]:
    """A result; {} where there is none."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


def write(page: Path, measured: Results, mutated: Results, history: dict[str, dict[str, Any]]) -> None:
    """Put the figures into the page."""
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(_BEGIN)
    after = rest.split(_END)[1]
    ran = [(p, m) for p, m in measured if m]
    fixes = [(f, history[f.commit]) for f in historic_fixes() if f.commit in history and not f.no_fix]
    blocks = [
        "### Goals",
        _goals(ran, mutated, fixes),
        "### Projects",
        _figures(ran),
        _codes(ran),
        "### Mutation recall",
        _mutation([(p, m) for p, m in mutated if m]),
        "### Historic fixes",
        _history(fixes),
        "### Unknown values",
        _reasons("why the receiver of a read is unknown", "reads", _receivers(ran)),
        _reasons("why a value is unknown", "values", _unknown(ran)),
    ]
    page.write_text(f"{before}{_BEGIN}\n\n" + "\n\n".join(blocks) + f"\n\n{_END}{after}", encoding="utf-8")


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else ""


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%} ({part} of {whole})" if whole else "not measured"


def _goals(measured: Results, mutated: Results, fixes: list[tuple[HistoricFix, dict[str, Any]]]) -> str:
    ended = [m for _, m in measured if "crash" not in m]
    verdicts = Counter(j.verdict for j in judgements().values())
    read = [precision(project.repo, m.get("findings", [])) for project, m in measured]
    now_true, now_false = sum(p.true for p in read), sum(p.false for p in read)
    answers: Counter[str] = Counter()
    for _, m in mutated:
        answers.update(m.get("answers", {}))
    found = Counter(v["answer"] for _, v in fixes)
    return _rows(
        ("measure", "goal", "measured"),
        [
            ("projects that are analysed to their end", "all", _share(len(ended), len(measured))),
            ("internal errors", "0", str(sum(len(m.get("internal_errors", [])) for m in ended))),
            (
                "precision: findings of this version that were read and are true",
                "95%",
                _share(now_true, now_true + now_false),
            ),
            (
                "the same of all that were ever read, those among them that have been mended since",
                "",
                _share(verdicts[TRUE], verdicts.total()),
            ),
            (
                "mutation recall: deletions that a read depends on",
                "90%",
                _share(answers["found"], answers["found"] + answers["missed"]),
            ),
            ("historic fixes: reported before, not after", "80%", _share(found["found"], found.total())),
        ],
    )


def _rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    rule = "|--|" + "--:|" * (len(head) - 1)
    return "\n".join(["| " + " | ".join(head) + " |", rule, *("| " + " | ".join(r) + " |" for r in rows)])


def _figures(measured: Results) -> str:
    rows = []
    for project, m in measured:
        seconds = sum(m.get("seconds", {}).values())
        lines = m.get("lines", 0)
        judged = precision(project.repo, m.get("findings", []))
        rows.append(
            (
                project.repo,
                f"`{project.commit}`",
                f"{m.get('files', 0):,}",
                f"{lines:,}",
                str(m.get("entities", "")),
                f"{seconds:.1f}",
                f"{lines / seconds:,.0f}" if seconds else "",
                str(m.get("peak_mb", "")),
                str(len(m.get("problems", []))),
                _failure(m),
                f"{m['reach']['share']:.0%}" if "reach" in m else "",
                f"{m['resolution']['share']:.0%}" if "resolution" in m else "",
                str(judged.findings) if "findings" in m else "",
                f"{judged.true + judged.false} / {judged.true}" if "findings" in m else "",
            )
        )
    head = (
        "project", "commit", "files", "lines", "entities", "seconds", "lines/s", "peak MB", "not parsed",
        "time-out, internal errors", "reached", "resolution", "findings", "read / true",
    )  # fmt: skip
    return _rows(head, rows)


def _failure(measured: dict[str, Any]) -> str:
    if "crash" in measured:
        return str(measured["crash"]["error"])[:60].removesuffix(": ")
    return str(len(measured.get("internal_errors", [])) or "no")


def _codes(measured: Results) -> str:
    counts = {p.repo: Counter(f["code"] for f in m.get("findings", [])) for p, m in measured}
    codes = sorted({code for c in counts.values() for code in c})
    rows = [(repo, *(str(c[x] or "") for x in codes)) for repo, c in counts.items() if c]
    return _rows(("findings", *codes), rows)


_STATUS = ("read", "harmless", "perhaps", "unread", "not run")


def _mutation(mutated: Results) -> str:
    rows = []
    for project, m in mutated:
        counts: Counter[str] = Counter()
        for key, number in m.get("mutants", {}).items():
            counts[key.partition(" ")[2]] += number
        answers: Counter[str] = Counter(m.get("answers", {}))
        rows.append(
            (
                project.repo,
                str(counts.total()),
                *(str(counts[s] or "") for s in _STATUS),
                str(answers.total()),
                str(answers["found"]),
                str(answers["undecided"] or ""),
                _percent(answers["found"], answers["found"] + answers["missed"]),
            )
        )
    return _rows(("project", "options", *_STATUS, "run", "found", "undecided", "recall"), rows)


def _history(fixes: list[tuple[HistoricFix, dict[str, Any]]]) -> str:
    listed = ("found", "elsewhere", "missed", "crash")
    by_repo: dict[str, Counter[str]] = {}
    for fix, verdict in fixes:
        by_repo.setdefault(fix.repo, Counter())[verdict["answer"]] += 1
    rows = [(repo, *(str(c[a] or "") for a in listed)) for repo, c in by_repo.items()]
    total = Counter(v["answer"] for _, v in fixes)
    rows.append(("all", *(str(total[a] or "") for a in listed)))
    return _rows(("project", *listed), rows)


def _receivers(measured: Results) -> Counter[str]:
    total: Counter[str] = Counter()
    for _, m in measured:
        for reason, count in m.get("resolution", {}).get("reasons", {}).items():
            total[reason.split(" sqlalchemy.")[0] if reason.startswith("result of") else reason] += count
    return total


def _unknown(measured: Results) -> Counter[str]:
    total: Counter[str] = Counter()
    for _, m in measured:
        total.update(m.get("unknown", {}))
    return total


def _reasons(what: str, unit: str, total: Counter[str]) -> str:
    return _rows((what, unit), [(reason, f"{count:,}") for reason, count in total.most_common(_REASONS)])
