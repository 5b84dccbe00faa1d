"""Stacked bars over time, as the numbers that a template draws in SVG."""

from collections.abc import Mapping, Sequence
from math import floor, log10
from time import gmtime, strftime
from typing import Final

from attrs import field, frozen

WIDTH: Final = 720
HEIGHT: Final = 150
_GAP: Final = 0.25  # of a bar's width
_LABELS: Final = 6  # below the bars


@frozen(kw_only=True)
class Span:
    """A stretch of time that ends now.

    :ivar key: in addresses.
    :ivar minutes: of the whole span.
    :ivar step: minutes of one bar.
    """

    key: str
    label: str
    minutes: int
    step: int

    @property
    def bars(self) -> int:
        """How many bars a chart has."""
        return self.minutes // self.step

    def first_minute(self, now: float) -> int:
        """Return the minute at which the first bar begins; bars begin at whole steps of the clock."""
        return (int(now // 60) // self.step + 1) * self.step - self.minutes


HOUR: Final = Span(key="hour", label="last hour", minutes=60, step=1)
DAY: Final = Span(key="day", label="last 24 hours", minutes=24 * 60, step=30)
SPANS: Final = {span.key: span for span in (HOUR, DAY)}


@frozen(kw_only=True)
class Series:
    """One colour of a chart.

    :ivar key: the CSS class.
    :ivar total: of all bars.
    """

    key: str
    label: str
    values: Sequence[int]

    @property
    def total(self) -> int:
        """The sum over all bars."""
        return sum(self.values)


@frozen(kw_only=True)
class Box:
    """A rectangle of a bar."""

    key: str
    x: float
    y: float
    width: float
    height: float


@frozen(kw_only=True)
class Bar:
    """A bar.

    :ivar title: what it says when one points at it.
    """

    x: float
    width: float
    title: str
    boxes: Sequence[Box]


@frozen(kw_only=True)
class Chart:
    """All that a template needs to draw a chart.

    :ivar ticks: heights with their numbers; :ivar labels: places below the bars with their times.
    """

    title: str
    series: Sequence[Series]
    bars: Sequence[Bar]
    ticks: Sequence[tuple[float, str]]
    labels: Sequence[tuple[float, str]]
    width: int = WIDTH
    height: int = HEIGHT
    is_empty: bool = field(default=False)


def make_chart(title: str, span: Span, first_minute: int, series: Sequence[Series]) -> Chart:
    """Return a chart of series that have as many values as the span has bars."""
    totals = [sum(values) for values in zip(*(layer.values for layer in series), strict=True)]
    top = nice_top(max(totals, default=0))
    step = WIDTH / span.bars
    bars = [
        Bar(
            x=round(index * step, 2),
            width=round(step, 2),
            title=_bar_title(
                first_minute + index * span.step, span, {layer.label: layer.values[index] for layer in series}
            ),
            boxes=list(_boxes(index, step, top, series)),
        )
        for index in range(span.bars)
    ]
    every = span.bars // _LABELS
    return Chart(
        title=title,
        series=series,
        bars=bars,
        ticks=[(0.0, short(top)), (HEIGHT / 2, short(top // 2))],
        labels=[
            (round(index * step, 2), clock(first_minute + index * span.step))
            for index in range(0, span.bars, every)
        ],
        is_empty=not any(totals),
    )


def sparkline(values: Sequence[int]) -> str:
    """Return the outline of a small chart as the path of an SVG that is as wide as there are values, and 20 high.

    >>> sparkline([0, 5, 10])
    'M0,20V20H1V10H2V0H3V20Z'
    """
    top = max(values, default=0) or 1
    steps = (f"V{round(20 - 20 * value / top, 1):g}H{index}" for index, value in enumerate(values, 1))
    return f"M0,20{''.join(steps)}V20Z"


def nice_top(value: int) -> int:
    """Return the number at a chart's top: even, easy to read, and not below a value.

    >>> [nice_top(value) for value in (0, 1, 3, 7, 41, 1_130)]
    [2, 2, 4, 8, 60, 1200]
    """
    power: int = 10 ** floor(log10(max(value, 1)))
    tops = (power * tenths // 10 for tenths in (10, 12, 16, 20, 30, 40, 60, 80, 100))
    return next(top for top in tops if top >= value and top % 2 == 0)


def short(value: int) -> str:
    """Return a number that fits beside a chart.

    >>> [short(value) for value in (0, 1_200, 9_999, 30_000, 1_500_000, 40_000_000_000)]
    ['0', '1,200', '9,999', '30k', '1.5M', '40G']
    """
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (1_000, "k")):
        if value >= max(size, 10_000):
            return f"{value / size:g}{unit}"
    return f"{value:,}"


def clock(minute: int) -> str:
    """Return the time of day of a minute since 1970, in UTC."""
    return strftime("%H:%M", gmtime(minute * 60))


def _boxes(index: int, step: float, top: int, series: Sequence[Series]) -> "Sequence[Box]":
    boxes, y = [], float(HEIGHT)
    for layer in series:
        if value := layer.values[index]:
            height = max(1.0, value / top * HEIGHT)
            y -= height
            boxes.append(
                Box(
                    key=layer.key,
                    x=round(index * step + step * _GAP / 2, 2),
                    y=round(max(0.0, y), 2),
                    width=round(step * (1 - _GAP), 2),
                    height=round(height, 2),
                )
            )
    return boxes


def _bar_title(minute: int, span: Span, values: Mapping[str, int]) -> str:
    until = "" if span.step == 1 else f"–{clock(minute + span.step)}"
    numbers = ", ".join(f"{label.lower()} {value:,}" for label, value in values.items() if value)
    return f"{clock(minute)}{until} UTC: {numbers or 'nothing'}"
