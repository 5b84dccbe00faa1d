"""The counts of the status page: several processes, a bounded file, and none without a server."""

import sqlite3
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import Config, EventOutcome, EventReport, Judgement, Report, Verdict
from capi_actions_server.history import KEPT_MINUTES, Count, History, HistoryObserver, count_reports
from capi_actions_server.pages.charts import DAY, HOUR, Series, make_chart, nice_top
from capi_actions_server.pages.overview import INCOMING, CountTable, group_problems
from capi_actions_server.settings import ServerSettings

NOW = 1_796_036_781.0
MINUTE = int(NOW // 60)


def config(folder: Path, *, serves: bool = True) -> Config:
    """Return a configuration with or without a server."""
    tables = {"server": ServerSettings()} if serves else {}
    return Config(
        destinations=(), outbox={"type": "sqlite", "path": "data/outbox.db"}, tables=tables, folder=folder
    )


def observer(folder: Path) -> HistoryObserver:
    """Return an observer as each process has one."""
    (folder / "data").mkdir(exist_ok=True)
    history_observer = HistoryObserver(lambda: NOW)
    history_observer.configure(config(folder))
    return history_observer


def test_several_processes_add_to_one_file(tmp_path: Path) -> None:
    """One takes events, another delivers them; what they counted is there after a restart."""
    one, two = observer(tmp_path), observer(tmp_path)
    mapped = EventReport(outcome=EventOutcome.MAPPED, destination="shop", action="facebook.purchase")
    for process_observer in (one, two, one):
        process_observer.observe_event(mapped)
    two.observe(Report(destination="shop", items=7, judgement=Judgement(verdict=Verdict.DONE)))
    one.close()
    two.close()

    history = History.beside_outbox(config(tmp_path))

    assert history.counts(0) == [
        Count(MINUTE, "shop", "", "delivered", 7),
        Count(MINUTE, "shop", "facebook.purchase", "mapped", 3),
    ]
    assert history.counts(MINUTE + 1) == []
    path = tmp_path / "data" / "outbox.db-history"
    assert path.stat().st_mode & 0o777 == 0o600


def test_problems_are_counted_by_their_sentence(tmp_path: Path) -> None:
    """With the advice of the last; what went well is none."""
    watching = observer(tmp_path)
    refused = EventReport(
        outcome=EventOutcome.REFUSED, destination="shop", action="a.b", reason="No currency."
    )
    for report in (
        refused,
        refused,
        EventReport(outcome=EventOutcome.MAPPED, destination="shop", reason="x"),
    ):
        watching.observe_event(report)
    watching.observe_event(
        EventReport(outcome=EventOutcome.REFUSED, destination="blog", reason="No currency.")
    )
    paused = Judgement(verdict=Verdict.PAUSE, reason="The token is old.", advice="Make another.")
    watching.observe(Report(destination="shop", items=1, judgement=paused))
    watching.close()

    problems = group_problems(History.beside_outbox(config(tmp_path)).problems())

    assert {(problem.reason, problem.number, problem.advice) for problem in problems} == {
        ("No currency.", 3, ""),
        ("The token is old.", 1, "Make another."),
    }
    assert sorted(next(problem.destinations for problem in problems if problem.number == 3)) == [
        "blog",
        "shop",
    ]


def test_without_a_server_nothing_is_counted(tmp_path: Path) -> None:
    """A program that only sends makes no file and no thread."""
    idle = HistoryObserver()
    idle.configure(config(tmp_path, serves=False))
    idle.observe_event(EventReport(outcome=EventOutcome.UNMATCHED))
    idle.observe(Report(destination="shop", items=1, judgement=Judgement(verdict=Verdict.DONE)))
    idle.close()

    assert list(tmp_path.iterdir()) == []
    assert History.beside_outbox(config(tmp_path)).counts(0) == []


def test_the_file_stays_small(tmp_path: Path) -> None:
    """What is older than a day goes, and so do all but the last problems."""
    history = History(tmp_path / "history")
    reports = [EventReport(outcome=EventOutcome.INVALID, reason=f"Reason {number}.") for number in range(300)]
    for start in (0, 150):
        _, problems = count_reports(reports[start : start + 150], NOW + start)
        history.add({(MINUTE - KEPT_MINUTES - 1, "shop", "", "delivered"): 1}, problems, NOW)
    history.add({(MINUTE, "shop", "", "delivered"): 1}, {}, NOW)

    assert [count.minute for count in history.counts(0)] == [MINUTE]
    assert 100 < len(history.problems(1_000)) <= 200
    history.add({}, {}, NOW + KEPT_MINUTES * 60 + 200)
    assert len(history.problems()) == 0


def test_a_file_that_can_t_be_written_stops_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It is said once; the counts are lost, the events aren't."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "outbox.db-history").mkdir()
    watching = observer(tmp_path)
    for _ in range(2):
        watching.observe_event(EventReport(outcome=EventOutcome.UNMATCHED))
        watching.flush()
    watching.close()

    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "the counts for the status page can't be stored"
    ]


