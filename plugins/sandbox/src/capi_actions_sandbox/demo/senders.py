"""Send the samples over HTTP: with Segment's Python SDK if it is installed, else in its form."""

import json
import re
import urllib.request
from base64 import b64encode
from collections.abc import Callable, Sequence
from copy import deepcopy
from datetime import UTC, datetime
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from capi_actions import ConfigError, JsonObject

SDK = "segment-analytics-python"
SECONDS = 60.0  # that an answer may take on a busy machine
_NO_PROXY = {"no_proxy": "127.0.0.1"}  # the server is on this machine, whatever proxies its environment names

Send = Callable[[str, str, Sequence[JsonObject]], None]
"""Takes the server's address, a write key and the events."""


def choose_sender() -> tuple[Send, str]:
    """Return a function that sends events, and a sentence that says what it sends them with."""
    if (client_type := _client_type()) is not None:

        def send(url: str, key: str, events: Sequence[JsonObject]) -> None:
            send_with_sdk(client_type, url, key, events)

        version = import_module("segment.analytics.version").VERSION
        return (
            send,
            f"{SDK} {version}, Segment's own SDK, sent the events; only its host and write key were set.",
        )
    return send_batch, (
        f"{SDK} isn't installed, so the events went as one request of the kind that it sends. To send with the SDK"
        " itself: pip install './plugins/server[demo]', in a clone of the repository"
    )


def _client_type() -> Any:
    """Return the SDK's class, or None if it isn't installed."""
    try:
        if find_spec("segment.analytics.client") is None:
            return None
    except ModuleNotFoundError:  # not even the package `segment`
        return None
    return import_module("segment.analytics.client").Client


def send_with_sdk(client_type: Any, url: str, key: str, events: Sequence[JsonObject]) -> None:
    """Call the SDK's method for each event, as a shop's program does, and wait until it has sent them all.

    :raises ConfigError: when it could not.
    """
    errors: list[Exception] = []
    client = client_type(
        key, host=url, on_error=lambda error, _: errors.append(error), timeout=SECONDS, proxies=_NO_PROXY
    )
    for event in events:
        arguments = {_snake_case(name): value for name, value in deepcopy(event).items() if name != "type"}
        arguments["timestamp"] = datetime.fromisoformat(arguments["timestamp"])
        getattr(client, event["type"])(**arguments)
    client.shutdown()
    if errors:
        raise ConfigError.of(f"{SDK} could not send the events: {errors[0]}", "")


def _snake_case(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)


def send_batch(url: str, key: str, events: Sequence[JsonObject]) -> None:
    """Send the events in one request, as the SDK does.

    :raises ConfigError: when the server doesn't take it.
    """
    batch = {"batch": events, "sentAt": datetime.now(UTC).isoformat()}
    request = urllib.request.Request(  # noqa: S310  the server's own address
        f"{url}/v1/batch",
        data=json.dumps(batch).encode(),
        headers={
            "authorization": f"Basic {b64encode(f'{key}:'.encode()).decode()}",
            "content-type": "application/json",
        },
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(request, timeout=SECONDS).close()
    except OSError as error:
        raise ConfigError.of(f"the events could not be sent: {error}", "") from error
