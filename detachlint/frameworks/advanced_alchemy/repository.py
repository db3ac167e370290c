"""The methods of a repository. After a flush or commit, ``auto_refresh`` refreshes without names unless it is
turned off: relationships that nothing loads along are unloaded then.
"""

from __future__ import annotations

from collections.abc import Callable

from detachlint.domain.source import Site
from detachlint.frameworks.advanced_alchemy import loading
from detachlint.frameworks.advanced_alchemy.parts import Kind, class_variable, field
from detachlint.interpret.calls.invoke import call, call_member, settle
from detachlint.interpret.expressions import operators
from detachlint.interpret.frame import Arguments, Frame, RaisedError
from detachlint.interpret.values import (
    FALSE,
    NONE,
    Awaitable,
    ClassValue,
    Const,
    MappedAttribute,
    Ref,
    Tuple,
    Unknown,
    Value,
)
from detachlint.resolve.symbols import ClassInfo

_NOT_FOUND = Unknown("exception", type="advanced_alchemy.exceptions.NotFoundError")
# Arguments of the methods that are no criteria.
_OWN = frozenset(
    {"statement", "load", "auto_expunge", "auto_commit", "auto_refresh", "error_messages",
     "execution_options", "uniquify", "use_cache", "bind_group", "with_for_update", "id_attribute",
     "item_id", "data", "order_by", "count_with_window_function", "attribute_names", "match_fields",
     "upsert", "model_type"}
)  # fmt: skip


