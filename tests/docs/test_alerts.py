"""The alert rules of the metrics page fire on the first failure: whether the series was 0 before, or absent.

`promtool` judges, where it is installed.  Elsewhere, and always, a small evaluator of those parts of PromQL that the
rules use does: https://prometheus.io/docs/prometheus/latest/querying/basics/ and …/operators/ (read 2026-11-30).
"""

import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

PAGE = "docs/how-to/metrics.md"
MINUTE, HOUR = 60, 3600
LOOKBACK = 5 * MINUTE

Labels = frozenset[tuple[str, str]]
Samples = Sequence[float | None]
Vector = dict[Labels, float]

REFUSED = 'capi_events_total{destination="shop",outcome="refused"}'
UNMATCHED = 'capi_events_total{destination="",outcome="unmatched"}'
HELD_BACK = 'capi_events_total{destination="shop",outcome="held_back"}'
DEAD = 'capi_outbox_items{destination="shop",state="dead"}'
PAUSED = 'capi_paused{destination="shop"}'


@pytest.fixture(scope="module")
def rules(page: Callable[[str], list[Any]]) -> dict[str, str]:
    """The page's expressions by the names of their alerts."""
    (text,) = (block.text for block in page(PAGE) if block.language == "yaml")
    alerts = re.findall(r"- alert: (\w+)\n +expr: (?:>\n)?(.*?)\n +annotations", text, re.DOTALL)
    return {name: " ".join(expression.split()) for name, expression in alerts}


FIRST_ONES = [
    ("DestinationPaused", PAUSED),
    ("NewDeadLetters", DEAD),
    ("EventsRefused", REFUSED),
    ("EventsUnmatched", UNMATCHED),
    ("EventsHeldBack", HELD_BACK),
]


@pytest.mark.parametrize(("alert", "series"), FIRST_ONES)
@pytest.mark.parametrize("before", [0.0, None], ids=["zero before", "absent before"])
def test_the_first_one_fires(rules: Mapping[str, str], alert: str, series: str, before: float | None) -> None:
    """A counter that appears as 1 has no increase: an alert on that alone would sleep through the first failure."""
    samples = [before] * 180 + [1.0] * 30

    assert Evaluator({series: samples}).fires(rules[alert], 179 * MINUTE) is False
    assert Evaluator({series: samples}).fires(rules[alert], 182 * MINUTE) is True


@pytest.mark.parametrize(("alert", "series"), FIRST_ONES[1:])
def test_an_old_one_does_not_fire_again(rules: Mapping[str, str], alert: str, series: str) -> None:
    """What a person has seen must not ring for ever; a further one must."""
    samples = [0.0] * 10 + [1.0] * 180

    assert Evaluator({series: samples}).fires(rules[alert], 180 * MINUTE) is False
    assert Evaluator({series: [*samples, 2.0, 2.0]}).fires(rules[alert], 191 * MINUTE) is True


