"""Engine speed: event bytes in, item bytes out, against the hand-written floor in the same run.

Both make the same items, which is checked first.  Measured alternately, medians of many rounds, so
that a noisy machine disturbs both alike; processor time, so that waiting for it does not count.
`--json` prints one line for machines.
"""

import argparse
import gc
import json
import statistics
from collections.abc import Callable, Sequence
from functools import partial
from time import process_time, time
from typing import Any

from floor import floor_page, floor_purchase
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON line for machines")
    options = parser.parse_args()
    plugins = Plugins(builtin, capi_actions_facebook.plugin)
    pipeline = Pipeline.build(read_config(CONFIG, plugins), plugins)
    purchase = measure(
        purchases(EVENTS * ROUNDS),
        partial(floor_purchase, states=dict(STATES), countries=dict(COUNTRIES)),
        pipeline,
    )
    page = measure(pages(EVENTS * ROUNDS), floor_page, pipeline)
    result = {**purchase, "page": page}
    if options.json:
        print(json.dumps(result))
        return
    print(f"{'event':<12}{'floor µs':>10}{'engine µs':>11}{'ratio':>8}")
    for name, row in (("purchase", purchase), ("page", page)):
        print(f"{name:<12}{row['floor_us']:>10}{row['engine_us']:>11}{row['engine_over_floor']:>8}")


def measure(lines: Sequence[bytes], floor: Callable[[bytes], bytes], pipeline: Pipeline) -> dict[str, float]:
    """Time both on the same events, alternating, each first in every other round."""
    now = time()

    def engine(line: bytes) -> bytes:
        (item,) = pipeline.process(decode_event(line), now)
        return item.body  # type: ignore[union-attr]  # a refusal has none and stops the measurement

    for line in lines[:50]:
        assert json.loads(engine(line)) == json.loads(floor(line)), line
    rounds: dict[str, list[float]] = {"floor": [], "engine": []}
    gc.disable()
    works = [("floor", floor), ("engine", engine)]
    for number in range(ROUNDS):
        events = lines[number * EVENTS : (number + 1) * EVENTS]
        for name, work in works:
            rounds[name].append(_seconds(work, events) / EVENTS * 1e6)
        works.reverse()
    gc.enable()
    floor_us, engine_us = (statistics.median(rounds[name]) for name in ("floor", "engine"))
    return {
        "floor_us": round(floor_us, 2),
        "engine_us": round(engine_us, 2),
        "engine_over_floor": round(engine_us / floor_us, 3),
    }


def _seconds(work: Callable[[bytes], Any], lines: Sequence[bytes]) -> float:
    start = process_time()
    for line in lines:
        work(line)
    return process_time() - start


if __name__ == "__main__":
    main()
