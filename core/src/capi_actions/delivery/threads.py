"""Run jobs at the same time and end together."""

import threading
from collections.abc import Callable, Sequence

_LOOK = 0.2  # seconds: a signal that another thread receives doesn't wake the one that waits


def run_all(jobs: Sequence[tuple[str, Callable[[], None]]], halt: threading.Event) -> None:
    """Do named jobs, each in a thread of its own: an interrupt of this one then cuts no request in two.

    :param halt: set when one job fails or the caller is interrupted: the others should then end.
    :raises BaseException: the first error of a job, after all have ended.
    """
    errors: list[BaseException] = []

    def guarded(job: Callable[[], None], ended: threading.Event) -> None:
        try:
            job()
        except BaseException as error:  # noqa: BLE001  raised again below, in the caller's thread
            errors.append(error)
            halt.set()
        finally:
            ended.set()

    # Not Thread.join: interrupted in it, Python before 3.13 takes a running thread for ended (gh-90882).
    ends: list[threading.Event] = []
    try:
        for name, job in jobs:
            ended = threading.Event()
            threading.Thread(target=guarded, args=(job, ended), name=name).start()
            ends.append(ended)
        _wait_for(ends)
    except BaseException:  # such as KeyboardInterrupt: requests under way are finished first
        halt.set()
        _wait_for(ends)
        raise
    if errors:
        raise errors[0]


def _wait_for(ends: Sequence[threading.Event]) -> None:
    for ended in ends:
        while not ended.wait(_LOOK):
            pass