def test_increase_alone_would_miss_the_first_one() -> None:
    """So the evaluator can say no: with the rule that the page had, the failure is not seen."""
    samples = {REFUSED: [None] * 180 + [1.0] * 30}

    assert not Evaluator(samples).fires(
        'increase(capi_events_total{outcome="refused"}[1h]) > 0', 190 * MINUTE
    )


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool isn't installed")
def test_promtool_agrees(page: Callable[[str], list[Any]], tmp_path: Path) -> None:
    """The judge is Prometheus itself: its rules parse, and fire when the evaluator says so."""
    (text,) = (block.text for block in page(PAGE) if block.language == "yaml")
    (tmp_path / "rules.yml").write_text(text, encoding="utf-8")
    cases = []
    for alert, series in FIRST_ONES:
        summary = re.search(rf"alert: {alert}\n.*?summary: \"(.*?)\"", text, re.DOTALL)
        assert summary
        labels = dict(re.findall(r'(\w+)="(\w+)"', series))
        words = summary[1].replace("{{ $labels.destination }}", labels.get("destination", ""))
        expected = {"exp_labels": labels, "exp_annotations": {"summary": words}}
        cases += [
            {
                "interval": "1m",
                "input_series": [{"series": series, "values": f"{before} 1x30"}],
                "alert_rule_test": [
                    {"eval_time": "179m", "alertname": alert, "exp_alerts": []},
                    {"eval_time": "182m", "alertname": alert, "exp_alerts": [expected]},
                ],
            }
            for before in ("0x179", "_x180")
        ]
    document = {"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": cases}
    (tmp_path / "tests.yml").write_text(json.dumps(document), encoding="utf-8")
    for arguments in (["check", "rules", "rules.yml"], ["test", "rules", "tests.yml"]):
        result = subprocess.run(
            ["promtool", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert result.returncode == 0, result.stdout + result.stderr


class Evaluator:
    """Evaluates an expression over series that are scraped once a minute; None is a scrape without the series."""

    def __init__(self, series: Mapping[str, Samples]) -> None:
        self._series = {}
        for name, samples in series.items():
            metric, _, labels = name.partition("{")
            key = metric, frozenset(re.findall(r'(\w+)="([^"]*)"', labels))
            self._series[key] = [
                (index * MINUTE, sample) for index, sample in enumerate(samples) if sample is not None
            ]
        self._tokens: list[str] = []
        self._now = 0

    def fires(self, expression: str, now: int) -> bool:
        """Return whether the expression has any result at a time, in seconds since the first scrape."""
        pattern = r"\w+\{[^}]*\}|\w+\[\w+\]|\[\w+\]|[A-Za-z_]\w*|[\d.]+\w?|[()>*]|=="
        self._tokens, self._now = re.findall(pattern, expression), now
        result = self._either()
        assert not self._tokens, self._tokens
        assert isinstance(result, dict)
        return bool(result)

    def _either(self) -> Vector | float:
        left = self._without()
        while self._take("or"):
            right = self._without()
            assert isinstance(left, dict)
            assert isinstance(right, dict)
            left = {**right, **left}
        return left

    def _without(self) -> Vector | float:
        left = self._compared()
        while self._take("unless"):
            right = self._compared()
            assert isinstance(left, dict)
            assert isinstance(right, dict)
            left = {labels: value for labels, value in left.items() if labels not in right}
        return left

    def _compared(self) -> Vector | float:
        left = self._product()
        for sign, holds in ((">", float.__gt__), ("==", float.__eq__)):
            if self._take(sign):
                right = self._product()
                assert isinstance(left, dict)
                return {labels: value for labels, value, other in _pairs(left, right) if holds(value, other)}
        return left

    def _product(self) -> Vector | float:
        left = self._atom()
        while self._take("*"):
            right = self._atom()
            if isinstance(left, dict):
                left = {labels: value * other for labels, value, other in _pairs(left, right)}
            else:
                assert isinstance(right, float)
                left *= right
        return left

    def _atom(self) -> Vector | float:
        token = self._tokens.pop(0)
        if token == "(":
            result = self._either()
            assert self._take(")")
            return result
        if re.fullmatch(r"[\d.]+", token):
            return float(token)
        if token == "increase":
            assert self._take("(")
            selector = self._tokens.pop(0)
            assert self._tokens.pop(0) == "[1h]"
            assert self._take(")")
            return dict(self._increases(selector))
        offset = 0
        if self._take("offset"):
            assert self._tokens.pop(0) == "1h"
            offset = HOUR
        at = self._now - offset
        return {
            labels: [value for time, value in samples if at - LOOKBACK < time <= at][-1]
            for labels, samples in self._select(token)
            if any(at - LOOKBACK < time <= at for time, _ in samples)
        }

    def _increases(self, selector: str) -> Iterator[tuple[Labels, float]]:
        """Return the growth between the samples of the last hour; a lower one is a restart from 0."""
        for labels, samples in self._select(selector):
            window = [value for time, value in samples if self._now - HOUR < time <= self._now]
            if len(window) > 1:
                yield labels, sum(new - old if new >= old else new for old, new in pairwise(window))

    def _select(self, selector: str) -> Iterator[tuple[Labels, list[tuple[int, float]]]]:
        metric, _, matchers = selector.partition("{")
        for (name, labels), samples in self._series.items():
            values = dict(labels)
            fits = all(
                re.fullmatch(text if sign == "=~" else re.escape(text), values.get(label, ""))
                for label, sign, text in re.findall(r'(\w+)(=~|=)"([^"]*)"', matchers)
            )
            if name == metric and fits:
                yield labels, samples

    def _take(self, token: str) -> bool:
        if self._tokens and self._tokens[0] == token:
            del self._tokens[0]
            return True
        return False


def _pairs(left: Vector, right: Vector | float) -> Iterator[tuple[Labels, float, float]]:
    """Match two sides by their labels."""
    for labels, value in left.items():
        if isinstance(right, float):
            yield labels, value, right
        elif labels in right:
            yield labels, value, right[labels]
