"""What ``capi normalize`` does with one line."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from capi_actions import EventError, JsonObject, Normalizer, decode_json, make_hasher
from capi_actions_facebook.normalization.text import HASH_LIKE, number_text
from capi_actions_facebook.normalization.users import normalize_user

_FORMS: Final = 'one of {"key": ..., "value": ...} and {"user": {...}}'


class LineNormalizer:
    """Answers lines by the rules of one profile.

    :param normalizers: those of the profile by key, or of several profiles in their order.
    """

    def __init__(self, normalizers: Mapping[str, Sequence[Normalizer]]) -> None:
        self._normalizers = normalizers
        self._hashers = {key: make_hasher(each) for key, each in self._normalizers.items()}

    def answer(self, line: bytes | EventError) -> JsonObject:
        """Answer one line of JSON, in which numbers are read as those of events are.

        ``{"key", "value"}`` gives the same object with ``normalized`` and ``hash``, ``{"user"}`` gives
        ``{"ud"}``: the hashes by canonical key.

        :param line: or why it could not be read.
        :raises EventError: when the line is neither, or a plugin's normalizer failed on it.
        """
        if isinstance(line, EventError):
            raise line
        asked = decode_json(line)
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
        if not isinstance(key, str) or key not in self._normalizers:
            raise EventError.of(f"must be one of {', '.join(self._normalizers)}", "$.key")
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
