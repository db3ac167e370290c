"""What a rule is: a code, a text for the reader, a check on facts, and examples that can be executed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from detachlint.config import Config
from detachlint.domain.edits import Proposal
from detachlint.domain.facts import Step
from detachlint.domain.findings import Severity
from detachlint.domain.models import ModelGraph
from detachlint.domain.source import Site

HEADINGS = ("What it does", "Why is this bad?", "Example", "Use instead", "Fix safety")


@dataclass(frozen=True, slots=True)
class Draft:
    """What a rule says about a fact. The pipeline looks its sites up and makes a Finding of it.

    Args:
        message: names the entity and the attribute, and says what will happen.
        help: what to do about it.
        severity: replaces the rule's own, for this one finding.
        reason: why nothing could be proved; empty where something was.
        proposals: ways to mend it, the best one first; the first that proves itself is offered.
    """

    site: Site
    message: str
    help: str | None = None
    entity: str | None = None
    relationship: str | None = None
    chain: str | None = None
    error: str | None = None
    origin: Site | None = None
    trace: tuple[Step, ...] = ()
    severity: Severity | None = None
    reason: str = ""
    proposals: tuple[Proposal, ...] = ()


@dataclass(frozen=True, slots=True)
class RuleContext:
    """All that a rule may look at besides the fact itself."""

    models: ModelGraph
    config: Config


@dataclass(frozen=True, slots=True)
class Bad:
    """A program that the rule reports, at the line that ends with ``# fails``.

    Args:
        code: the text of the program.
        error: the exception that it raises at that line, or None when it fails without one.
        setup: what comes before it in the same file: models, engine, data. Not shown in the documentation.
        unexecuted: why it can't be executed; empty for an example that is.
    """

    code: str
    error: str | None
    setup: str = ""
    unexecuted: str = ""


@dataclass(frozen=True, slots=True)
class Good:
    """A program that does the same without the fault: it runs to its end, and nothing is reported."""

    code: str
    setup: str = ""
    unexecuted: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A fault that detachlint knows.

    Args:
        name: states the fault, in kebab-case.
        doc: the docstring of the rule's module: the summary, then a ``## `` section for each of HEADINGS.
        on: the kinds of fact that it looks at.
        check: gets each fact of these kinds.
        default: whether it is on when nothing is selected.
    """

    code: str
    name: str
    doc: str
    on: tuple[type, ...]
    check: Callable[[Any, RuleContext], Iterable[Draft]]
    severity: Severity = Severity.ERROR
    default: bool = True
    examples: tuple[Bad | Good, ...] = ()

    @property
    def summary(self) -> str:
        """The first line of ``doc``. Empty where Python has dropped the docstrings (``-OO``)."""
        return self.doc.strip().partition("\n")[0].rstrip(".")

    @property
    def sections(self) -> Mapping[str, str]:
        """The text under each heading of ``doc``, in the order written."""
        parts = re.split(r"^## +(.+?) *$", self.doc, flags=re.MULTILINE)
        return {
            heading: body.strip("\n").rstrip() for heading, body in zip(parts[1::2], parts[2::2], strict=True)
        }
