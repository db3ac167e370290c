"""What a rule proposes to do about a finding: plain data, which ``fix/`` turns into edits of text."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from detachlint.domain.facts import Via
from detachlint.domain.source import Site


class Applicability(StrEnum):
    """As ruff has it: a safe fix keeps what the code means; an unsafe one may not; the last kind is only
    shown.
    """

    SAFE = "safe"
    UNSAFE = "unsafe"
    DISPLAY = "display"


@dataclass(frozen=True, slots=True)
class AddLoaderOptions:
    """Let a query load what is read later.

    Args:
        query: the ``select(...)``, ``query(...)`` or ``get(...)``.
        calls: the calls that handed its result on, the innermost first: an ``options`` parameter is filled
            there.
        path: the relationships from the query's own entity on, the missing one last.
        column: a deferred column of what ``path`` leads to, to be loaded too, or "".
        root: the query's own entity.
        subclass: the class of what ``path`` leads to that has to be loaded along, as the missing attribute is
            its own, or "".
        executed: where the query is executed, if that is in another file, or None.
        choice: where several functions may give the query its options: which of them.
    """

    query: Site
    calls: tuple[Site, ...]
    path: tuple[Via, ...]
    column: str = ""
    root: str = ""
    subclass: str = ""
    executed: Site | None = None
    choice: int = 0


@dataclass(frozen=True, slots=True)
class AddUnique:
    """Call ``unique()`` on a result before its rows are fetched.

    Args:
        fetch: the call that fetches.
    """

    fetch: Site


@dataclass(frozen=True, slots=True)
class RefreshAttributes:
    """Load attributes of an object that a flush, commit, refresh or the like has left without them.

    Args:
        after: the call behind which it is done.
        handle: the variable that holds the object there; with a star in front, a list of such objects; "" for
            what the call is given.
        attributes: their names; none for all columns.
        session: the expression for the object's session there, where that is known; without a handle, the one
            in the function that is called.
        certain: only where the call leaves it without them whenever it returns: else a refresh may drop
            changes that were not flushed.
    """

    after: Site
    handle: str
    attributes: tuple[str, ...]
    session: str = ""
    certain: bool = True


@dataclass(frozen=True, slots=True)
class KeepAfterCommit:
    """``expire_on_commit=False`` for a session factory or session.

    Args:
        factory: the call that makes it.
    """

    factory: Site


@dataclass(frozen=True, slots=True)
class ApplyOptions:
    """Apply the loader options that a function takes and ignores.

    Args:
        function: the function's definition.
        parameter: the parameter that takes them.
    """

    function: Site
    parameter: str


@dataclass(frozen=True, slots=True)
class ReplaceLoader:
    """Load by another strategy.

    Args:
        option: the call of the loader function.
        loader: the function to call instead.
    """

    option: Site
    loader: str


@dataclass(frozen=True, slots=True)
class UseHelper:
    """Call a helper of the project in place of a query written by hand.

    Args:
        query: the ``select(...)``, ``query(...)`` or ``get(...)``.
        fetch: the call or loop that takes the rows.
        helper: the helper's qualified name.
        session: its parameter for the session.
        parameters: its other parameters, each with the attribute that the query compares.
    """

    query: Site
    fetch: Site
    helper: str
    session: str
    parameters: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class SafeRepr:
    """Let a protocol method of a model read nothing that may be unloaded.

    Args:
        read: the read.
        entity: the mapped class.
        method: ``__repr__`` or the like.
        attribute: what it reads.
    """

    read: Site
    entity: str
    method: str
    attribute: str


@dataclass(frozen=True, slots=True)
class GuardProperty:
    """Guard a read in a property or method of a model.

    Args: see SafeRepr.
    """

    read: Site
    entity: str
    method: str
    attribute: str


@dataclass(frozen=True, slots=True)
class NoteNeeds:
    """Say in the docstring of a property or method what its callers have to load.

    Args: see SafeRepr.
    """

    read: Site
    entity: str
    method: str
    attribute: str


@dataclass(frozen=True, slots=True)
class InstallMiddleware:
    """Install the project's middleware in an application.

    Args:
        app: the call that makes the application.
        middleware: the middleware's qualified name.
    """

    app: Site
    middleware: str


@dataclass(frozen=True, slots=True)
class NameAttribute:
    """Name another attribute in a call that names attributes in strings.

    Args:
        call: ``refresh(...)`` or ``expire(...)``.
        written: the name that stands there.
        meant: the one to be there.
    """

    call: Site
    written: str
    meant: str


@dataclass(frozen=True, slots=True)
class StartOption:
    """Let an option begin at the class that its query selects.

    Args:
        query: the ``select(...)`` or ``query(...)``.
        entity: the class that the option begins at.
        attribute: what it loads of that.
        via: the relationship that leads there.
    """

    query: Site
    entity: str
    attribute: str
    via: Via


@dataclass(frozen=True, slots=True)
class MoveIntoBlock:
    """Move a statement to the end of the ``with`` block before it, with what stands between.

    Args:
        use: what has to be done while the block lasts.
    """

    use: Site


Action = (
    AddLoaderOptions
    | AddUnique
    | RefreshAttributes
    | KeepAfterCommit
    | ApplyOptions
    | ReplaceLoader
    | UseHelper
    | SafeRepr
    | GuardProperty
    | NoteNeeds
    | InstallMiddleware
    | NameAttribute
    | StartOption
    | MoveIntoBlock
)


@dataclass(frozen=True, slots=True)
class Proposal:
    """One way to mend a finding.

    Args:
        message: what it does, in the imperative: "load `Booking.user` where the booking is queried".
    """

    action: Action
    applicability: Applicability
    message: str
