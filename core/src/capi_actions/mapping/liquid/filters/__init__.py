"""The filters of templates, by name.

A filter takes the rendering's :class:`~capi_actions.mapping.liquid.work.Work`, the value before the
bar and the arguments; reading its input and giving its output is paid for by the caller, all else
it pays for itself.  A keyword argument comes as a pair.
"""

from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any, Final

from capi_actions.mapping.liquid.filters.codes import CODES
from capi_actions.mapping.liquid.filters.dates import DATES
from capi_actions.mapping.liquid.filters.lists import LISTS
from capi_actions.mapping.liquid.filters.numbers import NUMBERS
from capi_actions.mapping.liquid.filters.texts import TEXTS

DISABLED: Final = frozenset(
    "array_to_sentence_string concat find find_exp find_index find_index_exp group_by group_by_exp has has_exp map "
    "newline_to_br reject reject_exp reverse sort sort_natural type uniq where_exp".split()
)
"""What the reference switched off."""

_ALL: Mapping[str, Callable[..., Any]] = {**TEXTS, **NUMBERS, **LISTS, **DATES, **CODES}

FILTERS: Final = {name: (apply, len(signature(apply).parameters) - 2) for name, apply in _ALL.items()}
"""Each filter, and how many arguments it takes; further ones are ignored."""
