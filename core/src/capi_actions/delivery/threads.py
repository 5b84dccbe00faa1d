"""Run jobs at the same time and end together."""

import threading
from collections.abc import Callable, Sequence

_LOOK = 0.2  # seconds: a signal that another thread receives does not end a join


def run_all(jobs: Sequence[tuple[str, Callable[[], None]]], halt: threading.Event) -> None:
    """Do named jobs, each in a thread of its own, or a single one in this thread.

    :param halt: set when one job fails or the caller is interrupted: the others should then end.
    :raises BaseException: the first error of a job, after all have ended.
    """
    if len(jobs) == 1:
        jobs[0][1]()
        return
    errors: list[BaseException] = []

    def guarded(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:  # noqa: BLE001  raised again below, in the caller's thread
            errors.append(error)
            halt.set()

    threads = [threading.Thread(target=guarded, args=(job,), name=name) for name, job in jobs]
    for thread in threads:
        thread.start()
    try:
        _wait_for(threads)
    except BaseException:  # such as KeyboardInterrupt: requests under way are finished first
        halt.set()
        _wait_for(threads)
        raise
    if errors:
        raise errors[0]


def _wait_for(threads: Sequence[threading.Thread]) -> None:
    for thread in threads:
        while thread.is_alive():
            thread.join(_LOOK)
