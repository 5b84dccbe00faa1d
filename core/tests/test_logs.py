"""Whatever is logged, by whomever: one line of each kind, no error for who logs it, and no memory without end."""

import gc
import logging
import weakref
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from capi_actions import logs
from capi_actions.cli.console import log_to_stderr
from capi_actions.logs import RateLimit, UnconfiguredHandler


class Unprintable:
    """An object that can neither be hashed, compared nor written."""

    def fail(self, *arguments: object) -> NoReturn:
        raise ValueError

    __hash__ = fail
    __eq__ = __str__ = __repr__ = fail


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.builds(object)
    | st.builds(ValueError, st.text(max_size=5))
    | st.builds(Unprintable),
    lambda members: (
        st.lists(members, max_size=2)
        | st.dictionaries(st.text(max_size=3), members, max_size=2)
        | st.tuples(members)
        | st.sets(st.integers(), max_size=2)
    ),
    max_leaves=4,
)
ATTRIBUTES = st.dictionaries(
    st.sampled_from(["destination", "verdict", "code", "subcode", "brief", "suppressed"]), VALUES, max_size=3
)


@pytest.fixture
def logger() -> Iterator[logging.Logger]:
    """A logger whose records only one of our handlers gets."""
    logger = logging.Logger("elsewhere")
    yield logger
    logger.handlers.clear()


@pytest.fixture
def make_handler(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], logging.Handler]:
    """Return the handler of programs, or that of ``capi``, which has a filter unless it is verbose."""

    def make(kind: str) -> logging.Handler:
        if kind == "program":
            monkeypatch.setattr(logs, "has_other_handler", lambda name, own: False)
            return UnconfiguredHandler()
        with log_to_stderr(verbose=kind == "verbose"):
            return logging.getLogger("capi_actions").handlers[-1]

    return make


@pytest.mark.parametrize(("kind", "lines"), [("program", 1), ("capi", 1), ("verbose", 3)])
@given(
    message=st.sampled_from(["%s", "%s %s", "%d", "bad", "%(a)s", "100 %"]) | VALUES,
    arguments=st.lists(VALUES, max_size=2),
    attributes=ATTRIBUTES,
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_logged_is_one_line_and_no_error(
    logger: logging.Logger,
    make_handler: Any,
    capsys: pytest.CaptureFixture[str],
    kind: str,
    lines: int,
    message: Any,
    arguments: list[Any],
    attributes: dict[str, Any],
) -> None:
    """An error would come out of the call that logs, in the middle of a plugin's or a program's own work."""
    logger.handlers[:] = [make_handler(kind)]
    capsys.readouterr()
    for _ in range(3):
        logger.error(message, *arguments, extra=attributes)

    assert lines == capsys.readouterr().err.count("\n")


@pytest.mark.parametrize("kind", ["program", "capi"])
def test_an_error_as_argument_counts_by_its_text_and_is_not_kept(
    logger: logging.Logger, make_handler: Any, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    """An object for each try would be a line for each try, and would keep all that the failed call had."""

    class FullError(Exception):
        """One that a weak reference can lead to."""

    logger.addHandler(make_handler(kind))
    references = []
    for text in ("no room", "no room", "no file"):
        error = FullError(text)
        references.append(weakref.ref(error))
        logger.error("events can't be stored: %s", error)
    del error
    gc.collect()

    assert ["no room", "no file"] == [line[-7:] for line in capsys.readouterr().err.splitlines()]
    assert [None] * 3 == [reference() for reference in references]


def test_kinds_are_forgotten_after_the_newest_thousand() -> None:
    """Names may come from outside; the one that was seen last is held back all the same."""
    limit = RateLimit(3600.0)

    def admit(number: int) -> int | None:
        name = f"{number}{'x' * 10_000}"
        return limit.admit(logging.LogRecord("x", logging.ERROR, "", 0, "%s", (name,), None))

    assert [0] * 3000 == [admit(number) for number in range(3000)]
    assert [None, None, 0] == [admit(number) for number in (2999, 2000, 1999)]
    assert all(len(part) <= 200 for kind in limit._kinds for part in kind)


def test_what_was_held_back_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next line of the kind says how many there were."""
    now = [0.0]
    monkeypatch.setattr(logs, "monotonic", lambda: now[0])
    limit = RateLimit(60.0)
    record = logging.LogRecord("x", logging.ERROR, "", 0, "bad", None, None)
    admitted = []
    for now[0] in (0.0, 1.0, 59.9, 60.0, 60.5, 120.0):
        admitted.append(limit.admit(record))

    assert [0, None, None, 2, None, 1] == admitted
