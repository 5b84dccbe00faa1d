"""A transport: how requests are sent."""

from collections.abc import Sequence

from attrs import evolve
from capi_actions import Plugins, Request, Response, Transport, TransportFactory, builtin, hookimpl


class NamedTransport:
    """Sends requests as the built-in transport does, under a name of its own."""

    def __init__(self, user_agent: str = "capi-actions-acme") -> None:
        """Connect to nothing yet.

        :param user_agent: the header by which servers see who sends.
        """
        self._headers = {"user-agent": user_agent}
        self._transport: Transport = Plugins(builtin).transports["urllib3"].make()

    def send(self, request: Request) -> Response:
        """Send one request and return the answer, whatever its status."""
        return self._transport.send(evolve(request, headers={**request.headers, **self._headers}))

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()


@hookimpl
def capi_transports() -> Sequence[TransportFactory]:
    """Offer the transports of this module."""
    return [
        TransportFactory(
            name="acme",
            make=NamedTransport,
            description="names itself to servers",
        )
    ]
