"""Where a class gets its mapping from: the declarative base, SQLModel or Flask-SQLAlchemy above it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from detachlint.models.scope import Scope, last_name
from detachlint.parse import ir
from detachlint.resolve.program import Program
from detachlint.resolve.symbols import Assigned, ClassInfo, External, FunctionInfo, Missing

_BASE_CLASSES = frozenset({"DeclarativeBase", "DeclarativeBaseNoMeta"})
_BASE_CALLS = frozenset({"declarative_base", "generate_base", "automap_base", "get_declarative_base"})
_BASE_DECORATORS = frozenset({"as_declarative", "as_declarative_base"})
_CLASS_DECORATORS = frozenset({"mapped", "mapped_as_dataclass"})
_OTHER_ORMS = frozenset(
    {"django", "tortoise", "peewee", "pydantic", "mongoengine", "odmantic", "beanie", "ormar"}
)
_MAPPING_CALLS = frozenset({"mapped_column", "Column", "relationship"})


class Style(Enum):
    """Whose rules a mapped class follows, where they differ."""

    DECLARATIVE = "declarative"
    GENERATED_NAMES = "generated"
    SQLMODEL = "sqlmodel"
    UNSEEN_BASE = "unseen"


@dataclass(frozen=True, slots=True)
class Root:
    """The declarative base at the end of a class's bases.

    Args:
        registry: names the registry and the metadata, so that two bases may have classes of the same name.
        mixins: become bases through a call: ``declarative_base(cls=X)``, ``SQLAlchemy(model_class=X)``.
        is_base: the class is itself the base, not a mapped class.
    """

    registry: str
    style: Style
    mixins: tuple[ClassInfo, ...] = ()
    is_base: bool = False


class Roots:
    """Finds and remembers the root of each class."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._known: dict[str, Root | None] = {}
        self._unseen: set[str] = set()  # classes with an ancestor that nobody can look into
        self._shown: frozenset[tuple[str, str]] | None = None  # see _is_shown

    def of(self, cls: ClassInfo) -> Root | None:
        """The root of a class; None for a class that can't be mapped."""
        if cls.qualname in self._known:
            return self._known[cls.qualname]
        self._known[cls.qualname] = None  # ends a class that inherits from itself
        root = self._find(cls) if cls.node.bases or cls.node.decorators else None
        self._known[cls.qualname] = root
        return root

    def _find(self, cls: ClassInfo) -> Root | None:
        scope = Scope(self._program, cls.module)
        for decorator in cls.node.decorators:
            target = decorator.func if isinstance(decorator, ir.Call) else decorator
            name = last_name(target)
            if name in _BASE_DECORATORS:
                return Root(cls.qualname, Style.DECLARATIVE, is_base=True)
            if name in _CLASS_DECORATORS and _names_a_registry(scope, decorator):
                return Root(self._registry_of(scope, decorator), Style.DECLARATIVE)
        unseen = False
        for arg in cls.node.bases:
            if arg.keyword is not None or arg.star:
                continue
            root = self._of_base(cls, scope, arg.value)
            if isinstance(root, Root):
                return root
            unseen = unseen or root
        if not unseen:
            return None
        self._unseen.add(cls.qualname)
        is_mapped = _maps_something(self._program, cls) and (
            _names_its_table(self._program, cls) or self._is_shown(cls)
        )
        return Root("", Style.UNSEEN_BASE) if is_mapped else None

    def _is_shown(self, cls: ClassInfo) -> bool:
        """Whether another class shows that a base which nobody can look into is a declarative one: it has no
        other such base, and says that it is mapped. The base may name the tables itself.
        """
        if self._shown is None:
            self._shown = frozenset()  # while it is found out
            self._shown = frozenset(self._found_shown())
            # What was asked for meanwhile is asked again.
            self._known = {n: root for n, root in self._known.items() if root or n not in self._unseen}
        return not self._shown.isdisjoint(self._unseen_bases(cls))

    def _found_shown(self) -> Iterator[tuple[str, str]]:
        for cls in self._program.classes.values():
            root = self.of(cls) if _names_its_table(self._program, cls) else None
            bases = self._unseen_bases(cls) if root is not None and root.style is Style.UNSEEN_BASE else ()
            if len(bases) == 1:
                yield from bases

    def _unseen_bases(self, cls: ClassInfo) -> set[tuple[str, str]]:
        bases = self._program.external_bases(cls)
        return {(base.root, base.leaf) for base in bases if _of_library_class(cls, base) is True}

    def _of_base(self, cls: ClassInfo, scope: Scope, base: ir.Expr) -> Root | bool:
        """The root that a base leads to, or whether the base is a class that nobody can look into."""
        symbol = scope.symbol(base)
        match symbol:
            case ClassInfo():
                root = self.of(symbol)
                if root is None:
                    return symbol.qualname in self._unseen
                return Root(root.registry, root.style, root.mixins)
            case External():
                return _of_library_class(cls, symbol)
            case Assigned():
                return self._of_value(symbol) or True
            case FunctionInfo():
                return False
            case Missing():
                return self._of_expression(scope, base)
            case _:
                return False

    def _of_value(self, symbol: Assigned, depth: int = 0) -> Root | None:
        """``Base = declarative_base()``, ``Model = db.Model``, ``Base: DeclarativeMeta = make()``."""
        scope = Scope(self._program, symbol.module)
        value = symbol.value
        if isinstance(value, ir.Call):
            made = scope.construct(value)
            if made is not None and made.name == "make_declarative_base":
                return Root(f"{symbol.module.key}.{symbol.name}", Style.GENERATED_NAMES)
            if made is not None and made.name in _BASE_CALLS:
                given = made.arguments.keywords.get("cls")
                mixin = given.scope.symbol(given.node) if given is not None else None
                mixins = (mixin,) if isinstance(mixin, ClassInfo) else ()
                return Root(f"{symbol.module.key}.{symbol.name}", Style.DECLARATIVE, mixins)
            return None
        if value is not None and depth < 3:
            found = self._of_expression(scope, value)
            return found if isinstance(found, Root) else None
        return None

    def _of_expression(self, scope: Scope, base: ir.Expr) -> Root | bool:
        if isinstance(base, ir.Call):
            made = scope.construct(base)
            if made is not None and made.name in _BASE_CALLS:
                return Root(f"{scope.module.key}:{base.n}", Style.DECLARATIVE)
            return True
        if isinstance(base, ir.Attribute) and base.attr == "Model":
            return self._of_extension(scope, base.value)
        return True

    def _of_extension(self, scope: Scope, db: ir.Expr) -> Root | bool:
        """``db.Model`` of Flask-SQLAlchemy and its relatives."""
        symbol = scope.symbol(db)
        if isinstance(symbol, External):
            return symbol.root not in _OTHER_ORMS
        if not isinstance(symbol, Assigned) or not isinstance(symbol.value, ir.Call):
            return True
        inner = Scope(self._program, symbol.module)
        registry = f"{symbol.module.key}.{symbol.name}"
        made = inner.construct(symbol.value)
        given = made.arguments.keywords.get("model_class") if made is not None else None
        model = given.scope.symbol(given.node) if given is not None else None
        mixins = (model,) if isinstance(model, ClassInfo) else ()
        return Root(registry, Style.GENERATED_NAMES, mixins)

    def _registry_of(self, scope: Scope, decorator: ir.Expr) -> str:
        node = decorator
        if isinstance(node, ir.Call):
            node = node.args[0].value if isinstance(node.func, ir.Name) and node.args else node.func
        if isinstance(node, ir.Attribute):
            node = node.value
        symbol = scope.symbol(node)
        return f"{symbol.module.key}.{symbol.name}" if isinstance(symbol, Assigned) else last_name(node)


