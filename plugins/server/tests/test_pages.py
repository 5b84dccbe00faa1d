"""The pages for people: who gets in, what forms need, what never shows."""

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import product
from time import time
from typing import Any
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import ConfigError, EventError, Item, Judgement, Secret, Verdict
from capi_actions_server.app import create_app
from capi_actions_server.commands import hash_command
from capi_actions_server.components import Components
from capi_actions_server.page_settings import PageSettings
from capi_actions_server.pages.overview import ActionRow, _worst_and_busiest
from capi_actions_server.pages.sessions import COOKIE, Sessions
from capi_actions_server.passwords import is_password_hash, verify_password
from support.asgi import Answer, Caller

TOKEN = "0123456789abcdef-pages"
KEYS = '[server.keys.main]\nkey = "0123456789abcdef-main"\n'
TABLE = f'{KEYS}[server.pages]\ntoken = "{TOKEN}"\n'
PAGES = ("/", "/live", "/dead")
PERSON: dict[str, Any] = {
    "userId": "secret-user",
    "anonymousId": "secret-anonymous",
    "context": {
        "ip": "198.51.100.77",
        "userAgent": "SecretBrowser/1.0",
        "page": {"url": "https://shop.example/secret-page"},
        "traits": {"email": "secret@example.com", "phone": "+1 415 555 0132", "name": "Secret Person"},
    },
}


class Visitor:
    """Somebody with a browser."""

    def __init__(self, components: Components) -> None:
        self._call = Caller(create_app(components))
        self.cookie = ""

    def get(self, path: str, **headers: str) -> Answer:
        """Open a page."""
        return self._request(path, "GET", None, headers)

    def post(self, path: str, **fields: str) -> Answer:
        """Send a form."""
        return self._request(path, "POST", fields, {})

    def post_from(self, site: str, path: str, **fields: str) -> Answer:
        """Send a form that a page of another site holds."""
        return self._request(path, "POST", fields, {"Sec-Fetch-Site": site})

    def log_in(self) -> str:
        """Log in, and return the token of forms."""
        answer = self.post("/login", secret=TOKEN)
        assert answer.status == 303
        self.cookie = answer.headers["set-cookie"].partition(";")[0]
        match = re.search(r'name="token" value="(\w+)"', self.get("/").body)
        assert match
        return match[1]

    def call_from(self, address: str) -> None:
        """Come from another address."""
        self._call.peer = address

    def _request(self, path: str, method: str, fields: Any, headers: dict[str, str]) -> Answer:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookie:
            sent["Cookie"] = self.cookie
        body = None if fields is None else urlencode(fields).encode()
        return self._call(path, body, method=method, key=None, headers=sent)


@pytest.fixture
def components(open_components: Callable[[str], Components]) -> Components:
    """A server with a token for its pages."""
    return open_components(TABLE)


@pytest.fixture
def visitor(components: Components) -> Visitor:
    """Somebody who isn't logged in."""
    return Visitor(components)


def bury(components: Components, reason: str, code: int, count: int = 1, age: float = 0.0) -> None:
    """Let events become dead letters."""
    for _ in range(count):
        event = {
            **PERSON,
            "type": "track",
            "event": "Order Completed",
            "timestamp": time() - 60,
            "properties": {"revenue": 1, "currency": "EUR"},
        }
        (item,) = components.client.prepare(event).accepted
        components.client.outbox.put([item._replace(deadline=int(item.deadline - age))])
        claim = components.client.outbox.claim("shop", 1, 10_000, 60.0, time() - age)
        assert claim
        judgement = Judgement(verdict=Verdict.DEAD, code=code, reason=reason, advice="Look at the mapping.")
        components.client.outbox.bury(claim.lease, [item.id for item in claim.items], judgement, time())


def test_nobody_gets_in_without_a_password(visitor: Visitor) -> None:
    """Neither without a session, nor with one that was made up."""
    cookies = ("", f"{COOKIE}=x", f"{COOKIE}=99999999999.x.y", f"{COOKIE}=ä.ö.ü")
    for cookie, path in product(cookies, PAGES):
        visitor.cookie = cookie
        answer = visitor.get(path)
        assert answer.status == 303
        assert answer.headers["location"].startswith("/login?next=%2F")
        assert answer.body == ""
    assert visitor.post("/dead/replay", reason="x").headers["location"] == "/login"


