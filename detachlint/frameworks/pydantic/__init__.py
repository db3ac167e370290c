"""Pydantic: schemas made from attributes, type adapters, validators and serialisers."""

from detachlint.frameworks.pydantic.framework import Pydantic

__all__ = ["Pydantic"]
