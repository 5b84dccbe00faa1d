"""The filters of templates, by name.

A filter takes the rendering's :class:`~capi_actions.mapping.liquid.budget.Work`, the value before the
bar and the arguments; reading its input and giving its output is paid for by the caller, all else
it pays for itself.  A keyword argument comes as a pair.
"""

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any, Final

from attrs import frozen

from capi_actions.mapping.liquid.filters.arithmetic import NUMBERS
from capi_actions.mapping.liquid.filters.dates import DATES
from capi_actions.mapping.liquid.filters.encoding import CODES
from capi_actions.mapping.liquid.filters.lists import LISTS
from capi_actions.mapping.liquid.filters.text import TEXTS

DISABLED: Final = frozenset(
    "array_to_sentence_string concat find find_exp find_index find_index_exp group_by group_by_exp has has_exp map "
    "newline_to_br reject reject_exp reverse sort sort_natural type uniq where_exp".split()
)
"""What the reference switched off."""

NEEDING: Final = frozenset("append divided_by minus modulo plus prepend times".split())
"""What means nothing without an argument."""


@frozen
class Filter:
    """A filter.

    :ivar defaults: what its arguments are when they are not given, or undefined; further ones are ignored.
    :ivar least: how many arguments it needs.
    """

    function: Callable[..., Any]
    defaults: tuple[Any, ...]
    least: int


def _filter(name: str, function: Callable[..., Any]) -> Filter:
    _work, _value, *arguments = signature(function).parameters.values()
    return Filter(function, tuple(each.default for each in arguments), int(name in NEEDING))


_ALL: Mapping[str, Callable[..., Any]] = {**TEXTS, **NUMBERS, **LISTS, **DATES, **CODES}

FILTERS: Final = {name: _filter(name, function) for name, function in _ALL.items()}