def test_a_damaged_file_is_reported(tmp_path: Path) -> None:
    """As trouble on the page, not as no events."""
    path = tmp_path / "history"
    path.write_bytes(b"no database" * 1_000)

    with pytest.raises(sqlite3.Error):
        History(path).counts(0)


@given(st.integers(0, 10**9))
def test_the_top_of_a_chart_is_near_and_even(value: int) -> None:
    """So that half of it is whole, and bars aren't tiny."""
    top = nice_top(value)

    assert top >= value
    assert top % 2 == 0
    assert top <= max(2, value * 2)


@given(
    st.lists(st.integers(0, 500), min_size=60, max_size=60),
    st.lists(st.integers(0, 500), min_size=60, max_size=60),
)
def test_bars_stay_within_the_chart(accepted: list[int], failed: list[int]) -> None:
    """Boxes lie on one another, and none sticks out."""
    series = [Series(key="a", label="A", values=accepted), Series(key="f", label="F", values=failed)]

    chart = make_chart("T", HOUR, MINUTE - 59, series)

    assert len(chart.bars) == 60
    for bar, *values in zip(chart.bars, accepted, failed, strict=True):
        assert len(bar.boxes) == sum(value > 0 for value in values)
        assert all(0 <= box.y <= chart.height for box in bar.boxes)
    assert chart.is_empty is not any(accepted + failed)


@pytest.mark.parametrize("span", [HOUR, DAY])
def test_now_is_in_the_last_bar(span: object) -> None:
    """At any second."""
    assert span in (HOUR, DAY)
    for now in (NOW, NOW - NOW % 1800, NOW - NOW % 1800 - 0.001):
        first = HOUR.first_minute(now) if span is HOUR else DAY.first_minute(now)
        step, bars = (1, 60) if span is HOUR else (30, 48)
        assert (int(now // 60) - first) // step == bars - 1


def test_every_outcome_of_an_event_has_its_place_in_the_chart() -> None:
    """One that is added later must not be forgotten."""
    shown = Counter(outcome for _, _, outcomes in INCOMING for outcome in outcomes)

    assert shown == Counter(outcome.value for outcome in EventOutcome)


def test_counts_are_sorted_into_bars() -> None:
    """Those of a clock that was set back are left out; sums are those of the parts."""
    first = HOUR.first_minute(NOW)
    counts = [
        Count(first, "shop", "a.b", "mapped", 2),
        Count(first + 59, "shop", "a.c", "mapped", 3),
        Count(first + 59, "blog", "a.b", "mapped", 5),
        Count(first + 60, "shop", "a.b", "mapped", 7),
        Count(first - 1, "shop", "a.b", "mapped", 11),
    ]

    table = CountTable.of(counts, HOUR, first)

    assert (table.by_bar("mapped")[0], table.by_bar("mapped")[59]) == (2, 8)
    assert sum(table.at("shop").by_bar("mapped", "refused")) == 5
    assert sum(table.by_bar("mapped", action="a.b")) == 7
    assert table.by_bar("refused") == [0] * 60