def test_a_long_cookie_is_read_once(visitor: Visitor) -> None:
    """One of backslashes took 8 s of the event loop, for anybody: 50 would be ended by the limit of a test."""
    visitor.cookie = f'{COOKIE}="{chr(92) * 64_000}"'

    assert {303} == {visitor.get("/").status for _ in range(50)}


def test_a_strange_cookie_hides_no_session(visitor: Visitor) -> None:
    """Other programs at the same host set what they like."""
    visitor.log_in()
    session = visitor.cookie

    for other in ('prefs={"a":1}', "x", "näme=a b"):
        visitor.cookie = f"{other}; {session}"
        assert 200 == visitor.get("/").status


def test_without_a_password_in_the_configuration_the_pages_are_closed(
    open_components: Callable[[str], Components],
) -> None:
    """There is no default one; the page says what to do."""
    visitor = Visitor(open_components(KEYS))

    for answer in (*(visitor.get(path) for path in (*PAGES, "/login")), visitor.post("/login", secret="")):
        assert answer.status == 403
        assert "capi hash-password" in answer.body


def test_whoever_logs_in_sees_the_pages(visitor: Visitor) -> None:
    """Until they log out."""
    token = visitor.log_in()
    for path in PAGES:
        assert visitor.get(path).status == 200

    answer = visitor.post("/logout", token=token)

    assert answer.headers["location"] == "/login"
    assert "Max-Age=0" in answer.headers["set-cookie"]


def test_a_program_shows_the_token(visitor: Visitor) -> None:
    """And can't send forms with it."""
    assert visitor.get("/", Authorization=f"Bearer {TOKEN}").status == 200
    assert visitor.get("/", Authorization=f"Bearer {TOKEN}x").status == 303


def test_the_cookie_is_kept_from_scripts_and_other_sites(visitor: Visitor) -> None:
    """And from the wire, if there is TLS."""
    answer = visitor.post("/login", secret=TOKEN)

    attributes = answer.headers["set-cookie"].lower()
    assert "httponly" in attributes
    assert "samesite=strict" in attributes
    assert "secure" not in attributes


def test_the_login_leads_only_to_pages_of_ours(visitor: Visitor) -> None:
    """Else a link could send whoever logs in elsewhere."""
    for path, expected in (("/live", "/live"), ("//evil.example", "/"), ("https://evil.example", "/")):
        answer = visitor.post(f"/login?{urlencode({'next': path})}", secret=TOKEN)
        assert answer.headers["location"] == expected


def test_a_form_needs_the_session_s_token(components: Components, visitor: Visitor) -> None:
    """A page of somebody else can send a form, but doesn't know it."""
    visitor.log_in()
    bury(components, "It is wrong.", 100)
    forms: tuple[dict[str, str], ...] = ({}, {"token": ""}, {"token": "x"}, {"token": "0" * 64})

    for path, form in product(("/dead/replay", "/resume", "/logout"), forms):
        answer = visitor.post(path, **form, destination="shop")
        assert answer.status == 403
        assert "Not done" in answer.body
    assert len(components.client.dead_letters()) == 1


def test_a_form_from_another_site_is_refused(visitor: Visitor) -> None:
    """Also with the right token, and for the login."""
    token = visitor.log_in()

    for site in ("cross-site", "same-site"):
        assert visitor.post_from(site, "/logout", token=token).status == 403
        assert visitor.post_from(site, "/login", secret=TOKEN).status == 403


def test_a_long_form_is_refused(visitor: Visitor) -> None:
    """Before all of it is read."""
    token = visitor.log_in()

    assert visitor.post("/logout", token=token, more="x" * 30_000).status == 403


def test_any_form_is_answered(visitor: Visitor) -> None:
    """Of too many fields, or with anything in place of a number."""
    token = visitor.log_in()
    fields = {f"field-{number}": "" for number in range(51)}

    assert 403 == visitor.post("/login", secret=TOKEN, **fields).status
    assert 403 == visitor.post("/logout", token=token, **fields).status
    for code in ("--5", "-", "5-", "\u00b2", "\u0665", "9" * 30):
        assert 303 == visitor.post("/dead/replay", token=token, code=code, subcode=code).status


