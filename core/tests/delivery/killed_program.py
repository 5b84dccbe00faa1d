"""A program that accepts and delivers until the test kills it.

Arguments: the outbox's path, a file for the ids of accepted items, the platform's URL, a name for this run.
"""

import json
import os
import sys
import threading
import time
from random import Random
from typing import Any

from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.builtin.transport.urllib3 import Urllib3Transport
from capi_actions.delivery import Deliverer, Options
from capi_actions.model import Batch, Destination, Item, Judgement, Request, Response, Verdict

OPTIONS = Options(workers=2, lease=1.0, initial_wait=0.02, max_wait=0.1, linger=0.0, poll_interval=0.01)
_BACKLOG = 200
_VERDICTS = {200: Verdict.DONE, 400: Verdict.SPLIT}


class Simple(Destination):
    """A platform that judges by status: 200 took all, 400 refuses for an item's sake, else later."""

    name = "simple"
    settings_type = str
    profile = "none"
    max_items = 20

    def prepare(self, data: Any, group: Any, content_id: Any) -> Any:
        raise NotImplementedError

    def check(self, data: Any, now: float) -> Any:
        raise NotImplementedError

    def envelope(self, batch: Batch) -> Request:
        return Request(
            method="POST",
            url=self.settings,
            headers={},
            body=b"[" + b",".join(batch.bodies) + b"]",
            timeout=2.0,
        )

    def judge(self, response: Response) -> Judgement:
        return Judgement(
            verdict=_VERDICTS.get(response.status, Verdict.LATER), reason=f"Status {response.status}."
        )


def main(path: str, accepted: str, url: str, name: str) -> None:
    """Put items and deliver them until killed."""
    random = Random(name)
    log = os.open(accepted, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    outbox = SqliteOutbox(path)
    deliverer = Deliverer(outbox, {"shop": Simple(url)}, Urllib3Transport(), options=OPTIONS)
    threading.Thread(target=deliverer.forever, args=(threading.Event(),), daemon=True).start()
    print("alive", flush=True)
    for batch in range(10**9):
        ids = [f"{name}-{batch}-{number}" for number in range(random.randint(1, 15))]
        outbox.put(
            [
                Item(
                    destination="shop",
                    action="simple.ping",
                    message_id=None,
                    event_id=event_id,
                    event_time=1_800_000_000,
                    deadline=4_000_000_000,
                    group="",
                    body=json.dumps({"id": event_id, "noise": random.random()}).encode(),
                )
                for event_id in ids
            ]
        )
        os.write(log, "".join(f"{event_id}\n" for event_id in ids).encode())
        deliverer.wake()
        while outbox.ready("shop", _BACKLOG, time.time()) == _BACKLOG:  # else the test takes long to drain it
            time.sleep(0.001)


if __name__ == "__main__":
    main(*sys.argv[1:])
