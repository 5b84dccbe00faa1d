"""The built-in way for requests to leave: urllib3."""

import io
import logging
import os
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar
from urllib.parse import unquote
from urllib.request import getproxies_environment, proxy_bypass

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util import Timeout, Url, make_headers, parse_url

from capi_actions.builtin.transport.deadline import POOLS, Deadline, deadline
from capi_actions.errors import ConfigError, TransportError
from capi_actions.model import Request, Response


class _Discreet(logging.Filter):
    """Takes URLs out of what urllib3 logs about our requests, for their query may hold a token.

    What other code of the program sends is logged as ever.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(_ours, "sending", False):
            record.msg, record.args, record.exc_info = "about a request of capi-actions", None, None
        return True


_ours = threading.local()
for _name in ("urllib3.connection", "urllib3.connectionpool", "urllib3.poolmanager", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_Discreet())


@contextmanager
def discreetly() -> Iterator[None]:
    """Mark what this thread logs meanwhile as ours."""
    _ours.sending = True
    try:
        yield
    finally:
        _ours.sending = False


def sentence(error: Exception, host: str, seconds: float) -> str:
    """Say what an error means.

    :param seconds: how long each wait was allowed to take.
    """
    match error:
        case ProxyError():
            return f"the proxy let nothing through to {host}"
        case NameResolutionError():
            return f"the name {host} could not be resolved"
        case NewConnectionError():
            return f"{host} accepted no connection{_system_says(error.__cause__)}"
        case ConnectTimeoutError():
            return f"{host} accepted no connection within {seconds:g} seconds"
        case ReadTimeoutError():
            return f"{host} sent nothing for {seconds:g} seconds"
        case SSLError():
            return f"no secure connection to {host} came about{_tls_says(error.args[0])}"
        case ValueError():
            return f"the request to {host} can't be sent: a header or the URL holds what HTTP doesn't allow"
        case _:
            return f"the connection to {host} broke before a whole answer came"


def _system_says(cause: BaseException | None) -> str:
    return f": {os.strerror(cause.errno)}" if isinstance(cause, OSError) and cause.errno else ""


def _tls_says(cause: object) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f": its certificate is not accepted ({cause.verify_message})"
    return f" ({cause.reason})" if isinstance(cause, ssl.SSLError) and cause.reason else ""


_CHUNK = 65_536

Manager = TypeVar("Manager", bound=urllib3.PoolManager)


class Urllib3Transport:
    """Sends over HTTP(S) with a pool of connections; usable from several threads, and after a fork.

    Certificates are verified against the system's store.  Proxies come from the environment as it
    is when this object is made: ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY``, ``NO_PROXY``.
    Redirects aren't followed, as the token would go along: they are answers like any other.
    Nothing is retried here; that is delivery's business.
    """

    def __init__(
        self,
        connections: int = 32,
        max_answer_bytes: int = 1_048_576,
        max_seconds: float = 30.0,
        ca_file: str | None = None,
    ) -> None:
        """Make the pools; nothing is connected yet.

        :param connections: how many connections to one host are kept open.
        :param max_answer_bytes: longer answers are an error.
        :param max_seconds: how long one request may take in all, from the connection to the last byte of
            the answer; at most half of delivery's lease, or another process takes its items for abandoned.
        :param ca_file: certificates (PEM) to trust instead of the system's.
        :raises ConfigError: when a proxy of the environment can't be used.
        """
        self._max_bytes = max_answer_bytes
        self._max_seconds = max_seconds
        self._options: dict[str, Any] = {
            "maxsize": connections,
            "retries": False,
            "cert_reqs": ssl.CERT_REQUIRED,
            "ca_certs": ca_file,
            "blocksize": _CHUNK,
        }
        self._proxies = getproxies_environment()
        self._connect()

    def send(self, request: Request) -> Response:
        """Send one request and return the answer, whatever its status.

        :raises TransportError: when no whole answer came; its text names the host, and neither the
            rest of the URL nor a header nor the body.
        """
        if os.getpid() != self._process:  # a child must not share its parent's connections
            self._connect()
        url = _parsed(request.url)
        body = _Body(request.body)
        with discreetly(), deadline(self._max_seconds) as watched:
            try:
                response = self._send(url, request, body, watched)
                if not watched.over:  # else Python's parser may have taken the cut for the headers' end
                    return response
            except (HTTPError, OSError, ValueError) as error:
                problem = sentence(error, str(url.host), request.timeout)
            if watched.over:
                problem = f"{url.host} took longer than {self._max_seconds:g} seconds for a whole answer"
        # Out here the error has no context: the original's text may hold the URL or a header.
        raise TransportError(problem, body.taken)

    def close(self) -> None:
        """Close all connections."""
        for pool in (self._direct, *self._through.values()):
            pool.clear()

    def _connect(self) -> None:
        self._process = os.getpid()
        self._direct = _cuttable(urllib3.PoolManager(**self._options))
        self._through = {
            scheme: _through(self._proxies[name], self._options)
            for scheme in ("http", "https")
            if (name := scheme if scheme in self._proxies else "all") in self._proxies
        }

    def _send(self, url: Url, request: Request, body: "_Body", watched: Deadline) -> Response:
        headers = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
        answer = self._pool(url).urlopen(
            request.method,
            request.url,
            body=body,
            headers={**headers, "Content-Length": str(len(request.body))},
            timeout=Timeout(connect=request.timeout, read=request.timeout),
            redirect=False,
            preload_content=False,
        )
        whole = False
        try:
            content = self._read(answer, str(url.host), watched)
            whole = True
        finally:
            if not whole:
                answer.close()  # what is left of the answer must not be taken for the next one's
            answer.release_conn()
        return Response(
            status=answer.status,
            headers={name.lower(): value for name, value in answer.headers.items()},
            body=content,
        )

    def _pool(self, url: Url) -> urllib3.PoolManager:
        host = f"{url.host}:{url.port}" if url.port else str(url.host)
        if self._through and proxy_bypass(host):
            return self._direct
        return self._through.get(str(url.scheme), self._direct)

    def _read(self, answer: urllib3.BaseHTTPResponse, host: str, watched: Deadline) -> bytes:
        content = bytearray()
        while not watched.over and (chunk := answer.read1(_CHUNK)):
            content += chunk
            if len(content) > self._max_bytes:
                raise TransportError(f"{host} answered with more than {self._max_bytes} bytes", sent=True)
        return bytes(content)


class _Body(io.BytesIO):
    """A request's body that knows whether it was begun to be sent."""

    taken = False

    def read(self, size: int | None = -1, /) -> bytes:
        self.taken = True
        return super().read(size)


def _parsed(text: str) -> Url:
    problem = "the request's URL must begin with http:// or https:// and name a host"
    try:
        url = parse_url(text)
    except HTTPError:
        pass
    else:
        if url.scheme in ("http", "https") and url.host:
            return url
    raise TransportError(problem, sent=False)


def _through(text: str, options: dict[str, Any]) -> urllib3.ProxyManager:
    proxy = parse_url(text if "://" in text else f"http://{text}")
    if proxy.scheme not in ("http", "https"):
        raise ConfigError.of(
            f"the environment asks for a proxy of the kind {proxy.scheme!r}; only http and https work", ""
        )
    headers = make_headers(proxy_basic_auth=unquote(proxy.auth)) if proxy.auth else None
    url = proxy._replace(auth=None).url
    return _cuttable(urllib3.ProxyManager(url, proxy_headers=headers, **options))


def _cuttable(manager: Manager) -> Manager:
    manager.pool_classes_by_scheme = POOLS
    return manager
