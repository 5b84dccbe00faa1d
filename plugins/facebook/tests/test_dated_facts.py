"""Facts about Meta have a date, and are to be checked again after 90 days."""

import re
from datetime import date, timedelta
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from capi_actions_facebook import facts

SOURCE = Path(facts.__file__).read_text(encoding="utf-8")


@given(st.integers(0, 5_000))
@example(90)
@example(91)
def test_facts_are_to_be_checked_again_after_90_days(days: int) -> None:
    """Meta publishes a version about every four months."""
    message = facts.age_warning(facts.CHECKED + timedelta(days))

    assert (days > 90) is (message is not None)
    assert message is None or f"{days} days ago" in message


def test_a_clock_that_is_behind_warns_of_nothing() -> None:
    """Reproducible builds set it to the past."""
    assert facts.age_warning(date(1980, 1, 1)) is None


def test_all_facts_were_checked_when_the_oldest_of_them_was_read() -> None:
    """Whoever reads a source again dates its facts; one that is left out keeps the warning due."""
    dates = [date.fromisoformat(text) for text in re.findall(r"read (\d{4}-\d\d-\d\d)", SOURCE)]

    assert len(dates) > 10
    assert min([*dates, facts.CURRENCIES_READ]) == facts.CHECKED


def test_every_fact_names_its_source_in_the_list() -> None:
    """Else nobody could compare them."""
    sources = set(re.findall(r'# .*?"([a-z][a-z ]+)"(?=[^\n]* read )', SOURCE))
    listed = (Path(__file__).parents[3] / "docs" / "reference" / "sources.md").read_text(encoding="utf-8")

    assert len(sources) > 3
    assert [] == [source for source in sources if f"\n| {source} |" not in listed]
