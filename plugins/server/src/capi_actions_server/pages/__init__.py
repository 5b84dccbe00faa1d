"""The pages for people: status, live view, dead letters, login."""

from collections.abc import Sequence

from starlette.routing import BaseRoute

from capi_actions_server.pages.routes import Pages
from capi_actions_server.service import Service


def page_routes(service: Service) -> Sequence[BaseRoute]:
    """Return the routes of all pages."""
    return Pages(service).routes()
