"""The phrases that several rules share, so that all of them speak alike."""

from __future__ import annotations

from detachlint.domain.edits import Proposal
from detachlint.domain.facts import Cause, Failure, Read, StrategyMisuse, UnguardedRead
from detachlint.domain.findings import Severity
from detachlint.rule import Draft
from detachlint.rules.remedies import remedies

_CONSEQUENCES = {
    Failure.MISSING_GREENLET: "reading it emits SQL outside the greenlet (MissingGreenlet)",
    Failure.DETACHED: "with its session gone, reading it fails (DetachedInstanceError)",
    Failure.INVALID_REQUEST: "reading it is refused (InvalidRequestError)",
    Failure.LAZY_QUERY: "reading it emits a query",
    Failure.SILENT: "reading it gives nothing, without an error",
    Failure.WORKS: "reading it works, as its target is in the session",
}

_ERRORS = (Failure.MISSING_GREENLET, Failure.DETACHED, Failure.INVALID_REQUEST)


def short(qualname: str) -> str:
    """The class name of a qualified name."""
    return qualname.rpartition(".")[2]


def attribute(read: Read) -> str:
    """``Booking.user``, as the reader knows it."""
    return f"{short(read.entity)}.{read.attribute}"


def consequence(read: Read) -> str:
    """What happens at run time."""
    return _CONSEQUENCES[read.failure]


def error(read: Read) -> str | None:
    """The class of the exception that the read raises, or None when it raises none."""
    return read.failure.value if read.failure in _ERRORS else None


def receiver(read: Read) -> str:
    """The expression that the attribute is read from, or a name that stands for it."""
    before, found, _ = read.chain.partition(f".{read.attribute}")
    return before if found and before else short(read.entity).lower()


def loader_option(read: Read) -> str:
    """The option that loads the attribute: a join for one object, a second query for many."""
    if read.is_column:
        return f"undefer({attribute(read)})"
    return f"{'selectinload' if read.is_collection else 'joinedload'}({attribute(read)})"


def load_at_the_query(read: Read) -> str:
    """The remedy for most reads, in the words that fit the object's origin."""
    match read.cause:
        case Cause.NEW_OBJECT if read.is_collection:
            return f"pass `{read.attribute}=[...]` to the constructor, or refresh it: `{refresh(read)}`"
        case Cause.NEW_OBJECT:
            return f"pass `{read.attribute}=` to the constructor, or refresh it: `{refresh(read)}`"
        case Cause.CHAIN_STOPS:
            return continue_the_option(read)
        case Cause.EXPIRED_COMMIT:
            return "read it before the commit, or make the session with `expire_on_commit=False`"
        case Cause.EXPIRED_ROLLBACK:
            return "copy what is needed before the rollback, or roll back to a savepoint"
        case Cause.EXPIRED_REFRESH | Cause.EXPIRED | Cause.SERVER_VALUE:
            return f"name it in a refresh: `{refresh(read)}`"
        case _:
            return f"load it where the object is queried: `.options({loader_option(read)})`"


def continue_the_option(read: Read) -> str:
    """The remedy where a loader option stops one level short."""
    if not read.path:
        return f"continue the option that loaded the {short(read.entity)}: `.{loader_option(read)}`"
    last = read.path[-1]
    return f"continue the option that loads `{short(last.entity)}.{last.attribute}`: `.{loader_option(read)}`"


def refresh(read: Read) -> str:
    """A refresh that names the attribute."""
    wait = "" if read.failure is Failure.LAZY_QUERY else "await "
    return f'{wait}session.refresh({receiver(read)}, attribute_names=["{read.attribute}"])'


def of_read(read: Read, message: str, remedy: str, severity: Severity | None = None) -> Draft:
    """A draft about a read."""
    return Draft(
        read.site,
        message,
        help=remedy,
        entity=short(read.entity),
        relationship=read.attribute,
        chain=read.chain or None,
        error=error(read),
        origin=read.origin,
        trace=read.trace,
        severity=severity,
        proposals=remedies(read),
    )


def of_misuse(
    misuse: StrategyMisuse,
    message: str,
    remedy: str,
    error: str | None = None,
    proposals: tuple[Proposal, ...] = (),
) -> Draft:
    """A draft about a mapping or an option."""
    return Draft(
        misuse.site,
        message,
        help=remedy,
        entity=short(misuse.entity) or None,
        relationship=misuse.attribute or None,
        error=error,
        origin=misuse.origin,
        trace=misuse.trace,
        proposals=proposals,
    )


def named(misuse: StrategyMisuse) -> str:
    """The attribute that a misuse is about, with its class where that is known."""
    return ".".join(part for part in (short(misuse.entity), misuse.attribute) if part)


def read_in_method(read: Read, name: str) -> str:
    """The message for a read that a method of the model makes."""
    return f"`{read.method}` reads `{name}`, which is not loaded: {consequence(read)}"


def of_unguarded(read: UnguardedRead, remedy: str) -> Draft:
    """A draft about a method that fails whenever its caller has loaded too little."""
    method = f"{short(read.entity)}.{read.method}"
    return Draft(
        read.site,
        f"`{method}` reads `{read.attribute}` unguarded: it fails wherever that is not loaded",
        help=remedy,
        entity=short(read.entity),
        relationship=read.attribute,
        chain=read.chain or None,
        trace=read.trace,
    )
