"""The parameters of functions: which there are, what a call passes for them, and how one more is added."""

from __future__ import annotations

import io
import tokenize

import libcst as cst

from detachlint.domain.findings import Edit
from detachlint.fix.source.calls import keyword, on_lines
from detachlint.fix.source.document import CannotFixError, Document, line_starts


def parameters(function: cst.FunctionDef) -> set[str]:
    """The names of all but ``**keywords``."""
    params = function.params
    found = {p.name.value for p in (*params.posonly_params, *params.params, *params.kwonly_params)}
    if isinstance(params.star_arg, cst.Param):
        found.add(params.star_arg.name.value)
    return found


def position_of(document: Document, function: cst.FunctionDef, name: str | None) -> int | None:
    """The position of a parameter for the caller, who does not pass ``self``; of None, how many there are."""
    params = [p.name.value for p in (*function.params.posonly_params, *function.params.params)]
    if is_method(document, function):
        decorators = {document.source(d.decorator) for d in function.decorators}
        if "staticmethod" not in decorators:
            params = params[1:]
    if name is None:
        return len(params)
    return params.index(name) if name in params else None


def is_method(document: Document, function: cst.FunctionDef) -> bool:
    """Whether it stands in the body of a class."""
    block = document.parent(function)
    return isinstance(block, cst.IndentedBlock) and isinstance(document.parent(block), cst.ClassDef)


def passed(
    document: Document, function: cst.FunctionDef, call: cst.Call, name: str
) -> cst.BaseExpression | None:
    """What a call of the function passes for the parameter, where that is written out.

    Args:
        document: the function's file.
    """
    given = keyword(call, name)
    if given is not None:
        return given.value
    index = position_of(document, function, name)
    positional = [arg for arg in call.args if arg.keyword is None]
    if index is None or index >= len(positional) or any(arg.star for arg in positional[: index + 1]):
        return None
    return positional[index].value


def add_keyword(document: Document, function: cst.FunctionDef, text: str) -> tuple[Edit, ...]:
    """A parameter that is passed by name only, behind the others, in the layout of those.

    Args:
        text: with its annotation and default.
    """
    params = function.params
    named = [*params.posonly_params, *params.params]
    starred = isinstance(params.star_arg, (cst.Param, cst.ParamStar))
    if isinstance(params.star_arg, cst.Param):
        named.append(params.star_arg)
    named += params.kwonly_params
    behind = params.star_kwarg
    new = [text] if starred else ["*", text]
    begin = document.text.index("(", document.end(function.name)) + 1
    end = _closing(document, begin)
    lines = [document.line_of(document.start(each)) for each in (*named, *((behind,) if behind else ()))]
    if len(lines) > 1 and len(set(lines)) == len(lines):
        return _on_lines(document, named[-1], behind, new, column=document.start(named[0]))
    inside = document.text[begin:end]
    if "#" in inside or (behind is None and inside.rstrip().endswith(",")):
        raise CannotFixError(f"the parameters of `{function.name.value}()` are written in an unusual way")
    head, star, tail = inside.rpartition("**") if behind is not None else (inside.rstrip(), "", "")
    listed = ", ".join([*([head.strip().rstrip(",")] if head.strip() else []), *new])
    whole = f"{listed}, {star}{tail.strip()}" if star else listed
    return (document.replace(begin, end, _laid_out(document, begin, end, whole)),)


def _on_lines(
    document: Document, last: cst.Param, behind: cst.Param | None, new: list[str], *, column: int
) -> tuple[Edit, ...]:
    """Each on a line of its own, below the first one.

    Args:
        column: where that stands in the text.
    """
    indent = document.text[document.line_start(column) : column]
    indent = indent if not indent.strip() else " " * len(indent)
    if behind is not None:
        at = document.line_start(document.start(behind))
        return (document.insert(at, "".join(f"{indent}{each},{document.newline}" for each in new)),)
    at = document.end(last.default or last)
    return on_lines(document, at, indent, new, comma=isinstance(last.comma, cst.Comma))


def _closing(document: Document, begin: int) -> int:
    """Where the bracket stands that closes the one before ``begin``."""
    rest = document.text[begin - 1 :]
    starts, depth = line_starts(rest), 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(rest).readline):
            depth += (token.string in "([{") - (token.string in ")]}") if token.type == tokenize.OP else 0
            if depth == 0:
                row, at = token.start
                return begin - 1 + starts[row - 1] + at
    except (tokenize.TokenError, SyntaxError):
        pass
    raise CannotFixError("the parameters of the function are written in an unusual way")


def _laid_out(document: Document, begin: int, end: int, whole: str) -> str:
    """In the line of the function's name, in a line of its own, or each parameter in one."""
    rest = document.text[end : document.line_end(end)].rstrip()
    indent = document.indent(begin)
    inner, outer = f"{document.newline}{indent}{document.step}", f"{document.newline}{indent}"
    if (
        document.line_of(begin) == document.line_of(end)
        and begin - document.line_start(begin) + len(whole) + len(rest) <= document.width
    ):
        return whole
    if len(indent) + len(document.step) + len(whole) <= document.width:
        return f"{inner}{whole}{outer}"
    source = cst.parse_statement(f"def f({whole}): ...", config=document.module.config_for_parsing)
    assert isinstance(source, cst.FunctionDef)
    return "".join(f"{inner}{each}," for each in _each(source)) + outer


def _each(function: cst.FunctionDef) -> list[str]:
    """The source of each parameter."""
    params = function.params
    nodes: list[cst.CSTNode] = [*params.posonly_params]
    if isinstance(params.posonly_ind, cst.ParamSlash):
        nodes.append(params.posonly_ind)
    nodes += params.params
    if isinstance(params.star_arg, (cst.Param, cst.ParamStar)):
        nodes.append(params.star_arg)
    nodes += params.kwonly_params
    if params.star_kwarg is not None:
        nodes.append(params.star_kwarg)
    module = cst.Module([])
    return [module.code_for_node(each).strip().rstrip(",").rstrip() for each in nodes]
