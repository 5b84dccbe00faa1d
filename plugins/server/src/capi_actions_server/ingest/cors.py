"""Which web pages may send, and what browsers are told about it."""

from collections.abc import Sequence

from capi_actions_server.ingest.requests import Headers, RequestError, header_text
from capi_actions_server.responses import Header

_PREFLIGHT: tuple[Header, ...] = (
    (b"access-control-allow-methods", b"POST, OPTIONS"),
    (b"access-control-allow-headers", b"authorization, content-type, content-encoding"),
    (b"access-control-max-age", b"86400"),
)


class Origins:
    """The origins of web pages that may send."""

    def __init__(self, allowed: Sequence[str]) -> None:
        """Allow these origins.

        :param allowed: such as ``https://shop.example``; ``*`` for any.
        """
        self._any = "*" in allowed
        self._allowed = frozenset(origin.lower() for origin in allowed)

    def headers(self, headers: Headers) -> Sequence[Header]:
        """Return the headers that let the page read the answer; none if no page sends.

        Pages of an origin that is named may send cookies; those of any other only if ``*`` is allowed, without cookies.

        :raises RequestError: when the page may not send.
        """
        if b"origin" not in headers:
            return ()
        origin = header_text(headers, b"origin") or ""
        if origin.lower() in self._allowed:
            return (
                (b"access-control-allow-origin", origin.encode("latin-1")),
                (b"access-control-allow-credentials", b"true"),
                (b"vary", b"origin"),
            )
        if self._any:
            return ((b"access-control-allow-origin", b"*"),)
        if header_text(headers, b"sec-fetch-site") == "same-origin":
            return ()
        raise RequestError(
            403,
            "web pages of this origin may not send; add it to allowed_origins of [server]",
            [(b"vary", b"origin")],
        )

    def preflight(self, headers: Headers) -> Sequence[Header]:
        """Return the headers of the answer to a preflight request.

        :raises RequestError: when the page may not send.
        """
        return (*self.headers(headers), *_PREFLIGHT)
