"""Send requests to an ASGI application in this process, without a network."""

import asyncio
import base64
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from starlette.types import ASGIApp


class Answer(NamedTuple):
    """What an application answers."""

    status: int
    headers: Mapping[str, str]
    body: Any


class Caller:
    """Sends requests to an application in this process.

    :ivar peer: the address that requests come from.
    """

    def __init__(self, app: ASGIApp, key: str | None = None) -> None:
        self._app = app
        self._key = key
        self.peer = "1.1.1.1"

    def __call__(
        self,
        path: str,
        body: Any = None,
        *,
        method: str = "POST",
        key: str | None = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request.

        :param body: bytes as they are, anything else as JSON.
        :param key: the write key, instead of the usual one; None for no authorization.
        """
        return asyncio.run(self.send(path, body, method=method, key=key, headers=headers))

    async def send(
        self,
        path: str,
        body: Any = None,
        *,
        method: str = "POST",
        key: str | None = "",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request on the running event loop."""
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        pairs = {"content-length": str(len(content)), **{k.lower(): v for k, v in (headers or {}).items()}}
        key = self._key if key == "" else key
        if key is not None:
            pairs.setdefault("authorization", "Basic " + base64.b64encode(f"{key}:".encode()).decode())
        raw_path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": raw_path,
            "raw_path": raw_path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.encode(), value.encode("latin-1")) for name, value in pairs.items()],
            "client": (self.peer, 50_000),
            "server": ("127.0.0.1", 8090),
        }
        messages: list[dict[str, Any]] = [{"type": "http.request", "body": content, "more_body": False}]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return messages.pop(0) if messages else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        text = b"".join(message.get("body", b"") for message in sent[1:])
        answer_headers = {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]}
        is_json = answer_headers.get("content-type") == "application/json"
        return Answer(sent[0]["status"], answer_headers, json.loads(text) if is_json else text.decode())
