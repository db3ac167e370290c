"""Which rules are used and which findings are kept: select and ignore, per-file ignores, comments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pathspec import GitIgnoreSpec

from detachlint.config import Config, ConfigError
from detachlint.domain.facts import Fact, Read
from detachlint.domain.findings import Finding
from detachlint.rule import Rule

ALL = "ALL"

_CODE = r"(?:DET|[A-Z]+[0-9]+)\b"
_CODES = rf"{_CODE}(?:[\s,]+{_CODE})*"
_COMMENT = re.compile(
    rf"#\s*(?:noqa(?:\s*:\s*(?P<noqa>{_CODES}))?"
    rf"|detachlint:\s*(?P<word>ignore|skip-file)(?:\[\s*(?P<codes>{_CODES})\s*\])?)(?![\w-])",
    re.IGNORECASE,
)


def select_rules(rules: Sequence[Rule], config: Config) -> tuple[Rule, ...]:
    """The rules to use. The longest selector that fits a code decides; between equals, ``ignore`` wins.

    Raises:
        ConfigError: a selector fits no rule.
    """
    codes = [rule.code for rule in rules]
    for option in ("select", "extend_select", "ignore"):
        for selector in getattr(config, option):
            if selector != ALL and not any(code.startswith(selector) for code in codes):
                raise ConfigError(
                    option.replace("_", "-"), f"no rule has a code that begins with '{selector}'"
                )
    return tuple(rule for rule in rules if _is_selected(rule, config))


def is_asked_for(fact: Fact, config: Config) -> bool:
    """Whether a fact is shown at all: what is not settled is shown by ``--strict`` only."""
    return not isinstance(fact, Read) or config.strict or fact.is_settled


def _is_selected(rule: Rule, config: Config) -> bool:
    wanted = _fit(rule.code, config.extend_select)
    if config.select:
        wanted = max(wanted, _fit(rule.code, config.select))
    elif rule.default:
        wanted = max(wanted, 0)
    return wanted > _fit(rule.code, config.ignore)


def _fit(code: str, selectors: Iterable[str]) -> int:
    """The length of the longest selector that fits the code, -1 where none does; ALL counts as 0."""
    lengths = (0 if one == ALL else len(one) for one in selectors if one == ALL or code.startswith(one))
    return max(lengths, default=-1)


@dataclass(frozen=True, slots=True)
class Suppressions:
    """What the comments of a file say: ``# noqa``, ``# detachlint: ignore`` and ``# detachlint: skip-file``.

    Args:
        lines: line number -> the codes or prefixes that are switched off there; empty means all.
    """

    lines: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    whole_file: bool = False

    @classmethod
    def of(cls, text: str) -> Suppressions:
        """The suppressions in the text of a Python file or of a template."""
        if "noqa" not in text.lower() and "detachlint" not in text.lower():
            return _NOTHING
        lines: dict[int, tuple[str, ...]] = {}
        for number, line in enumerate(text.splitlines(), start=1):
            for comment in _COMMENT.finditer(line):
                if (comment["word"] or "").lower() == "skip-file":
                    if not line[: comment.start()].strip("{ \t"):
                        return cls(whole_file=True)
                    continue
                codes = tuple(
                    re.split(r"[\s,]+", (comment["noqa"] or comment["codes"] or "").upper().strip())
                )
                lines[number] = () if codes == ("",) else (*lines.get(number, ()), *codes)
        return cls(lines)

    def hide(self, finding: Finding) -> bool:
        """Whether a comment on one of the finding's lines switches it off."""
        if self.whole_file:
            return True
        for line in range(finding.line, finding.span.end_line + 1):
            codes = self.lines.get(line)
            if codes is not None and (not codes or any(finding.code.startswith(code) for code in codes)):
                return True
        return False


_NOTHING = Suppressions()


class PerFileIgnores:
    """The option ``per-file-ignores``: patterns of paths, and what isn't reported there."""

    def __init__(self, config: Config, cwd: Path) -> None:
        self._root = config.root or cwd
        self._cwd = cwd
        self._patterns = [
            (GitIgnoreSpec.from_lines([pattern]), codes) for pattern, codes in config.per_file_ignores
        ]

    def hide(self, finding: Finding) -> bool:
        if not self._patterns:
            return False
        absolute = Path(self._cwd, finding.path)
        path = (
            absolute.relative_to(self._root) if absolute.is_relative_to(self._root) else absolute
        ).as_posix()
        return any(_fit(finding.code, codes) >= 0 and spec.match_file(path) for spec, codes in self._patterns)
