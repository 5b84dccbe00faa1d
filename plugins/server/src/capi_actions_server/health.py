"""``/healthz``, ``/readyz`` and ``/metrics``."""

from collections.abc import Sequence
from time import monotonic

from anyio import to_thread
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from capi_actions import OutboxError, TrustedProxies
from capi_actions_server.components import Components
from capi_actions_server.responses import error_body

_FORWARDED = ("x-forwarded-for", "forwarded")
_RECENT = 10.0  # seconds: after them, a load balancer should try again whether storing works


def health_routes(components: Components) -> Sequence[BaseRoute]:
    """Return the routes for what watches the server."""

    async def healthz(request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def readyz(request: Request) -> Response:
        problems = await to_thread.run_sync(_problems, components, "storage" in request.query_params)
        status = {"status": "not ready" if problems else "ready", "problems": problems}
        return JSONResponse(status, 503 if problems else 200)

    readers = TrustedProxies(components.settings.metrics_from)

    async def metrics(request: Request) -> Response:
        peer = request.client.host if request.client else None
        if not readers.trusts(peer) or any(name in request.headers for name in _FORWARDED):
            problem = "metrics are for the addresses of metrics_from of [server], without a reverse proxy"
            return JSONResponse(error_body(problem), 403)
        content = await to_thread.run_sync(generate_latest, REGISTRY)
        return Response(content, media_type=CONTENT_TYPE_LATEST)

    return [Route("/healthz", healthz), Route("/readyz", readyz), Route("/metrics", metrics)]


def _problems(components: Components, storage_only: bool) -> list[str]:
    """Return why the server can't do its work.

    :param storage_only: leave out what keeps events from being delivered, but not from being stored.
    """
    writer = components.writer
    if not writer.is_running:
        return ["events can't be stored: the server stops"]
    if writer.problem is not None and monotonic() - writer.problem_at < _RECENT:
        return [f"events can't be stored: {writer.problem}"]
    try:
        # Not the client's status, which counts all items: anybody may ask, as often as they like.
        pauses = components.client.outbox.paused()
    except OutboxError as error:
        return [f"the outbox can't be read: {error}"]
    if storage_only:
        return []
    return [f"{name} is paused: {pause.judgement.reason}" for name, pause in sorted(pauses.items())]
