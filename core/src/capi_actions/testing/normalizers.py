"""Tests of the normalizers that a plugin offers."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cache, partial

from capi_actions.errors import EventError
from capi_actions.model import Normalizer
from capi_actions.testing.base import PluginTests, find_slow, require, require_size, require_speed
from capi_actions.testing.samples import ODD_VALUES, ORDINARY_TEXTS

NormalizerExample = tuple[str, str | None]
"""A raw text, and the text that is hashed; None for none."""

_EXACT_TEXTS = (
    "a" * 64,
    "A" * 64,
    "\ufeffada",
    "ada\u200b",
    "ﬀ",
    "ẞ",
    "İ",
    "à",
    "a\u0300",
    "\r\n",
    "🎉" * 50,
)


class NormalizerTests(PluginTests):
    """Tests of every normalizer of a plugin: subclass, and set ``plugin``, and examples.

    :cvar normalizer_examples: examples of each normalizer, by ``profile/key``.
    :cvar not_idempotent: normalizers that may change what they have normalized already.
    """

    normalizer_examples: Mapping[str, Sequence[NormalizerExample]] = {}
    not_idempotent: Collection[str] = ()

    def test_normalizers_make_of_the_examples_what_they_should(self) -> None:
        """If this fails, a normalizer and one of your examples differ."""
        normalizers = self._own("capi_normalizers")
        for name, examples in self.normalizer_examples.items():
            require(name in normalizers, f"normalizer_examples names {name}, which the plugin doesn't offer")
            for text, expected in examples:
                actual = _normalize(name, normalizers[name], text)
                require(
                    actual == expected, f"{name} should make {expected!r} of {text!r}, but makes {actual!r}"
                )

    def test_any_text_gives_text_or_nothing(self) -> None:
        """If this fails, a normalizer raises, returns something else than text or None, or differs for one text.

        It may raise EventError, with a message that doesn't quote the text.
        """
        for name, normalizer in self._quick_normalizers().items():
            for text in self._texts(name):
                first = _normalize(name, normalizer, text)
                require(
                    first == _normalize(name, normalizer, text), f"{name} is not the same for the same text"
                )
                require(
                    first is None or _is_encodable(first) or not _is_encodable(text),
                    f"{name} makes a text with a lone surrogate of one without: it can't be encoded",
                )

    def test_what_is_normalized_stays_as_it_is(self) -> None:
        """If this fails, a text that was normalized before it came here gets another hash.

        If that is as it should be, name the normalizer in ``not_idempotent``.
        """
        for name, normalizer in self._quick_normalizers().items():
            if name in self.not_idempotent:
                continue
            for text in self._ordinary_texts(name):
                once = _normalize(name, normalizer, text)
                if once:
                    twice = _normalize(name, normalizer, once)
                    require(twice == once, f"{name} makes {once!r} of {text!r}, and of that {twice!r}")

    def test_normalizers_are_quick(self) -> None:
        """If this fails, a normalizer does for each text what it could do once; the message has the ratio."""
        for name, normalizer in self._own("capi_normalizers").items():
            text = next(self._ordinary_texts(name))
            require_speed(self.slowest, f"the normalizer {name}", partial(normalizer.normalize, text))

    @classmethod
    def _quick_normalizers(cls) -> Mapping[str, Normalizer]:
        normalizers: Mapping[str, Normalizer] = cls._own("capi_normalizers")
        slow = cls._slow_normalizers()
        require(not slow, slow)
        return normalizers

    @classmethod
    @cache
    def _slow_normalizers(cls) -> str:
        calls = {
            f"the normalizer {name}": partial(normalizer.normalize, f"ada-{cls._first_seed}@example.com")
            for name, normalizer in cls._own("capi_normalizers").items()
        }
        return find_slow(calls)

    @classmethod
    def _ordinary_texts(cls, name: str) -> Iterator[str]:
        yield from (text for text, _ in cls.normalizer_examples.get(name, ()))
        for texts in ORDINARY_TEXTS.values():
            yield from texts

    @classmethod
    def _texts(cls, name: str) -> Iterator[str]:
        yield from cls._ordinary_texts(name)
        yield from _EXACT_TEXTS
        yield from (value for value in ODD_VALUES if isinstance(value, str) and value)


def _normalize(name: str, normalizer: Normalizer, text: str) -> str | None:
    try:
        normalized: object = normalizer.normalize(text)
    except EventError as error:
        require(len(text) < 8 or text not in str(error), f"{name} quotes the raw text in its EventError")
        return None
    if normalized is None or isinstance(normalized, str):
        require_size(normalized, text)
        return normalized
    raise AssertionError(f"{name} must return text or None, but returned {type(normalized).__name__}")


def _is_encodable(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)
