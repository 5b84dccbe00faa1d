"""The ASGI application: a raw function for the endpoints that take events, Starlette for all else.

Starlette's router, requests and responses take as long as an event's mapping and storing; see docs/why/speed.md.
"""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from capi_actions_server.components import Components
from capi_actions_server.health import health_routes
from capi_actions_server.ingest.endpoints import Ingest
from capi_actions_server.openapi import openapi
from capi_actions_server.pages.routes import Pages
from capi_actions_server.responses import SECURITY_HEADERS


def create_app(components: Components) -> ASGIApp:
    """Return the application; any ASGI server can run it."""
    ingest = Ingest(components)
    description = openapi()

    async def describe(request: Request) -> Response:
        return JSONResponse(description)

    routes = [Route("/openapi.json", describe), *health_routes(components), *Pages(components).routes()]
    others = Starlette(routes=routes)
    others.router.redirect_slashes = False

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/v1/"):
            await ingest(scope, receive, send)
        else:
            await others(scope, receive, _with_security_headers(send))

    return app


def _with_security_headers(send: Send) -> Send:
    """Return a function that adds those headers that a response doesn't set itself."""

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name.lower() for name, _ in message["headers"]}
            missing = [(name, value) for name, value in SECURITY_HEADERS if name not in own]
            message = {**message, "headers": [*message["headers"], *missing]}
        await send(message)

    return send_with_headers