class Repository:
    """A repository on which one method is called.

    Args:
        ref: the object.
        site: where; queries are made there.
    """

    def __init__(self, frame: Frame, ref: Ref, kind: Kind, site: Site) -> None:
        self.frame, self.ref, self.kind, self.site = frame, ref, kind, site
        self.model = field(frame, ref, "model_type", site)
        self.session = field(frame, ref, "session", site)

    def run(self, name: str, args: Arguments) -> Value:
        """The result of the method, to be awaited if the repository is asynchronous."""
        answer = OPERATIONS[name](self, args)
        return Awaitable(answer) if self.kind.is_async else answer

    def one(self, args: Arguments) -> Value:
        """``get(key)``: the row of that key, or an error."""
        found = self._existing(args.get("item_id", 0), args)
        self._let_go(found, args)
        return found

    def one_by(self, args: Arguments) -> Value:
        found = self.one_or_none(args)
        if found == NONE:
            raise RaisedError(_NOT_FOUND)
        return found

    def one_or_none(self, args: Arguments) -> Value:
        found = self._first(self._matching(args))
        if found != NONE:
            self._let_go(found, args)
        return found

    def many(self, args: Arguments) -> Value:
        return self._all(self._matching(args))

    def many_and_count(self, args: Arguments) -> Value:
        return Tuple((self._all(self._matching(args)), self.frame.unknown("number")))

    def number(self, args: Arguments) -> Value:
        return self.frame.unknown("number")

    def add(self, args: Arguments) -> Value:
        instance = self._instance(args.get("data", 0))
        self._do("add", instance)
        return self._written(instance, args)

    def add_many(self, args: Arguments) -> Value:
        data = args.get("data", 0) or self.frame.unknown("rows")
        self._do("add_all", data)
        self._flush(args)
        return data

    def update(self, args: Arguments) -> Value:
        """What is in the session already is it; for anything else the row is read, and gets the values."""
        data = self.frame.split(args.get("data", 0) or self.frame.unknown("row"))
        entity = self.frame.entity(data)
        if entity is None or entity.session is None:
            key = args.get("item_id", 1)
            data = self._existing(key if key is not None else self._fresh(), args)
        return self._written(data, args)

    def upsert(self, args: Arguments) -> Value:
        return self._written(self._do("merge", self._instance(args.get("data", 0))), args)

    def get_or_upsert(self, args: Arguments) -> Value:
        found = self._first(self._matching(args))
        if found == NONE:
            found = self._instance(None)
            self._do("add", found)
        return Tuple((self._written(found, args), self.frame.unknown("whether it was made")))

    def get_and_update(self, args: Arguments) -> Value:
        return Tuple((self._written(self.one_by(args), args), self.frame.unknown("whether it was updated")))

    def delete(self, args: Arguments) -> Value:
        instance = self._existing(args.get("item_id", 0), args)
        self._do("delete", instance)
        self._flush(args)
        return instance

    def _existing(self, key: Value | None, args: Arguments) -> Value:
        statement = self._with_options(args)
        if isinstance(self.model, ClassValue):
            entity = self.frame.machine.graph.entities.get(self.model.info.qualname)
            named = args.get("id_attribute")
            own = entity.primary_key[0] if entity is not None and len(entity.primary_key) == 1 else None
            column = named.value if isinstance(named, Const) else own if named is None else None
            if entity is not None and column in entity.attributes and key is not None:
                mapped = MappedAttribute(entity.qualname, str(column))
                same = operators.operator(self.frame, mapped, "==", key, self.site)
                statement = self._call(statement, "where", same)
        found = self._first(statement)
        if found == NONE:
            raise RaisedError(_NOT_FOUND)
        return found

    def _matching(self, args: Arguments) -> Value:
        statement = self._with_options(args)
        criteria = tuple((k, v) for k, v in args.keywords if k not in _OWN)
        if args.positional or args.splat:
            statement = self._call(statement, "where", self._fresh())
        if criteria:
            statement = call_member(self.frame, statement, "filter_by", Arguments((), criteria), self.site)
        return statement

    def _with_options(self, args: Arguments) -> Value:
        statement = args.get("statement")
        if statement is None or statement == NONE:
            statement = field(self.frame, self.ref, "statement", self.site)
        default = self._stated("load") or self._of_class("loader_options")
        merge = self._chosen("merge_loader_options") != FALSE
        options = loading.options(self.frame, default, args.get("load"), self.site, merge=merge)
        return self._call(statement, "options", *options) if options else statement

    def _first(self, statement: Value) -> Value:
        return self.frame.split(self._call(self._rows(statement), "scalar_one_or_none"))

    def _all(self, statement: Value) -> Value:
        return self._call(self._call(self._rows(statement), "scalars"), "all")

    def _rows(self, statement: Value) -> Value:
        return self._call(self._do("execute", statement), "unique")

    def _written(self, instance: Value, args: Arguments) -> Value:
        self._flush(args)
        if self._is_on("auto_refresh", args, default=True):
            names = args.get("attribute_names")
            given = (instance, names) if names is not None and names != NONE else (instance,)
            self._do("refresh", *given)
        self._let_go(instance, args)
        return instance

    def _let_go(self, instance: Value, args: Arguments) -> None:
        if self._is_on("auto_expunge", args, default=False):
            self._call(self.session, "expunge", instance)

    def _flush(self, args: Arguments) -> None:
        self._do("commit" if self._is_on("auto_commit", args, default=False) else "flush")

    def _is_on(self, name: str, args: Arguments, *, default: bool) -> bool:
        for value in (args.get(name), self._stated(name)):
            if isinstance(value, Const) and value != NONE:
                return bool(value.value)
        return default

    def _instance(self, data: Value | None) -> Value:
        """The data as a model: an object of the class, or one that is made of a dictionary or a schema."""
        if data is not None:
            data = self.frame.split(data)
            if self.frame.entity(data) is not None:
                return data
            known = self.frame.dictionary(data)
            if known is not None:
                keywords = tuple((str(k.value), v) for k, v in known.entries if isinstance(k, Const))
                splat = known.rest is not None or len(keywords) < len(known.entries)
                return call(self.frame, self.model, Arguments((), keywords, splat=splat), self.site)
        return call(self.frame, self.model, Arguments(splat=True), self.site)

    def _stated(self, name: str) -> Value | None:
        instance = self.frame.instance(self.ref)
        known = instance.fields.get(name) if instance is not None else None
        return None if known == NONE else known

    def _chosen(self, name: str) -> Value | None:
        return self._stated(name) or self._of_class(name)

    def _of_class(self, name: str) -> Value | None:
        cls = self._cls()
        return class_variable(self.frame, cls, name, self.site) if cls is not None else None

    def _cls(self) -> ClassInfo | None:
        instance = self.frame.instance(self.ref)
        return instance.cls if instance is not None and isinstance(instance.cls, ClassInfo) else None

    def _fresh(self) -> Value:
        return Unknown("criterion", self.frame.machine.fresh_symbol())

    def _do(self, name: str, *given: Value) -> Value:
        """A method of the session, awaited."""
        return settle(self.frame, self._call(self.session, name, *given))

    def _call(self, receiver: Value, name: str, *given: Value) -> Value:
        return call_member(self.frame, receiver, name, Arguments(given), self.site)


# Method of the library -> method here.
OPERATIONS: dict[str, Callable[[Repository, Arguments], Value]] = {
    "get": Repository.one,
    "get_one": Repository.one_by,
    "get_one_or_none": Repository.one_or_none,
    "list": Repository.many,
    "get_many": Repository.many,
    "list_and_count": Repository.many_and_count,
    "get_many_and_count": Repository.many_and_count,
    "exists": Repository.number,
    "count": Repository.number,
    "add": Repository.add,
    "add_many": Repository.add_many,
    "update": Repository.update,
    "upsert": Repository.upsert,
    "get_or_upsert": Repository.get_or_upsert,
    "get_and_update": Repository.get_and_update,
    "delete": Repository.delete,
}
