"""Run a browser's pixel script in V8, without a browser."""

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from importlib.resources import files
from typing import Any, Final, Self

from capi_actions import CapiError

_BROWSER: Final = (files(__package__) / "browser.js").read_text(encoding="utf-8")
_TIMEOUT: Final = 60  # seconds
_MEMORY: Final = 2  # GB

_RESTART_AFTER: Final = 20_000
"""User objects after which the script is restarted: it keeps every pixel, and 4 kB for each."""


class PixelScriptError(CapiError):
    """The pixel script can't be used: mini-racer is missing, or the script doesn't run."""


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
        # A script that runs too long ends in one or the other.
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
        # V8 reports a stopped script twice; closed at once, the second report would come too late.
        with suppress(*self._failures):
            self._context.eval("0")
        self._context.close()

    def user_data(self, users: Sequence[Mapping[str, Any]]) -> list[dict[str, str] | None]:
        """Return what the script would send of each user object after ``init`` and ``track``.

        :param users: what JSON can hold; lone surrogates may be in it.
        :returns: for each user its ``ud`` values by key name (canonical and others), or None when the
            script sent no request at all.
        :raises PixelScriptError: when the script stops with an error or takes over a minute.
        """
        if self._seen >= _RESTART_AFTER:
            self.close()
            self._context = self._racer()
            self._start()
        self._seen += len(users)
        sent = json.loads(self._run(f"__userData({json.dumps(json.dumps(users))})"))
        return [None if pairs is None else dict(pairs) for pairs in sent]

    def _start(self) -> str:
        self._seen = 0
        self._run(_BROWSER)
        self._run(self._source)
        return self._run("__start()")

    def _run(self, code: str) -> str:
        try:
            return str(self._context.eval(code, timeout_sec=_TIMEOUT, max_memory=_MEMORY * 1024**3))
        except self._failures as error:
            # V8 puts whole lines of the script before its own message.
            messages = [line for line in str(error).splitlines() if "Error:" in line]
            limits = f"it took over {_TIMEOUT} s or {_MEMORY} GB"
            problem = messages[-1].strip()[:200] if messages else limits
            raise PixelScriptError(f"the pixel script doesn't run here: {problem}") from error