def test_tries_to_log_in_are_limited(visitor: Visitor) -> None:
    """5 in a minute from one address; another address has its own."""
    statuses = [visitor.post("/login", secret="wrong").status for _ in range(6)]
    answer = visitor.post("/login", secret=TOKEN)
    visitor.call_from("1.1.1.2")

    assert statuses == [401] * 5 + [429]
    assert answer.status == 429
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert visitor.post("/login", secret=TOKEN).status == 303


def test_who_has_many_addresses_guesses_no_faster(visitor: Visitor) -> None:
    """30 a minute together."""
    statuses = []
    for number in range(31):
        visitor.call_from(f"1.1.1.{number}")
        statuses.append(visitor.post("/login", secret="wrong").status)

    assert [401] * 30 + [429] == statuses


def test_tries_of_the_token_are_limited(visitor: Visitor) -> None:
    """As programs send it; other addresses, and who is logged in, don't suffer from it."""
    visitor.log_in()
    session = visitor.cookie
    visitor.cookie = ""
    statuses = [visitor.get("/", Authorization=f"Bearer wrong-{number}").status for number in range(6)]
    answer = visitor.get("/", Authorization=f"Bearer {TOKEN}")
    visitor.cookie = session
    logged_in = visitor.get("/")
    visitor.cookie = ""
    visitor.call_from("1.1.1.2")

    assert [303] * 5 + [429] == statuses
    assert 429 == answer.status
    assert 0 < int(answer.headers["retry-after"]) <= 60
    assert 200 == logged_in.status
    assert 200 == visitor.get("/", Authorization=f"Bearer {TOKEN}").status


def test_an_address_that_is_not_there_is_answered_to_people_and_programs(visitor: Visitor) -> None:
    """A page for the one, JSON for the other, whatever the method."""
    seen = visitor.get("/nothing/here", Accept="text/html,*/*")
    program = visitor.post("/track", type="page")

    assert (404, True) == (seen.status, "There is no such page" in seen.body)
    assert (404, False) == (program.status, program.body["success"])
    assert "/v1/" in program.body["error"]


@pytest.mark.parametrize(
    ("causes", "words"), [(51, "1 older cause is not shown"), (52, "2 older causes are not shown")]
)
def test_a_page_stays_short(causes: int, words: str, components: Components, visitor: Visitor) -> None:
    """However many causes there are; it says how many it leaves out."""
    for number in range(causes):
        bury(components, f"Cause {number}.", number)
    visitor.log_in()
    body = visitor.get("/dead").body

    assert 50 == body.count('class="card letter"')
    assert words in body


def test_the_worst_actions_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """If there are too many: those that failed, then those with most events, in their usual order."""
    monkeypatch.setattr("capi_actions_server.pages.overview._ACTIONS_SHOWN", 2)
    rows = [
        ActionRow(
            destination="shop", action=name, title=name, accepted_by_bar=[accepted], refused=0, dead=dead
        )
        for name, accepted, dead in (("a", 1, 0), ("b", 9, 0), ("c", 2, 1), ("d", 3, 0))
    ]

    assert ["b", "c"] == [row.action for row in _worst_and_busiest(rows)]


def test_every_page_has_the_headers(visitor: Visitor) -> None:
    """Nothing is loaded from elsewhere, stored, or shown in a frame."""
    visitor.log_in()
    for path in (*PAGES, "/login", "/static/pages.css", "/static/pages.js"):
        headers = visitor.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'; script-src 'self';")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == ("no-cache" if "static" in path else "no-store")
    assert visitor.get("/static/../routes.py").status == 404
    assert visitor.get("/static/nothing").status == 404


