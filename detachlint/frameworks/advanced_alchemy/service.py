"""What a service does beside its repository: models of data, schemas of models."""

from __future__ import annotations

from detachlint.domain.source import Site
from detachlint.frameworks.advanced_alchemy.parts import model_of
from detachlint.frameworks.conversion.filling import At, convert
from detachlint.interpret.calls.invoke import call_member, settle
from detachlint.interpret.expressions.iterate import elements_of
from detachlint.interpret.frame import Arguments, Frame
from detachlint.interpret.heap import Sequence
from detachlint.interpret.objects.attribute import call_method, find_method
from detachlint.interpret.values import NONE, ClassValue, Ref, Value
from detachlint.resolve.symbols import ClassInfo


def to_model(frame: Frame, ref: Ref, cls: ClassInfo, name: str, args: Arguments, site: Site) -> Arguments:
    """The arguments with the program's own ``to_model`` and ``to_model_on_create`` applied to the data."""
    data = args.get("data", 0)
    for hook, further in (("to_model", (name,)), (f"to_model_on_{name}", ())):
        if data is not None and find_method(frame, cls, hook) is not None:
            given = (data, *(frame.unknown("operation") for _ in further))
            made = call_method(frame, ref, hook, Arguments(given), site)
            data = settle(frame, made) if made is not None else data
    if data is None:
        return args
    keywords = tuple((k, v) for k, v in args.keywords if k not in ("data", "model_type"))
    return Arguments((data, *args.positional[1:]), (*keywords, ("model_type", model_of(frame, cls, site))))


def to_schema(frame: Frame, args: Arguments, site: Site) -> Value:
    """``service.to_schema(data, schema_type=Out)``: one, or a page of many."""
    data, schema = args.get("data", 0), args.get("schema_type")
    if data is None:
        return frame.unknown("data of a schema")
    if schema is None or schema == NONE:
        return data

    def validated(value: Value) -> Value:
        if isinstance(schema, ClassValue) and not _is_pydantic(frame, schema.info):
            return convert(frame, schema, value, At(site, uses_defaults=True))
        return call_member(frame, schema, "model_validate", Arguments((value,)), site)

    data = frame.split(data)
    if frame.sequence(data) is None:
        return validated(data)
    elements = elements_of(frame, data, site)
    items = tuple(validated(each) for each in elements.items)
    rest = validated(elements.rest) if elements.rest is not None else None
    return frame.new(Sequence("list", items, rest))


def _is_pydantic(frame: Frame, cls: ClassInfo) -> bool:
    return any(base.root == "pydantic" for base in frame.machine.program.external_bases(cls))
