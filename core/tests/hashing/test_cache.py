"""Hashes of values that repeat are cached, within limits."""

from capi_actions.hashing import CACHE_SIZE, MAX_CACHED_LENGTH, Hasher, make_hasher
from capi_actions.model import Normalizer


class Counting:
    """A normalizer that records its calls.

    :ivar values: what it was called with.
    """

    def __init__(self, repeats: bool = True) -> None:
        self.values: list[str] = []
        self.normalizer = Normalizer(
            profile="p", key="fn", normalize=self._normalize, otherwise="raw", repeats=repeats
        )
        self.hasher: Hasher = make_hasher([self.normalizer])

    def _normalize(self, value: str) -> str | None:
        self.values.append(value)
        return value.lower()


def test_a_repeating_value_is_normalized_once() -> None:
    """This is what makes it cheap."""
    names = Counting()

    assert names.hasher("Ada") == names.hasher("Ada")
    assert names.values == ["Ada"]


def test_other_values_are_not_cached() -> None:
    """E-mail addresses don't come back: caching them would cost time and keep personal data."""
    addresses = Counting(repeats=False)

    assert addresses.hasher("a@example.com") == addresses.hasher("a@example.com")
    assert len(addresses.values) == 2


def test_one_profile_that_does_not_repeat_keeps_all_from_being_cached() -> None:
    """Its author knows why."""
    first, second = Counting(), Counting(repeats=False)
    both = make_hasher([first.normalizer, second.normalizer])

    assert both("Ada") == both("Ada")
    assert (len(first.values), len(second.values)) == (2, 2)


def test_long_values_are_not_cached() -> None:
    """Else a few thousand hostile ones of 10 MB would fill the memory."""
    names = Counting()
    for length in (MAX_CACHED_LENGTH, MAX_CACHED_LENGTH + 1):
        assert names.hasher("x" * length) == names.hasher("x" * length)

    assert [len(value) for value in names.values] == [
        MAX_CACHED_LENGTH,
        MAX_CACHED_LENGTH + 1,
        MAX_CACHED_LENGTH + 1,
    ]


def test_the_cache_is_bounded() -> None:
    """It is cleared when it is full."""
    names = Counting()
    for index in range(CACHE_SIZE + 1):
        names.hasher(f"name {index}")
    names.hasher(f"name {CACHE_SIZE}")
    names.hasher("name 0")

    assert len(names.values) == CACHE_SIZE + 2


def test_changing_a_result_changes_no_later_one() -> None:
    """Lists are handed out as copies."""
    both = make_hasher(
        [
            Normalizer(
                profile="a", key="fn", normalize=lambda value: value.lower(), otherwise="raw", repeats=True
            ),
            Normalizer(
                profile="b", key="fn", normalize=lambda value: value.upper(), otherwise="raw", repeats=True
            ),
        ]
    )
    first = both("Ada")
    assert isinstance(first, list)
    expected = list(first)
    first.clear()

    assert expected == both("Ada")
