"""Hashes of values that repeat are remembered, within limits."""

from capi_actions.hashing import REMEMBERED, REMEMBERED_LENGTH, Hasher, make_hasher
from capi_actions.model import Normalizer


class Counting:
    """A normalizer that knows what it was asked."""

    def __init__(self, repeats: bool = True) -> None:
        self.asked: list[str] = []
        self.normalizer = Normalizer(profile="p", key="fn", normalize=self._normalize, repeats=repeats)
        self.hasher: Hasher = make_hasher([self.normalizer])

    def _normalize(self, value: str) -> str | None:
        self.asked.append(value)
        return value.lower()


def test_a_repeating_value_is_normalized_once() -> None:
    """This is what makes it cheap."""
    names = Counting()

    assert names.hasher("Ada") == names.hasher("Ada")
    assert names.asked == ["Ada"]


def test_other_values_are_not_remembered() -> None:
    """E-mail addresses don't come back: remembering them would cost time and keep personal data."""
    addresses = Counting(repeats=False)

    assert addresses.hasher("a@example.com") == addresses.hasher("a@example.com")
    assert len(addresses.asked) == 2


def test_one_profile_that_does_not_repeat_keeps_all_from_being_remembered() -> None:
    """Its author knows why."""
    first, second = Counting(), Counting(repeats=False)
    both = make_hasher([first.normalizer, second.normalizer])

    assert both("Ada") == both("Ada")
    assert (len(first.asked), len(second.asked)) == (2, 2)


def test_long_values_are_not_remembered() -> None:
    """Else a few thousand hostile ones of 10 MB would fill the memory."""
    names = Counting()
    for length in (REMEMBERED_LENGTH, REMEMBERED_LENGTH + 1):
        assert names.hasher("x" * length) == names.hasher("x" * length)

    assert [len(each) for each in names.asked] == [
        REMEMBERED_LENGTH,
        REMEMBERED_LENGTH + 1,
        REMEMBERED_LENGTH + 1,
    ]


def test_the_memory_is_bounded() -> None:
    """What wasn't seen for long is forgotten."""
    names = Counting()
    for index in range(REMEMBERED + 1):
        names.hasher(f"name {index}")
    names.hasher(f"name {REMEMBERED}")
    names.hasher("name 0")

    assert len(names.asked) == REMEMBERED + 2


def test_changing_an_answer_changes_no_later_one() -> None:
    """Lists are handed out as copies."""
    both = make_hasher(
        [
            Normalizer(profile="a", key="fn", normalize=lambda value: value.lower(), repeats=True),
            Normalizer(profile="b", key="fn", normalize=lambda value: value.upper(), repeats=True),
        ]
    )
    first = both("Ada")
    assert isinstance(first, list)
    expected = list(first)
    first.clear()

    assert expected == both("Ada")
