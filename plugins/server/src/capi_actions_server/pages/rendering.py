"""Pages of HTML, and the headers that all of them have."""

from collections.abc import Mapping
from importlib.resources import files
from time import gmtime, strftime
from typing import Any, Final

import jinja2
from starlette.responses import HTMLResponse, Response

from capi_actions_server.pages.charts import sparkline

_HEADERS: Final[Mapping[str, str]] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_STATIC: Final[Mapping[str, str]] = {
    "pages.css": "text/css; charset=utf-8",
    "pages.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}


def ago(seconds: float | None) -> str:
    """Return a stretch of time in words.

    >>> [ago(seconds) for seconds in (0.4, 75, 7_300, 200_000, None)]
    ['0 s', '1 min', '2 h', '2 days', '–']
    """
    if seconds is None:
        return "–"
    for size, unit in ((86_400, "days"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {'day' if unit == 'days' and number == 1 else unit}"
    return f"{max(0, int(seconds))} s"


def _date(seconds: float) -> str:
    return strftime("%Y-%m-%d %H:%M:%S UTC", gmtime(seconds))


def _time(seconds: float) -> str:
    return strftime("%H:%M:%S", gmtime(seconds))


def _number(value: int) -> str:
    return f"{value:,}"


_TEMPLATES: Final = jinja2.Environment(
    loader=jinja2.PackageLoader("capi_actions_server.pages"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters.update(ago=ago, date=_date, time=_time, number=_number, sparkline=sparkline)


def page(name: str, status: int = 200, **values: Any) -> Response:
    """Return a page.

    :param name: of its template, without ``.html``.
    :param values: what the template needs.
    """
    html = _TEMPLATES.get_template(f"{name}.html").render(values)
    return HTMLResponse(html, status, headers=dict(_HEADERS))


def redirect(url: str) -> Response:
    """Send the browser to another page of ours."""
    return Response(status_code=303, headers={**_HEADERS, "Location": url})


def static_file(name: str) -> Response | None:
    """Return a style sheet, script or picture; None if there is none of this name."""
    kind = _STATIC.get(name)
    if kind is None:
        return None
    content = files(__package__).joinpath("static", name).read_bytes()
    headers = {**_HEADERS, "Cache-Control": "no-cache", "Content-Type": kind}
    return Response(content, headers=headers)
