"""Commands whose options come from dataclasses, so that two commands share them word for word."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import fields, is_dataclass
from functools import wraps
from inspect import Parameter
from typing import Any, get_type_hints


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose parameters that are dataclasses are given as an option for each of their fields."""
    whole = inspect.signature(command, eval_str=True).parameters.values()
    groups = _groups(whole)

    @wraps(command)
    def run(**given: Any) -> None:
        values = {
            name: group(**{each.name: given.pop(each.name) for each in fields(group)}) for name, group in groups.items()
        }
        command(**values, **given)

    options = [option for p in whole for option in (_options(p.annotation) if p.name in groups else [_keyword(p)])]
    vars(run)["__signature__"] = inspect.Signature(options)
    run.__annotations__ = {option.name: option.annotation for option in options}
    return run


def _groups(whole: Iterable[Parameter]) -> dict[str, Any]:
    return {p.name: p.annotation for p in whole if isinstance(p.annotation, type) and is_dataclass(p.annotation)}


def _options(group: Any) -> list[Parameter]:
    types = get_type_hints(group, include_extras=True)
    defaults = inspect.signature(group).parameters
    return [
        Parameter(each.name, Parameter.KEYWORD_ONLY, default=defaults[each.name].default, annotation=types[each.name])
        for each in fields(group)
    ]


def _keyword(parameter: Parameter) -> Parameter:
    return parameter.replace(kind=Parameter.KEYWORD_ONLY)