class Elements(HTMLParser):
    """Collects what the content security policy would forbid, and what a page needs to be read by everybody."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.labels: set[str] = set()
        self.headings: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if "style" in attributes or any(name.startswith("on") for name in attributes) or tag == "style":
            self.faults.append(f"{tag}: {attributes}")
        for name in ("src", "href", "action"):
            if not (attributes.get(name) or "/").startswith(("/", "#")):
                self.faults.append(f"{tag}: {attributes[name]}")
        if tag == "th" and not attributes.get("scope"):
            self.faults.append("th without scope")
        if tag == "svg" and not (attributes.get("aria-label") or attributes.get("aria-hidden")):
            self.faults.append("svg without a label")
        if tag in ("h1", "h2"):
            self.headings.append(tag)


def test_every_page_is_plain_html_of_ours(components: Components, visitor: Visitor) -> None:
    """No style or script in the page, nothing from elsewhere; headings in order, headers in tables."""
    visitor.log_in()
    bury(components, "It is <b>wrong</b>.", 100)
    for path in (*PAGES, "/?span=day", "/login"):
        elements = Elements()
        elements.feed(visitor.get(path).body)
        assert elements.faults == []
        assert elements.headings[0] == "h1"
        assert elements.headings.count("h1") == 1


def test_what_others_write_is_escaped(components: Components, visitor: Visitor) -> None:
    """Reasons, names of events, notices in the address."""
    visitor.log_in()
    bury(components, "<script>alert(1)</script>", 100)
    event = {"type": "track", "event": "<img src=x>", "userId": "u"}
    components.recent_events.add(time(), "<i>", "/v1/track", event, components.client.prepare(event))

    for path in ("/dead?notice=%3Cscript%3Ealert(2)%3C/script%3E", "/live?words=%22%3E%3Cscript%3E", "/live"):
        body = visitor.get(path).body
        assert "<script>" not in body
        assert "<img src=x>" not in body


def test_dead_letters_are_grouped_by_cause_and_sent_again(components: Components, visitor: Visitor) -> None:
    """Those of the group alone, and not what the platform wouldn't take any more."""
    token = visitor.log_in()
    bury(components, "The currency is wrong.", 100, count=3)
    bury(components, "The value is wrong.", 100)
    bury(components, "The currency is wrong.", 100, age=8 * 86_400)

    body = visitor.get("/dead").body
    fields = {"destination": "shop", "action": "facebook.purchase", "code": "100", "subcode": ""}
    answer = visitor.post("/dead/replay", token=token, reason="The currency is wrong.", **fields)

    assert body.count('class="card letter"') == 2
    assert "<strong>4</strong> of <strong>facebook.purchase</strong>" in body
    assert "1 is too old" in body
    assert answer.headers["location"] == "/dead?" + urlencode(
        {"notice": "3 sent again. 1 is too old for the platform."}
    )
    assert len(components.client.dead_letters()) == 2
    assert components.client.outbox.stats()["shop"].waiting == 3


def many_letters(components: Components, count: int, reason: str, code: int | None) -> None:
    """Let very many events become dead letters at once."""
    now = time()
    outbox = components.client.outbox
    shape = Item("shop", "facebook.purchase", None, "", int(now), int(now) + 86_400, "", b"{}")
    outbox.put([shape._replace(event_id=f"{reason}-{number}") for number in range(count)])
    judgement = Judgement(verdict=Verdict.DEAD, code=code, reason=reason)
    while claim := outbox.claim("shop", 5_000, 10**9, 60.0, now):
        outbox.bury(claim.lease, [item.id for item in claim.items], judgement, time())


def test_letters_behind_many_others_are_shown_and_sent_again(
    components: Components, visitor: Visitor
) -> None:
    """The outbox returns the oldest first; a cause without a code is looked for among those with any."""
    many_letters(components, 10_001, "The old cause.", 100)
    many_letters(components, 50, "The new cause.", None)
    token = visitor.log_in()

    body = visitor.get("/dead").body
    assert ["50", "10,001"] == re.findall(r"<strong>([\d,]+)</strong> of", body)
    assert '<td class="number failed">10,051</td>' in visitor.get("/").body
    assert '<td class="number failed">10,051</td>' in visitor.get("/?destination=shop").body

    fields = {"destination": "shop", "action": "facebook.purchase", "code": "", "subcode": ""}
    new = visitor.post("/dead/replay", token=token, reason="The new cause.", **fields)
    old = visitor.post("/dead/replay", token=token, reason="The old cause.", **{**fields, "code": "100"})

    assert "50+sent+again" in new.headers["location"]
    assert "10%2C001+sent+again" in old.headers["location"]
    assert components.client.outbox.stats()["shop"].dead == 0