def _names_a_registry(scope: Scope, decorator: ir.Expr) -> bool:
    """``@reg.mapped`` and ``@mapped_as_dataclass(reg)``, but not somebody's own ``@mapped``."""
    target = decorator.func if isinstance(decorator, ir.Call) else decorator
    if isinstance(target, ir.Attribute):
        symbol = scope.symbol(target.value)
        if isinstance(symbol, Assigned) and isinstance(symbol.value, ir.Call):
            made = Scope(scope.program, symbol.module).construct(symbol.value)
            return made is None or made.name == "registry"
        return not isinstance(symbol, External) or symbol.root == "sqlalchemy"
    symbol = scope.symbol(target)
    return isinstance(symbol, External) and symbol.root == "sqlalchemy"


def _of_library_class(cls: ClassInfo, symbol: External) -> Root | bool:
    root, leaf = symbol.root, symbol.leaf
    if leaf in _BASE_CLASSES:
        return Root(cls.qualname, Style.DECLARATIVE, is_base=True)
    if leaf == "SQLModel" and root == "sqlmodel":
        return Root("sqlmodel", Style.SQLMODEL)
    if root == "flask_sqlalchemy" and leaf == "Model":
        return Root("flask_sqlalchemy", Style.GENERATED_NAMES)
    if root == "advanced_alchemy" and (leaf.endswith("Base") or leaf == "SQLQuery"):
        return Root("advanced_alchemy", Style.GENERATED_NAMES)
    return root not in _OTHER_ORMS and root not in (
        "builtins",
        "typing",
        "abc",
        "enum",
        "collections",
        "sqlalchemy",
    )


def _names_its_table(program: Program, cls: ClassInfo) -> bool:
    classes = [base for base in program.mro(cls) if isinstance(base, ClassInfo)]
    return any({"__tablename__", "__table__"} & program.members(base).keys() for base in classes)


def _maps_something(program: Program, cls: ClassInfo) -> bool:
    """Whether the class or one above it has a column or a relationship."""
    for base in program.mro(cls):
        if not isinstance(base, ClassInfo):
            continue
        scope = Scope(program, base.module, base)
        for value in _values(program.members(base).values()):
            made = scope.construct(value)
            if made is not None and made.name in _MAPPING_CALLS:
                return True
    return False


def _values(members: Iterable[ir.Stmt]) -> Iterator[ir.Expr]:
    for member in members:
        if isinstance(member, (ir.Assign, ir.AnnAssign)) and member.value is not None:
            yield member.value
