"""HTTP through urllib3: the transport, the sentences for its errors, and the redaction of what urllib3 logs."""

import logging
import os
import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from ipaddress import ip_address
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

from capi_actions.builtin.transport.abort_timer import Deadline, abort_after
from capi_actions.builtin.transport.connection import POOLS, RequestBody
from capi_actions.errors import ConfigError, TransportError
from capi_actions.model import Request, Response

_CHUNK = 65_536
_CONNECT_SECONDS = 10.0  # for each address of a host: a server that can be reached answers within a second

Manager = TypeVar("Manager", bound=urllib3.PoolManager)


class Urllib3Transport:
    """Sends over HTTP(S) with a pool of connections; usable from several threads, and after a fork.

    Certificates are verified against the system's store.  Proxies are taken from the environment as it is when this
    object is made: ``HTTPS_PROXY``, ``HTTP_PROXY``, ``ALL_PROXY``, ``NO_PROXY``.  What goes to this machine itself
    (``localhost``, ``127.0.0.0/8``, ``::1``) never takes a proxy.  Redirects aren't followed, as the token would go
    with them: they are responses like any other.  Nothing is retried here: delivery does that.

    Three timeouts: connecting may take 10 seconds for each address of the host, every wait for a byte the request's
    ``timeout``, and the whole request ``max_seconds``.
    """

    def __init__(
        self,
        connections: int = 32,
        max_answer_bytes: int = 1_048_576,
        max_seconds: float = 30.0,
        ca_file: str | None = None,
    ) -> None:
        """Create the pools; nothing is connected yet.

        The parameters are those of :func:`~capi_actions.builtin.transport.open_transport`.
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
        self._proxy_urls = getproxies_environment()
        self._create_pools()

    def send(self, request: Request) -> Response:
        """Send one request and return the response, whatever its status.

        :raises TransportError: if no complete response came.  Its text names the host, but neither the rest of the
            URL nor a header nor the body.
        """
        if os.getpid() != self._process:  # a child must not share its parent's connections
            self._create_pools()
        url = _parse(request.url)
        body = RequestBody(request.body)
        with redacted_logging(), abort_after(self._max_seconds) as deadline:
            try:
                response = self._exchange(url, request, body, deadline)
                if (
                    not deadline.expired
                ):  # else Python's parser may have taken the shutdown for the headers' end
                    return response
            except (HTTPError, OSError, ValueError) as error:
                problem = describe_error(error, str(url.host), request.timeout)
            if deadline.expired:
                problem = f"{url.host} sent no complete response within {self._max_seconds:g} seconds"
        # Raised out here the error has no context: the original's text may hold the URL or a header.
        raise TransportError(problem, body.started)

    @property
    def notes(self) -> list[str]:
        """Which requests take a proxy, for ``capi check``: without the proxy's user and password."""
        return [
            f"requests over {scheme} go through the proxy {manager.proxy and manager.proxy.netloc},"
            f" which {self._proxy_variable(scheme).upper()}_PROXY names"
            for scheme, manager in self._proxies.items()
        ]

    def close(self) -> None:
        """Close all connections."""
        for manager in (self._direct, *self._proxies.values()):
            manager.clear()

    def _create_pools(self) -> None:
        self._process = os.getpid()
        self._direct = _abortable(urllib3.PoolManager(**self._options))
        self._proxies = {
            scheme: _proxy_manager(name, self._proxy_urls[name], self._options)
            for scheme in ("http", "https")
            if (name := self._proxy_variable(scheme)) in self._proxy_urls
        }

    def _proxy_variable(self, scheme: str) -> str:
        """Return what the name of a scheme's environment variable begins with."""
        return scheme if scheme in self._proxy_urls else "all"

    def _exchange(self, url: Url, request: Request, body: RequestBody, deadline: Deadline) -> Response:
        headers = {name: value for name, value in request.headers.items() if name.lower() != "content-length"}
        response = self._manager(url).urlopen(
            request.method,
            request.url,
            body=body,
            headers={**headers, "Content-Length": str(len(request.body))},
            timeout=Timeout(connect=min(request.timeout, _CONNECT_SECONDS), read=request.timeout),
            redirect=False,
            preload_content=False,
        )
        complete = False
        try:
            content = self._read(response, str(url.host), deadline)
            complete = True
        finally:
            if not complete:
                response.close()  # what is left of it must not be taken for the next response
            response.release_conn()
        if body.answered_early and 200 <= response.status < 300:  # an early refusal is plausible
            raise TransportError(f"{url.host} answered before it had the whole request", sent=True)
        return Response(
            status=response.status,
            headers={name.lower(): value for name, value in response.headers.items()},
            body=content,
        )

    def _manager(self, url: Url) -> urllib3.PoolManager:
        host = f"{url.host}:{url.port}" if url.port else str(url.host)
        if self._proxies and (_is_this_machine(str(url.host)) or proxy_bypass(host)):
            return self._direct
        return self._proxies.get(str(url.scheme), self._direct)

    def _read(self, response: urllib3.BaseHTTPResponse, host: str, deadline: Deadline) -> bytes:
        content = bytearray()
        while not deadline.expired and (chunk := response.read1(_CHUNK)):
            content += chunk
            if len(content) > self._max_bytes:
                raise TransportError(f"{host} answered with more than {self._max_bytes} bytes", sent=True)
        return bytes(content)