def test_the_live_view_claims_no_delivery_that_it_doesn_t_know(
    components: Components, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With more dead letters than it reads, an event that has left the outbox may be any of the others."""
    monkeypatch.setattr("capi_actions_server.pages.live._LETTERS", 20)
    visitor.log_in()
    order = {"type": "track", "event": "Order Completed", "userId": "u", "timestamp": time()}
    receipt = components.client.prepare({**order, "properties": {"revenue": 1, "currency": "EUR"}})
    components.recent_events.add(time(), "main", "/v1/track", order, receipt)

    def chips(query: str = "") -> list[str]:
        return re.findall(r'class="chip (\w+)"', visitor.get(f"/live?rows&{query}").body)

    assert ["delivered"] == chips()
    many_letters(components, 20, "The cause.", 100)
    assert ["delivered"] == chips()
    components.client.store([receipt])
    many_letters(components, 0, "The last cause.", 100)
    assert ["unknown"] == chips()
    assert ["unknown"] == chips("state=unknown")
    assert "too many new dead letters" in visitor.get("/live").body
    monkeypatch.setattr("capi_actions_server.pages.live._LETTERS", 21)
    assert ["dead"] == chips()


def test_a_paused_destination_is_told_of_and_resumed(components: Components, visitor: Visitor) -> None:
    """With what to do."""
    token = visitor.log_in()
    judgement = Judgement(verdict=Verdict.PAUSE, reason="The token has expired.", advice="Make a new one.")
    components.client.outbox.pause("shop", judgement, time())

    body = visitor.get("/").body
    answer = visitor.post("/resume", token=token, destination="shop")

    assert "shop is paused" in body
    assert "The token has expired." in body
    assert "Make a new one." in body
    assert answer.status == 303
    assert components.client.outbox.paused() == {}


def test_the_status_of_one_destination_is_about_it_alone(components: Components, visitor: Visitor) -> None:
    """Its address can be handed on; one that doesn't exist shows all."""
    visitor.log_in()
    bury(components, "It is wrong.", 100)

    body = visitor.get("/?span=day&destination=shop").body

    assert "Status of shop" in body
    assert 'href="/?span=hour&amp;destination=shop"' in body
    assert "Status of" not in visitor.get("/?destination=%3Cb%3E").body


def test_nothing_personal_shows(components: Components, visitor: Visitor) -> None:
    """On no page, whatever became of the event."""
    visitor.log_in()
    for event in (
        {**PERSON, "type": "page"},
        {**PERSON, "type": "track", "event": "Order Completed"},
        {**PERSON, "type": "pgae"},
        {**PERSON, "type": "track", "event": "secret@example.com"},
        "secret@example.com",
    ):
        components.recent_events.add(time(), "main", "/v1/track", event, components.client.prepare(event))
    bury(components, "It is wrong.", 100)

    for path in PAGES:
        body = re.sub("[0-9a-f]{32,}", "", visitor.get(path).body)  # tokens of forms hold any digits
        assert "secret" not in body.lower()
        assert "198.51.100.77" not in body
        assert "555" not in body


def test_the_live_view_tells_what_became_of_each(components: Components, visitor: Visitor) -> None:
    """And shows only what one asks for."""
    visitor.log_in()
    order = {"type": "track", "event": "Order Completed", "userId": "u", "timestamp": time()}
    events: list[Any] = [
        {**order, "properties": {"revenue": 1, "currency": "EUR"}},
        order,
        {**order, "event": "Newsletter Opened"},
        {**order, "integrations": {"All": False}},
        {"type": "pgae"},
    ]
    for event in events:
        receipt = components.client.prepare(event)
        components.client.store([receipt])
        components.recent_events.add(time(), "main", "/v1/track", event, receipt)
    malformed = components.client.refuse(EventError.of("should be JSON"))
    components.recent_events.add(time(), "", "/v1/events", None, malformed)

    def chips(query: str = "") -> list[str]:
        return re.findall(r'class="chip (\w+)"', visitor.get(f"/live?rows&{query}").body)

    assert chips() == ["invalid", "invalid", "held", "unmatched", "refused", "waiting"]
    assert chips("state=held") == ["held"]
    assert chips("words=newsletter+MAIN") == ["unmatched"]
    assert chips("words=currency") == ["refused"]
    assert "None of the last events" in visitor.get("/live?words=nothing-like-it").body
    claim = components.client.outbox.claim("shop", 1, 10_000, 60.0, time())
    assert claim
    components.client.outbox.acknowledge(claim.lease, [item.id for item in claim.items])
    assert chips("words=facebook.purchase") == ["refused", "delivered"]


@given(st.text(min_size=1, max_size=30))
def test_a_session_is_of_its_settings_alone(other: str) -> None:
    """A new password ends all sessions; another server's are unknown."""
    sessions = Sessions(PageSettings(token=Secret(TOKEN)))
    others = Sessions(PageSettings(token=Secret(f"{TOKEN}{other}")))
    cookie = sessions.cookie()

    assert sessions.session(cookie)
    assert others.session(cookie) is None
    assert sessions.session(f"{cookie}{other}") is None
    assert sessions.session(other) is None


def test_a_session_ends() -> None:
    """After the hours of the configuration."""
    now = [1_000_000.0]
    sessions = Sessions(PageSettings(token=Secret(TOKEN), session_hours=1), lambda: now[0])
    cookie = sessions.cookie()
    now[0] += 3_599
    assert sessions.session(cookie)
    now[0] += 1

    assert sessions.session(cookie) is None


def cheap_hash(password: str) -> str:
    """Return a hash that is verified quickly."""
    digest = hashlib.scrypt(password.encode(), salt=b"salt-of-16-bytes", n=2, r=8, p=1, dklen=32)
    return f"scrypt$2$8$1${b64encode(b'salt-of-16-bytes').decode()}${b64encode(digest).decode()}"


@given(st.text(max_size=20), st.text(max_size=20))
def test_only_the_password_has_its_hash(password: str, other: str) -> None:
    """In any script."""
    stored = cheap_hash(password.encode("utf-8", "replace").decode())

    assert verify_password(password.encode("utf-8", "replace").decode(), stored)
    assert verify_password(other, stored) is (other == password)


@given(
    st.text(max_size=60)
    | st.from_regex(r"scrypt\$\d{1,9}\$\d{1,3}\$\d{1,3}\$[A-Za-z0-9+/]{24}\$[A-Za-z0-9+/]{44}")
)
def test_any_text_is_a_hash_or_not(text: str) -> None:
    """One that can't be verified is refused when the configuration is read, not at the login."""
    if not is_password_hash(text):
        assert not verify_password("password", text)


def test_the_command_prints_a_hash(open_components: Callable[[str], Components]) -> None:
    """That the configuration takes; a short password is refused."""
    result = CliRunner().invoke(hash_command, input="correct horse battery\n")
    short = CliRunner().invoke(hash_command, input="secret\n")

    stored = result.stdout.strip()
    assert verify_password("correct horse battery", stored)
    assert short.exit_code == 1
    assert "10 characters or more" in short.stderr
    open_components(f'{KEYS}[server.pages]\npassword_hash = "{stored}"\n')


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ('token = "short"', "$.server.pages.token: should have 16 characters or more"),
        (
            'password_hash = "letmein"',
            "$.server.pages.password_hash: should be what `capi hash-password` prints",
        ),
        ('password = "letmein"', "$.server.pages: 'password' isn't known here"),
        (
            'token = "0123456789abcdef"\nsession_hours = 0',
            "$.server.pages.session_hours: should be from 1 to 720",
        ),
    ],
)
def test_a_secret_that_protects_nothing_is_refused(
    open_components: Callable[[str], Components], table: str, problem: str
) -> None:
    """When the server starts, with what would be right and without the secret."""
    with pytest.raises(ConfigError) as caught:
        open_components(f"{KEYS}[server.pages]\n{table}\n")

    assert problem in str(caught.value)
    assert "letmein" not in str(caught.value)


def test_counts_that_can_t_be_read_are_told_of(components: Components, visitor: Visitor) -> None:
    """Not a page without events, nor a stack trace."""
    visitor.log_in()
    path = components.config.folder / "capi-outbox.sqlite3-history"
    path.write_bytes(b"no database" * 1_000)

    answer = visitor.get("/")

    assert answer.status == 503
    assert "can&#39;t be read" in answer.body or "can't be read" in answer.body
    assert "file is not a database" in answer.body
    assert "Traceback" not in answer.body
