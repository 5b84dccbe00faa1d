"""Processes that do the same thing at the same moment, again and again: some faults show themselves only then."""

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack

import pytest

# All are forked from one process that has imported everything, and read and write pipes that they inherit.
_LOOP = """
import os, sys
descriptors = [*map(int, sys.argv[1:])]
for reading, writing in zip(descriptors[::2], descriptors[1::2]):
    if os.fork() == 0:
        for descriptor in {*descriptors} - {reading, writing}:
            os.close(descriptor)
        with open(reading) as arguments, open(writing, "w") as answers:
            for line in arguments:
                try:
                    answer = step(line.removesuffix("\\n"))
                except Exception as error:
                    answer = f"{type(error).__name__}: {error}"
                print(str(answer).replace("\\n", " "), file=answers, flush=True)
        os._exit(0)
"""


def in_lockstep(program: str, arguments: Iterable[str], processes: int = 4) -> Iterator[Sequence[str]]:
    """Call a function with each argument in several processes at once; yield what it returned, or its error, in each.

    :param program: defines the function ``step``, which takes one text.
    """
    if not hasattr(os, "fork"):
        pytest.skip("there is no fork here")
    with ExitStack() as stack:
        theirs: list[int] = []
        files = []
        for _ in range(processes):
            (reading, requests), (answers, writing) = os.pipe(), os.pipe()
            theirs += reading, writing
            files.append(
                (stack.enter_context(os.fdopen(requests, "w")), stack.enter_context(os.fdopen(answers)))
            )
        try:
            subprocess.run(
                [sys.executable, "-c", program + _LOOP, *map(str, theirs)], pass_fds=theirs, check=True
            )
        finally:
            for descriptor in theirs:
                os.close(descriptor)
        for argument in arguments:
            for requests_file, _ in files:
                print(argument, file=requests_file, flush=True)
            yield [answers_file.readline().removesuffix("\n") for _, answers_file in files]