def _is_this_machine(host: str) -> bool:
    """Return whether a host can't be meant to be reached through a proxy: to that, it would be the proxy itself."""
    try:
        return host.lower() == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _parse(text: str) -> Url:
    problem = "the request's URL must begin with http:// or https:// and name a host"
    try:
        url = parse_url(text)
    except HTTPError:
        pass
    else:
        if url.scheme in ("http", "https") and url.host:
            return url
    raise TransportError(problem, sent=False)


_PROXY_HOST = re.compile(r"[\w.-]+|\[[0-9a-f:.]+\]", re.ASCII | re.IGNORECASE)


def _proxy_manager(name: str, text: str, options: dict[str, Any]) -> urllib3.ProxyManager:
    """Return the pools of a proxy.

    :param name: what the environment variable's name begins with.
    :param text: the variable's value, which isn't quoted in errors, as it may hold a password.
    """
    variable = f"the environment variable {name.upper()}_PROXY"
    hint = "it should be like http://proxy.example.com:8080; correct or unset it"
    proxy = _parse_proxy(text)
    if proxy is None:
        raise ConfigError.of(f"{variable} holds no address of a proxy: {hint}", "")
    if proxy.scheme not in ("http", "https"):
        kind = f"a proxy of the kind {proxy.scheme!r}; only http and https work"
        raise ConfigError.of(f"{variable} asks for {kind}", "")
    headers = make_headers(proxy_basic_auth=unquote(proxy.auth)) if proxy.auth else None
    url = proxy._replace(auth=None).url
    return _abortable(urllib3.ProxyManager(url, proxy_headers=headers, **options))


def _parse_proxy(text: str) -> Url | None:
    """Return a proxy's address; None if it isn't one, or a bare name, which is a typing error more often."""
    has_scheme = "://" in text
    try:
        proxy = parse_url(text if has_scheme else f"http://{text}")
    except HTTPError:
        return None
    if not _PROXY_HOST.fullmatch(proxy.host or "") or not (has_scheme or proxy.port):
        return None
    is_plain = proxy.path in (None, "/") and proxy.query is None and proxy.fragment is None
    return proxy if is_plain and text.isprintable() and not set(text) & {" ", "\\"} else None


def _abortable(manager: Manager) -> Manager:
    manager.pool_classes_by_scheme = POOLS
    return manager


def describe_error(error: Exception, host: str, seconds: float) -> str:
    """Return a sentence for an error of urllib3, without the URL, a header or the body.

    :param seconds: the timeout of each wait for data, and of connecting unless that is shorter.
    """
    match error:
        case ProxyError():
            return f"the proxy refused to connect to {host}"
        case NameResolutionError():
            return f"the name {host} could not be resolved"
        case NewConnectionError():
            return f"{host} accepted no connection{_system_error(error.__cause__)}"
        case ConnectTimeoutError():
            return f"{host} accepted no connection within {min(seconds, _CONNECT_SECONDS):g} seconds"
        case ReadTimeoutError():
            return f"{host} sent nothing for {seconds:g} seconds"
        case SSLError():
            return f"no secure connection to {host} was established{_tls_error(error.args[0])}"
        case ValueError():
            return f"the request to {host} can't be sent: a header or the URL holds what HTTP doesn't allow"
        case _:
            return f"the connection to {host} broke before the complete response came"


def _system_error(cause: BaseException | None) -> str:
    return f": {os.strerror(cause.errno)}" if isinstance(cause, OSError) and cause.errno else ""


def _tls_error(cause: object) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f": its certificate is not accepted ({cause.verify_message})"
    return f" ({cause.reason})" if isinstance(cause, ssl.SSLError) and cause.reason else ""


_thread = threading.local()  # .redacts: whether this thread is sending a request


@contextmanager
def redacted_logging() -> Iterator[None]:
    """Replace what urllib3 logs in this thread, for the URL's query may hold a token."""
    _thread.redacts = True
    try:
        yield
    finally:
        _thread.redacts = False


class _Redaction(logging.Filter):
    """Replaces records about our requests.  What other code of the program sends is logged as ever."""

    def filter(self, record: logging.LogRecord) -> bool:
        if getattr(_thread, "redacts", False):
            record.msg, record.args, record.exc_info = "about a request of capi-actions", None, None
        return True


for _name in ("urllib3.connection", "urllib3.connectionpool", "urllib3.poolmanager", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_Redaction())
