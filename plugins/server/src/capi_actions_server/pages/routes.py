"""The pages' addresses: who may see them, and what their forms do."""

import hmac
import re
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from math import ceil
from time import time
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlencode

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from capi_actions import OutboxError, TrustedProxies, WebRequest, count_noun
from capi_actions_server.attempt_limit import AttemptLimit
from capi_actions_server.components import Components
from capi_actions_server.history import History
from capi_actions_server.pages.charts import HOUR, SPANS
from capi_actions_server.pages.dead_letters import letter_groups, replay_group
from capi_actions_server.pages.live import STATES, Selection, read_view
from capi_actions_server.pages.overview import WORDS, read_overview
from capi_actions_server.pages.rendering import page, redirect, static_file
from capi_actions_server.pages.sessions import COOKIE, Session, Sessions
from capi_actions_server.responses import error_body

_TRIES, _ALL_TRIES = 5, 30  # a minute, from one address and from all: who has many must not guess faster
_GROUPS_SHOWN: Final = 50  # of dead letters
_MAX_FORM: Final = 20_000  # bytes
_PAGES: Final = ("/", "/live", "/dead")  # where one may be sent after the login
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_OTHER_SITES: Final = {"cross-site", "same-site"}

Handler = Callable[[Request, Session], Awaitable[Response]]
Form = dict[str, str]


