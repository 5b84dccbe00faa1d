"""What ``capi normalize`` does with one line."""

import json
from typing import Any, Final, Never

from capi_actions import EventError, JsonObject, make_hasher
from capi_actions_facebook.normalization.pixel import RULES
from capi_actions_facebook.normalization.profiles import normalizers_of
from capi_actions_facebook.normalization.text import HASH_LIKE, number_text
from capi_actions_facebook.normalization.users import normalize_user

_FORMS: Final = 'one of {"key": ..., "value": ...} and {"user": {...}}'


class LineNormalizer:
    """Answers lines by the rules of one profile.

    :param profile: one of :data:`~capi_actions_facebook.normalization.PROFILES`.
    """

    def __init__(self, profile: str) -> None:
        self._normalizers = normalizers_of(profile)
        self._hashers = {key: make_hasher(each) for key, each in self._normalizers.items()}

    def answer(self, line: bytes) -> str:
        """Answer one line of JSON with one line of JSON, in ASCII.

        ``{"key", "value"}`` gives the same object with ``normalized`` and ``hash``, ``{"user"}`` gives
        ``{"ud"}``: the hashes by canonical key.

        :raises EventError: when the line is neither.
        """
        try:
            return json.dumps(self._answer(json.loads(line.decode(), parse_constant=_no_constant)))
        except UnicodeDecodeError as error:
            raise EventError.of(f"is not UTF-8 text: wrong byte at position {error.start}") from None
        except json.JSONDecodeError as error:
            raise EventError.of(f"is not JSON: {error.msg} at column {error.colno}") from None
        except RecursionError:
            raise EventError.of("is nested too deeply") from None
        except ValueError as error:  # a constant that is no JSON, or a number of thousands of digits
            raise EventError.of(f"is not JSON: {error}") from None

    def _answer(self, asked: Any) -> JsonObject:
        if not isinstance(asked, dict):
            raise EventError.of(f"must be a JSON object: {_FORMS}")
        if "user" in asked:
            user = asked["user"]
            if not isinstance(user, dict):
                raise EventError.of("must be an object of key names and values", "$.user")
            return {"ud": normalize_user(user, self._hashers)}
        if "key" not in asked or "value" not in asked:
            raise EventError.of(f"must be {_FORMS}")
        return asked | self._field(asked["key"], asked["value"])

    def _field(self, key: Any, value: Any) -> JsonObject:
        if not isinstance(key, str) or key not in RULES:
            raise EventError.of(f"must be one of {', '.join(RULES)}", "$.key")
        if isinstance(value, bool) or not isinstance(value, str | int | float | None):
            raise EventError.of("must be a string, a number or null", "$.value")
        text = value or "" if value is None or isinstance(value, str) else number_text(value)
        hashed = self._hashers[key](text)
        with_appendix = isinstance(hashed, str) and "." in hashed
        sent_as_it_is = with_appendix or HASH_LIKE.fullmatch(text)
        return {"normalized": text if sent_as_it_is else self._normalized(key, text), "hash": hashed}

    def _normalized(self, key: str, text: str) -> str | list[str | None] | None:
        """Say what is hashed: one string when all profiles agree, else one per profile."""
        each = [normalizer.normalize(text) if text else None for normalizer in self._normalizers[key]]
        return each[0] if len(set(each)) == 1 else each


def _no_constant(name: str) -> Never:
    raise ValueError(f"{name} is no JSON number")
