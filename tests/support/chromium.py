"""A real browser for tests: Debian's Chromium without a window, driven through a pipe.

The DevTools protocol over ``--remote-debugging-pipe`` is JSON ended by a null byte, so that no library is needed:
https://chromedevtools.github.io/devtools-protocol/.
"""

import base64
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

COMMANDS = ("chromium", "chromium-browser", "google-chrome")
PATIENCE = 120.0  # seconds; a busy machine takes long


def find_chromium() -> str | None:
    """Return the browser's path, or None if there is none on this machine."""
    return next((path for name in COMMANDS if (path := shutil.which(name))), None)


class BrowserError(RuntimeError):
    """The browser couldn't do what it was asked, or has ended."""


class Connection:
    """Sends commands of the DevTools protocol, and keeps the events that arrive in between."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        self._buffer = b""
        self._number = 0
        self.events: list[dict[str, Any]] = []

    def call(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result.

        :raises BrowserError: when the browser refuses it or ends.
        """
        self._number += 1
        number = self._number
        message: dict[str, Any] = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        os.write(self._writing, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == number:
                if "error" in answer:
                    raise BrowserError(f"{method}: {answer['error']['message']}")
                result: dict[str, Any] = answer["result"]
                return result
            self.events.append(answer)

    def read(self) -> dict[str, Any]:
        """Return the next message."""
        while b"\0" not in self._buffer:
            received = os.read(self._reading, 1 << 20)
            if not received:
                raise BrowserError("the browser has ended")
            self._buffer += received
        message, _, self._buffer = self._buffer.partition(b"\0")
        value: dict[str, Any] = json.loads(message)
        return value


class Page:
    """A tab."""

    def __init__(self, connection: Connection, session: str) -> None:
        self._connection, self._session = connection, session
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Send a command of the DevTools protocol to this tab."""
        return self._connection.call(method, self._session, **parameters)

    def open(self, url: str) -> None:
        """Go to an address, and wait until the page is loaded."""
        self.take_events("Page.loadEventFired")
        answer = self.call("Page.navigate", url=url)
        if "errorText" in answer:
            raise BrowserError(f"{url}: {answer['errorText']}")
        end = time.monotonic() + PATIENCE
        while not self.take_events("Page.loadEventFired"):
            if time.monotonic() > end:
                raise BrowserError(f"{url} takes too long")
            time.sleep(0.02)

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression of JavaScript; a promise is waited for.

        :raises BrowserError: when it throws.
        """
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            details = result["exceptionDetails"]
            raise BrowserError(details.get("exception", {}).get("description") or details["text"])
        return result["result"].get("value")

    def wait_for(self, expression: str) -> Any:
        """Return the value of an expression as soon as it is true.

        :raises BrowserError: when it takes too long.
        """
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if value := self.evaluate(expression):
                    return value
            except BrowserError as error:
                # The page is being replaced by the next one.
                if not any(word in str(error) for word in ("context", "navigated", "closed")):
                    raise
            time.sleep(0.05)
        raise BrowserError(f"never true: {expression}")

    def show(self, width: int, height: int = 900, *, dark: bool = False, phone: bool = False) -> None:
        """Choose the size of the view and its colours."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=phone,
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def screenshot(self, path: Path, *, whole: bool = True) -> bytes:
        """Write a picture of the page, and return it.

        :param whole: all of the page, not only the part in view.
        """
        data = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        picture = base64.b64decode(data)
        path.write_bytes(picture)
        return picture

    def take_events(self, method: str) -> list[dict[str, Any]]:
        """Return the events of a kind that have arrived, such as ``Log.entryAdded``, and forget them."""
        self.call("Page.getFrameTree")  # what the browser has sent before arrives first
        taken = [event["params"] for event in self._connection.events if event.get("method") == method]
        self._connection.events = [
            event for event in self._connection.events if event.get("method") != method
        ]
        return taken


@contextmanager
def chromium() -> Iterator[Page]:
    """Start the browser with one tab, and end it.

    It resolves names below ``.localhost`` alone, so that no page reaches another machine.
    """
    command = find_chromium()
    if command is None:
        raise BrowserError("there is no Chromium on this machine: apt-get install chromium")
    to_browser, from_us = os.pipe()
    to_us, from_browser = os.pipe()

    def set_up() -> None:
        # Through higher numbers: one of these may be 3 or 4 already.
        reading, writing = os.dup(to_browser), os.dup(from_browser)
        reading, writing = os.dup2(reading, 100), os.dup2(writing, 101)
        os.dup2(reading, 3)
        os.dup2(writing, 4)

    with tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [
                command,
                *("--headless=new", "--remote-debugging-pipe", f"--user-data-dir={profile}"),
                *("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars"),
                *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
                *("--disable-sync", "--disable-extensions", "--disable-default-apps", "--mute-audio"),
                "--host-resolver-rules=MAP *.localhost 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
            ],
            close_fds=False,
            preexec_fn=set_up,  # the browser expects its pipe at these two numbers
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        connection = Connection(to_us, from_us)
        try:
            target = connection.call("Target.createTarget", url="about:blank")["targetId"]
            session = connection.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            yield Page(connection, session)
            connection.call("Browser.close")
        finally:
            os.close(from_us)
            os.close(to_us)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