class Pages:
    """Answers for the pages of a server."""

    def __init__(self, components: Components) -> None:
        """Take what the pages show."""
        self._components = components
        self._history = History.beside_outbox(components.config)
        self._sessions = Sessions(components.settings.pages)
        self._login_limit = AttemptLimit(_TRIES, _ALL_TRIES)
        self._token_limit = AttemptLimit(
            _TRIES
        )  # apart: attempts from elsewhere must not stop a program with the token
        self._proxies = TrustedProxies(
            components.settings.trusted_proxies, address_headers=components.settings.address_headers
        )

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes of all pages."""
        return [
            Route("/", self._require_session(self._overview), name="overview"),
            Route("/live", self._require_session(self._live)),
            Route("/dead", self._require_session(self._dead)),
            Route("/dead/replay", self._require_session(self._replay), methods=["POST"]),
            Route("/resume", self._require_session(self._resume), methods=["POST"]),
            Route("/logout", self._require_session(self._logout), methods=["POST"]),
            Route("/login", self._login, methods=["GET", "POST"]),
            Route("/static/{name}", self._static),
            Route("/{path:path}", self._missing, methods=_METHODS),
        ]

    def _require_session(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        """Wrap a handler so that only requests with a session or the token reach it."""

        async def answer(request: Request) -> Response:
            if not self._sessions.is_open:
                return page("closed", 403)
            visit, address = self._visit(request)
            session = self._sessions.session(visit.cookies.get(COOKIE))
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            if session is None and scheme.lower() == "bearer":
                if wait := self._token_limit.wait(address):
                    return _too_many_tries(wait, request.url.path)
                if self._sessions.verify_token(token):
                    session = Session("")
                else:
                    self._token_limit.take(address)
            if session is None:
                if request.method == "POST" or request.url.path not in _PAGES:
                    return redirect("/login")
                return redirect(f"/login?next={quote(request.url.path, safe='')}")
            try:
                return await handler(request, session)
            except (OutboxError, sqlite3.Error) as error:
                return page("trouble", 503, session=session, problem=str(error), here="")

        return answer

    async def _overview(self, request: Request, session: Session) -> Response:
        span = SPANS.get(request.query_params.get("span", ""), HOUR)
        now = time()
        destination = request.query_params.get("destination", "")
        overview = await to_thread.run_sync(
            read_overview, self._components, self._history, span, now, destination
        )
        return page(
            "overview",
            session=session,
            here="/",
            now=now,
            overview=overview,
            spans=SPANS,
            words=WORDS,
            notice=_notice(request),
        )

    async def _live(self, request: Request, session: Session) -> Response:
        state = request.query_params.get("state", "")
        selection = Selection(
            words=request.query_params.get("words", "")[:200], state=state if state in STATES else ""
        )
        view = await to_thread.run_sync(read_view, self._components, selection, time())
        name = "rows" if "rows" in request.query_params else "live"
        return page(
            name,
            session=session,
            here="/live",
            now=time(),
            view=view,
            selection=selection,
            states=STATES,
        )

    async def _dead(self, request: Request, session: Session) -> Response:
        now = time()
        groups = await to_thread.run_sync(letter_groups, self._components.client.outbox, now)
        return page(
            "dead",
            session=session,
            here="/dead",
            now=now,
            groups=groups[:_GROUPS_SHOWN],
            further=max(0, len(groups) - _GROUPS_SHOWN),
            notice=_notice(request),
        )

    async def _replay(self, request: Request, session: Session) -> Response:
        form = await _read_form(request, session)
        if form is None:
            return page("forged", 403, session=session, here="")
        replayed = await to_thread.run_sync(
            replay_group,
            self._components.client.outbox,
            form.get("destination", ""),
            form.get("action", ""),
            _number(form.get("code")),
            _number(form.get("subcode")),
            form.get("reason", ""),
            time(),
        )
        notice = f"{replayed.moved:,} sent again."
        if replayed.expired:
            notice += (
                f" {replayed.expired:,} {'is' if replayed.expired == 1 else 'are'} too old for the platform."
            )
        return redirect(f"/dead?{urlencode({'notice': notice})}")

    async def _resume(self, request: Request, session: Session) -> Response:
        form = await _read_form(request, session)
        if form is None:
            return page("forged", 403, session=session, here="")
        name = form.get("destination", "")
        was_paused = await to_thread.run_sync(self._components.client.outbox.resume, name)
        notice = f"{name} is delivered to again." if was_paused else "It wasn't paused."
        return redirect(f"/?{urlencode({'notice': notice[:100]})}")

    async def _login(self, request: Request) -> Response:
        if not self._sessions.is_open:
            return page("closed", 403)
        following = request.query_params.get("next", "/")
        following = following if following in _PAGES else "/"
        if request.method == "GET":
            return page("login", problem="", next=following)
        form = await _read_form(request, None)
        if form is None:
            return page("login", 403, problem="This form came from another site.", next=following)
        visit, address = self._visit(request)
        if wait := self._login_limit.take(address):
            return _too_many_tries(wait, following)
        if not await to_thread.run_sync(self._sessions.verify, form.get("secret", "")):
            return page("login", 401, problem="That is not the password.", next=following)
        self._login_limit.forget(address)
        response = redirect(following)
        response.set_cookie(
            COOKIE,
            self._sessions.cookie(),
            max_age=self._sessions.max_age,
            secure=visit.scheme == "https",
            httponly=True,
            samesite="strict",
        )
        return response

    def _visit(self, request: Request) -> tuple[WebRequest, str]:
        """Return what is known of a request, and the visitor's address, else that of the connection."""
        visit = WebRequest.of(request.scope, self._proxies)
        return visit, visit.client_address or (request.client.host if request.client else "")

    async def _logout(self, request: Request, session: Session) -> Response:
        if await _read_form(request, session) is None:
            return page("forged", 403, session=session, here="")
        response = redirect("/login")
        response.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return response

    async def _missing(self, request: Request) -> Response:
        """Answer for an address that there isn't, to a person or to a program."""
        if "text/html" in request.headers.get("accept", ""):
            return page("missing", 404)
        problem = "there is no such address; events go to those below /v1/, which /openapi.json lists"
        return JSONResponse(error_body(problem), 404)

    async def _static(self, request: Request) -> Response:
        return static_file(request.path_params["name"]) or PlainTextResponse("Not found", 404)


async def _read_form(request: Request, session: Session | None) -> Form | None:
    """Return the fields of a form, or None when it may come from another site.

    :param session: whose token the form must have; None for the login, which has none yet.
    """
    if request.headers.get("sec-fetch-site") in _OTHER_SITES:
        return None
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > _MAX_FORM:
            return None
    try:
        fields = parse_qs(content.decode("utf-8", "replace"), max_num_fields=50, keep_blank_values=True)
    except ValueError:  # too many fields
        return None
    form = {name: values[0] for name, values in fields.items()}
    if session is not None and (
        not session.form_token or not _equal(form.get("token", ""), session.form_token)
    ):
        return None
    return form


def _too_many_tries(wait: float, following: str) -> Response:
    seconds = ceil(wait)
    problem = f"Too many tries. Wait {count_noun(seconds, 'second')}."
    response = page("login", 429, problem=problem, next=following)
    response.headers["Retry-After"] = str(seconds)
    return response


def _equal(text: str, expected: str) -> bool:
    return hmac.compare_digest(text.encode("utf-8", "replace"), expected.encode())


def _number(text: Any) -> int | None:
    return int(text) if isinstance(text, str) and re.fullmatch(r"-?\d{1,11}", text) else None


def _notice(request: Request) -> str:
    return request.query_params.get("notice", "")[:200]
