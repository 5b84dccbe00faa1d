"""The filters of templates, by name.

A filter takes the rendering's :class:`~capi_actions.mapping.liquid.budget.Budget`, the value before the
bar and the arguments.  The caller charges for its input and output, the filter for all else it does.
A keyword argument comes as a pair.
"""

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any, Final

from attrs import frozen

from capi_actions.mapping.liquid.filters.arithmetic import ARITHMETIC_FILTERS
from capi_actions.mapping.liquid.filters.dates import DATE_FILTERS
from capi_actions.mapping.liquid.filters.encoding import ENCODING_FILTERS
from capi_actions.mapping.liquid.filters.lists import LIST_FILTERS
from capi_actions.mapping.liquid.filters.text import TEXT_FILTERS

DISABLED: Final = frozenset(
    "array_to_sentence_string concat find find_exp find_index find_index_exp group_by group_by_exp has has_exp map "
    "newline_to_br reject reject_exp reverse sort sort_natural type uniq where_exp".split()
)
"""Names of filters that the reference has disabled."""

_NEED_ARGUMENT: Final = frozenset("append divided_by minus modulo plus prepend times".split())
"""Names of filters that mean nothing without an argument."""


@frozen
class Filter:
    """A filter.

    :ivar defaults: its arguments' values when they are not given, or undefined; further ones are ignored.
    :ivar min_arguments: how many must be given.
    """

    function: Callable[..., Any]
    defaults: tuple[Any, ...]
    min_arguments: int


def _filter(name: str, function: Callable[..., Any]) -> Filter:
    _budget, _value, *arguments = signature(function).parameters.values()
    defaults = tuple(argument.default for argument in arguments)
    return Filter(function, defaults, int(name in _NEED_ARGUMENT))


_ALL: Mapping[str, Callable[..., Any]] = {
    **TEXT_FILTERS,
    **ARITHMETIC_FILTERS,
    **LIST_FILTERS,
    **DATE_FILTERS,
    **ENCODING_FILTERS,
}

FILTERS: Final = {name: _filter(name, function) for name, function in _ALL.items()}
