"""Engine speed: event bytes in, item bytes out, against the hand-written floor in the same run.

Both make the same items, which is checked first.  Measured alternately, medians of many rounds, so
that a noisy machine disturbs both alike; processor time, so that waiting for it does not count.
`--json` prints one line for machines.
"""

import gc
import json
from collections.abc import Callable, Sequence
from functools import partial
from time import process_time, time
from typing import Any

from floor import floor_page, floor_purchase
from measurements import machine, medians, options
from sample import pages, purchases

import capi_actions_facebook.plugin
from capi_actions import Plugins, builtin
from capi_actions.codec import decode_event
from capi_actions.config import read_config
from capi_actions.pipeline.pipeline import Pipeline
from capi_actions_facebook.normalization.places import COUNTRIES, STATES

CONFIG = '[destinations.shop]\ntype = "facebook"\npixel_id = "1"\naccess_token = "unused"\n'
EVENTS, ROUNDS = 500, 60


def main() -> None:
    """Measure and print."""
    command = options(__doc__, ROUNDS)
    plugins = Plugins(builtin, capi_actions_facebook.plugin)
    pipeline = Pipeline.build(read_config(CONFIG, plugins), plugins)
    count = EVENTS * command.rounds
    floor = partial(floor_purchase, states=dict(STATES), countries=dict(COUNTRIES))
    purchase = measure(purchases(count), floor, pipeline)
    page = measure(pages(count), floor_page, pipeline)
    if command.json:
        print(json.dumps({**machine(), **purchase, "page": page}))
        return
    print(", ".join(machine().values()))
    print(f"{'event':<12}{'floor µs':>10}{'engine µs':>11}{'ratio':>8}{'its quartiles':>18}")
    for name, row in (("purchase", purchase), ("page", page)):
        low, high = row["quartiles"]["engine_over_floor"]
        print(
            f"{name:<12}{row['floor_us']:>10.2f}{row['engine_us']:>11.2f}{row['engine_over_floor']:>8.3f}"
            f"{f'{low:.3f} to {high:.3f}':>18}"
        )


def measure(lines: Sequence[bytes], floor: Callable[[bytes], bytes], pipeline: Pipeline) -> dict[str, Any]:
    """Time both on the same events, alternating, each first in every other round.

    :returns: medians and quartiles of the microseconds of an event, and of the ratios of the rounds.
    """
    now = time()

    def engine(line: bytes) -> bytes:
        (item,) = pipeline.process(decode_event(line), now)
        return item.body  # type: ignore[union-attr]  # a refusal has none and stops the measurement

    for line in lines[:50]:
        assert json.loads(engine(line)) == json.loads(floor(line)), line
    samples: dict[str, list[float]] = {"floor_us": [], "engine_us": []}
    gc.disable()
    works = [("floor_us", floor), ("engine_us", engine)]
    for start in range(0, len(lines), EVENTS):
        events = lines[start : start + EVENTS]
        for name, work in works:
            samples[name].append(_seconds(work, events) / EVENTS * 1e6)
        works.reverse()
    gc.enable()
    ratios = [ours / floors for ours, floors in zip(samples["engine_us"], samples["floor_us"], strict=True)]
    return medians({**samples, "engine_over_floor": ratios}, digits=3)


def _seconds(work: Callable[[bytes], Any], lines: Sequence[bytes]) -> float:
    start = process_time()
    for line in lines:
        work(line)
    return process_time() - start


if __name__ == "__main__":
    main()
