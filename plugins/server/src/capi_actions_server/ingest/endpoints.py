"""The endpoints below ``/v1/``, as one raw ASGI function."""

from starlette.types import Receive, Scope, Send

from capi_actions_server.responses import error_body, send_json
from capi_actions_server.service import Service


class Ingest:
    """Takes events."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await send_json(send, 404, error_body("there is no such endpoint"))
