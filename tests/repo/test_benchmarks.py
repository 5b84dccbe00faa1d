"""The guard of speed: what it compares, and when it fails.  Nothing is measured here."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

NAMES = ["engine.engine_over_floor", "engine.page.engine_over_floor", "delivery.sdk_over_send"]
ratio_sets = st.dictionaries(st.sampled_from(NAMES), st.floats(0.01, 100))


@pytest.fixture(scope="module")
def figures() -> Iterator[ModuleType]:
    """The module, which is a script beside others."""
    folder = str(Path(__file__).parents[1] / "benchmarks")
    sys.path.insert(0, folder)
    import figures as module

    yield module
    sys.path.remove(folder)


def test_each_ratio_is_worse_in_its_own_direction(figures: ModuleType) -> None:
    """Twice the floor's time is worse; twice the time that another takes is better."""
    old = {"engine.engine_over_floor": 1.5, "delivery.sdk_over_send": 4.0, "gone_over_floor": 1.0}
    new = {"engine.engine_over_floor": 3.0, "delivery.sdk_over_send": 8.0, "new_over_floor": 1.0}

    assert {"engine.engine_over_floor": 2.0, "delivery.sdk_over_send": 0.5} == figures.times_worse(new, old)


@given(ratio_sets, ratio_sets)
def test_what_is_worse_one_way_is_better_the_other(
    figures: ModuleType, new: dict[str, float], old: dict[str, float]
) -> None:
    """By the same factor; and nothing is worse than itself."""
    back = figures.times_worse(old, new)

    assert {name: pytest.approx(1 / factor) for name, factor in back.items()} == figures.times_worse(new, old)
    assert set(figures.times_worse(new, new).values()) <= {1.0}


def test_ratios_are_found_wherever_a_benchmark_puts_them(figures: ModuleType) -> None:
    """Medians of what was measured several times, single values, and those of a page view below `page`."""
    measured = {
        "cpu": "x",
        "floor_us": {"median": 20.0, "low": 19.0, "high": 21.0},
        "engine_over_floor": 1.2,
        "quartiles": {"engine_over_floor": [1.1, 1.3]},
        "page": {"engine_over_floor": {"median": 2.0, "low": 1.9, "high": 2.1}, "floor_us": 4},
    }

    assert {"e.engine_over_floor": 1.2, "e.page.engine_over_floor": 2.0} == figures.ratios(measured, "e.")


def test_a_few_turns_count_with_their_median(figures: ModuleType) -> None:
    """One slow turn of three is the machine's."""
    turns = [{"a": 1.0}, {"a": 9.0, "b": 5.0}, {"a": 1.2}]

    assert {"a": 1.2, "b": 5.0} == figures.medians(turns)


@pytest.fixture
def guarded(figures: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The guard, with ratios that a test chooses, on a machine called `here` with Python 3.11.9."""
    monkeypatch.setattr(figures, "ROOT", tmp_path)
    monkeypatch.setattr(figures, "machine", lambda: {"cpu": "here", "python": "3.11.9"})

    def guard(new: float, before: float | None, history: list[Any]) -> int:
        values = {figures.FOLDER: new}
        monkeypatch.setattr(
            figures, "measure_ratios", lambda folder: {"engine.engine_over_floor": values.get(folder, before)}
        )
        status: int = figures.guard(history)
        return status

    return guard


def line(cpu: str, python: str, value: float) -> dict[str, Any]:
    return {
        "cpu": cpu,
        "python": python,
        "commit": "not-a-commit",
        "figures": {"engine": {"engine_over_floor": value}},
    }


@pytest.mark.parametrize(("new", "status"), [(1.0, 0), (1.5, 0), (1.51, 1)])
def test_a_ratio_may_be_half_worse_than_the_last_kept_one(
    guarded: Any, new: float, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of the same processor and Python, where the commit itself can't be had."""
    history = [line("here", "3.11.2", 9.0), line("here", "3.11.8", 1.0), line("here", "3.13.0", 0.1)]

    assert status == guarded(new, None, history)
    assert ("1.51 times worse than before; 1.5 is allowed" in capsys.readouterr().out) == bool(status)


@pytest.mark.parametrize("history", [[], [line("there", "3.11.9", 0.1)], [line("here", "3.12.9", 0.1)]])
def test_without_anything_to_compare_nothing_fails(guarded: Any, history: list[Any], tmp_path: Path) -> None:
    """Another processor's figures would say nothing; what was measured is kept even so."""
    assert 0 == guarded(5.0, None, history)
    kept = json.loads((tmp_path / ".figures.json").read_text())
    assert {"engine.engine_over_floor": 5.0} == kept["ratios"]
    assert {} == kept["before"]


def test_ratios_of_wall_clocks_are_only_printed(figures: ModuleType) -> None:
    """They say more about what else runs on the machine than about the code."""
    names = ["engine.engine_over_floor", "delivery.send_over_floor", "delivery.send_cpu_over_floor"]
    names += ["delivery.sdk_over_send_2", "delivery.sdk_over_send_2_cpu"]

    assert [True, False, True, False, True] == [figures.is_of_processor_time(name) for name in names]


def test_a_commit_that_can_be_had_is_measured_again(
    figures: ModuleType, guarded: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In turn with this one, on this machine; its kept figures, of another, don't matter."""
    from contextlib import nullcontext

    monkeypatch.setattr(figures, "old_tree", lambda last: nullcontext(Path("old")))

    assert 1 == guarded(3.0, 1.9, [line("there", "3.13.1", 9.0)])
    assert 0 == guarded(3.0, 2.1, [line("there", "3.13.1", 0.1)])


def test_a_commit_is_checked_out_and_removed_again(figures: ModuleType) -> None:
    """Beside this tree, whose files stay as they are."""
    if figures.commit() is None:
        pytest.skip("this is no git repository")
    with figures.old_tree({"commit": f"{figures.commit()}"}) as folder:
        assert (folder / "engine.py").exists()
    assert not folder.exists()
    with figures.old_tree({"commit": "0" * 40}) as folder:
        assert folder is None


def test_every_line_of_the_history_can_be_read(figures: ModuleType) -> None:
    """By the guard, and by whoever compares commits."""
    for kept in figures.read_history():
        assert {"time", "commit", "cpu", "python", "figures"} == kept.keys()
        assert figures.ratios(kept["figures"])


def test_a_report_has_a_column_for_each_run(figures: ModuleType) -> None:
    """Medians with their quartiles, by what was measured; a figure that a run lacks is left empty."""
    import report

    spread = {"median": 1234.5, "low": 1000.0, "high": 2000.0}
    first = {
        "engine": {"cpu": "A", "python": "3.11.2", "floor_us": spread, "page": {"engine_over_floor": 2.5}}
    }
    second = {"start": {"import": {"median": 35.5, "low": 30.0, "high": 40.0, "over_python": 2.5}}}
    lines = [
        {"cpu": "A", "python": "3.11.2", "figures": first},
        {"cpu": "A", "python": "3.13.0", "figures": second},
    ]

    assert [
        "| figure | A, 3.11.2 | A, 3.13.0 |",
        "| --- | --- | --- |",
        "| engine, floor us | 1,234 (1,000 to 2,000) |  |",
        "| engine, page, engine over floor | 2.5 |  |",
        "| start, import |  | 35.5 (30 to 40) |",
        "| start, import, over python |  | 2.5 |",
    ] == list(report.table(lines))
