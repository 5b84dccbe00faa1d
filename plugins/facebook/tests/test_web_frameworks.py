"""Web requests of Django, Flask and Starlette, which FastAPI's are: their own request objects, read as they come."""

import asyncio
from typing import Any

import django
import pytest
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from flask import Flask, Response, request
from starlette.requests import Request

from capi_actions_facebook.web import Visit, read_visit

BROWSER = {"host": "shop.a.example", "user-agent": "Mozilla/5.0", "cookie": "_fbp=fb.1.1795000000000.7"}
CONTEXT = {
    "page": {
        "url": "https://shop.a.example/cart?fbclid=IwAbc",
        "path": "/cart",
        "search": "?fbclid=IwAbc",
    },
    "userAgent": "Mozilla/5.0",
    "ip": "198.51.100.7",
    "fbc": "fb.1.1795454652250.IwAbc",
    "fbp": "fb.1.1795000000000.7",
}
NOW = 1_795_454_652.25
ENVIRON: dict[str, Any] = {"REMOTE_ADDR": "198.51.100.7", "wsgi.url_scheme": "https"}
SCOPE: dict[str, Any] = {
    "type": "http",
    "method": "GET",
    "scheme": "https",
    "path": "/cart",
    "query_string": b"fbclid=IwAbc",
    "headers": [(name.encode(), value.encode()) for name, value in BROWSER.items()],
    "client": ("198.51.100.7", 4711),
}


def visit(source: Any) -> Visit:
    """Read a request at a known time."""
    result = read_visit(source, now=NOW)
    assert [cookie.name for cookie in result.cookies] == ["_fbc"]
    return result


@pytest.fixture(scope="module", autouse=True)
def django_is_set_up() -> None:
    """With as little as it needs."""
    settings.configure(ALLOWED_HOSTS=["*"])
    django.setup()


def test_flask() -> None:
    """The context-local request is a proxy of the real one; cookies go out with the response."""
    application = Flask("shop")

    @application.get("/cart")
    def cart() -> Response:
        result = visit(request)
        assert result.context == CONTEXT
        response = Response("ok")
        for cookie in result.cookies:
            response.headers.add("Set-Cookie", cookie.header())
        return response

    answer = application.test_client(use_cookies=False).get(
        "/cart?fbclid=IwAbc", headers=BROWSER, environ_overrides=ENVIRON
    )

    assert answer.status_code == 200
    assert answer.headers["Set-Cookie"].startswith("_fbc=fb.1.1795454652250.IwAbc; Max-Age=7776000; ")


def test_django() -> None:
    """Its requests of WSGI have META; a response takes the cookie's parts."""
    from_wsgi: HttpRequest = RequestFactory().get(
        "/cart?fbclid=IwAbc", headers=BROWSER, secure=True, **ENVIRON
    )
    response = HttpResponse()

    result = visit(from_wsgi)
    (cookie,) = result.cookies
    response.set_cookie(cookie.name, cookie.value, cookie.max_age, domain=cookie.domain, secure=cookie.secure)

    assert result.context == CONTEXT
    assert response.cookies["_fbc"]["domain"] == "a.example"


def test_django_over_asgi() -> None:
    """Its requests of ASGI have a scope beside META."""
    assert visit(ASGIRequest(SCOPE, None)).context == CONTEXT


def test_starlette_and_fastapi() -> None:
    """A request is a mapping itself; a scope does as well."""

    async def handle() -> None:
        assert visit(Request(SCOPE)).context == CONTEXT

    asyncio.run(handle())
    assert visit(SCOPE).context == CONTEXT
