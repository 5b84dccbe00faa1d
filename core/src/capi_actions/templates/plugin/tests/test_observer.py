"""The observer's own answers."""

import logging

import pytest
from capi_actions import Judgement, Report, Verdict

from capi_actions_acme.observer import Tally


def test_outcomes_are_counted_and_failures_logged(caplog: pytest.LogCaptureFixture) -> None:
    """What arrived is no news."""
    caplog.set_level(logging.INFO)
    tally = Tally()

    tally.observe(Report(destination="shop", items=3, judgement=Judgement(verdict=Verdict.DONE)))
    tally.observe(
        Report(destination="shop", items=1, judgement=Judgement(verdict=Verdict.DEAD, reason="Too old."))
    )

    assert tally.counts == {("shop", Verdict.DONE): 3, ("shop", Verdict.DEAD): 1}
    assert [record.getMessage() for record in caplog.records] == ["shop: 1 item: Too old."]
