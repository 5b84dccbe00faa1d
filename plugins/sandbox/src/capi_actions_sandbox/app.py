"""The sandbox as an ASGI application: Meta's address for events, and the sandbox's own below ``/_sandbox``."""

from starlette.applications import Starlette
from starlette.routing import Route

from capi_actions_sandbox.admin import admin_routes
from capi_actions_sandbox.api import Api
from capi_actions_sandbox.options import SandboxOptions
from capi_actions_sandbox.store import State


def create_app(options: SandboxOptions | None = None, state: State | None = None) -> Starlette:
    """Return the application.

    Any ASGI server can run it, but only the sandbox's own (:class:`~capi_actions_sandbox.Sandbox`, ``capi sandbox``)
    can inject faults that cut connections.

    :param options: its behaviour; ignored when a state is passed.
    :param state: stored events and queued faults, to be inspected from outside.
    """
    if state is None:
        state = State(options=options or SandboxOptions())
    app = Starlette(routes=[*admin_routes(state), Route("/{path:path}", Api(state))])
    app.router.redirect_slashes = False
    return app
