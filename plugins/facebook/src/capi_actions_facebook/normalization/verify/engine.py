"""Run a browser's pixel script in V8, without a browser."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from importlib.resources import files
from typing import Any, Final, Self

from capi_actions import CapiError

_BROWSER: Final = (files(__package__) / "browser.js").read_text(encoding="utf-8")
_SECONDS: Final = 60
_GIGABYTES: Final = 2

_FRESH_AFTER: Final = 20_000
"""A script keeps every pixel it was ever told of: 4 kB each.  So it is started anew now and then."""


class PixelScriptError(CapiError):
    """The pixel script can't be asked: mini-racer is missing, or the script doesn't run."""


class PixelScript:
    """A pixel script, started in V8 (by mini-racer) in a page that reaches no network.

    Use it in a ``with`` statement: V8 must be closed before Python ends, or Python 3.13 never does.

    :ivar version: what the script calls its own version.
    """

    def __init__(self, source: str) -> None:
        """Start the script.

        :raises PixelScriptError: when mini-racer isn't installed, or the script fails or offers no ``fbq``.
        """
        try:
            import py_mini_racer
        except ImportError:
            raise PixelScriptError(
                "this needs V8: pip install './plugins/facebook[pixel-js]', in a clone of the repository"
            ) from None
        self._racer = py_mini_racer.MiniRacer
        # What runs too long ends in one or the other, as it happens.
        self._failures: tuple[type[Exception], ...] = (py_mini_racer.JSEvalException, CancelledError)
        self._source = source
        self._context = self._racer()
        try:
            self.version = self._start()
        except PixelScriptError:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop V8."""
        # Of a script that was stopped V8 tells twice, the second time too late if it is closed at once.
        with suppress(*self._failures):
            self._context.eval("0")
        self._context.close()

    def ask(self, users: Sequence[Mapping[str, Any]]) -> list[dict[str, str] | None]:
        """Say what the script would send of each user object after ``init`` and ``track``.

        :param users: what JSON can hold; lone surrogates may be in it.
        :returns: per user its ``ud`` values by key name (canonical and others), or None when the
            script sent no request at all.
        :raises PixelScriptError: when the script stops with an error or takes over a minute.
        """
        if self._asked >= _FRESH_AFTER:
            self.close()
            self._context = self._racer()
            self._start()
        self._asked += len(users)
        answers = json.loads(self._run(f"__ask({json.dumps(json.dumps(users))})"))
        return [None if pairs is None else dict(pairs) for pairs in answers]

    def _start(self) -> str:
        self._asked = 0
        self._run(_BROWSER)
        self._run(self._source)
        return self._run("__start()")

    def _run(self, code: str) -> str:
        try:
            return str(self._context.eval(code, timeout_sec=_SECONDS, max_memory=_GIGABYTES * 1024**3))
        except self._failures as error:
            # V8 puts whole lines of the script before its own sentence.
            said = [line for line in str(error).splitlines() if "Error:" in line]
            problem = said[-1].strip()[:200] if said else f"it took over {_SECONDS} s or {_GIGABYTES} GB"
            raise PixelScriptError(f"the pixel script doesn't run here: {problem}") from error
