"""Web requests: click and browser ids as Meta's own parameter builder makes them, run beside ours."""

from types import SimpleNamespace
from typing import Any

import pytest
from capi_param_builder import ParamBuilder
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import Plugins, TrustedProxies, WebRequest
from capi_actions.testing import build_item
from capi_actions_facebook import web
from capi_actions_facebook.web import Cookie, cookie_domain, read_visit

NOW = 1_795_454_652.25
APPENDIX = ("AQIAAQMC", "AQICAQMC", "AQIDAQMC")  # the parameter builder's own: nothing changed, new, changed
CLICKS = st.text("abcXYZ0189_-", min_size=4, max_size=40).map("Iw{}".format)
TIMES = st.integers(10**12, 2 * 10**12)
OLD_APPENDICES = st.sampled_from(
    ["", ".AQ", ".Ag", ".Aw", ".BA", ".BQ", ".Bg", *(f".{text}" for text in APPENDIX)]
)
LABELS = st.from_regex(r"[a-z][a-z0-9-]{0,8}[a-z0-9]", fullmatch=True)
NAMES = st.lists(LABELS, min_size=1, max_size=3).map(".".join)
DOMAINS = NAMES.map("{}.example".format)
PORTS = st.sampled_from(["", ":80", ":8443"])
HOSTS = st.builds(
    "{}{}".format, DOMAINS | st.sampled_from(["198.51.100.7", "localhost", "[2001:db8::1]"]), PORTS
)
CLICK_IDS = st.builds("fb.{}.{}.{}{}".format, st.integers(0, 4), TIMES, CLICKS, OLD_APPENDICES)
BROWSER_IDS = st.builds(
    "fb.{}.{}.{}{}".format, st.integers(0, 4), TIMES, st.integers(0, 2**31 - 1), OLD_APPENDICES
)
DAMAGED = st.sampled_from(["undefined", "null", "fb.1.2", "fb.1.2.3.4.5", "fb.1.1795000000000.1.x", "GA1.1"])
QUERIES = st.lists(
    st.builds("utm_source={}".format, LABELS) | st.builds("fbclid={}".format, CLICKS) | st.just("gclid=x"),
    max_size=3,
).map("&".join)
REFERRERS = st.none() | st.builds("https://{}/p?{}#top".format, DOMAINS, QUERIES)
COOKIES = st.fixed_dictionaries(
    {}, optional={"_fbc": CLICK_IDS | DAMAGED, "_fbp": BROWSER_IDS | DAMAGED, "session id[x]": st.just("a=b")}
)
PATHS = st.lists(LABELS, max_size=3).map(lambda labels: "/" + "/".join(labels))


@pytest.fixture(autouse=True)
def one_clock_and_one_random_number(monkeypatch: pytest.MonkeyPatch) -> None:
    """For both, so that their results can be equal to the last character."""
    monkeypatch.setattr("capi_param_builder.param_builder.time", SimpleNamespace(time=lambda: NOW))
    monkeypatch.setattr(
        "capi_param_builder.param_builder.random",
        SimpleNamespace(randint=lambda low, high: (low + high) // 3),
    )
    monkeypatch.setattr(web, "randbelow", lambda end: (end - 1) // 3)


@st.composite
def requests(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a request as a WSGI environ or an ASGI scope."""
    headers = {"host": draw(HOSTS)}
    if cookies := draw(COOKIES):
        headers["cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
    if referrer := draw(REFERRERS):
        headers["referer"] = referrer
    scheme, path, query = draw(st.sampled_from(["http", "https"])), draw(PATHS), draw(QUERIES)
    if draw(st.booleans()):
        return environ(headers, scheme, path, query)
    return scope(headers, scheme, path, query)


def environ(
    headers: dict[str, str], scheme: str = "https", path: str = "/", query: str = ""
) -> dict[str, Any]:
    """Return a WSGI environ."""
    named = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()}
    parts = {"REQUEST_METHOD": "GET", "wsgi.url_scheme": scheme, "PATH_INFO": path, "QUERY_STRING": query}
    return {**parts, "REMOTE_ADDR": "203.0.113.4", **named}


def scope(headers: dict[str, str], scheme: str = "https", path: str = "/", query: str = "") -> dict[str, Any]:
    """Return an ASGI scope."""
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    parts = {"type": "http", "scheme": scheme, "path": path, "query_string": query.encode()}
    return {**parts, "client": ("203.0.113.4", 4711), "headers": encoded}


def plain(value: str | None) -> str | None:
    """Return a value without an appendix of this version of the parameter builder."""
    head, _, tail = (value or "").rpartition(".")
    return head if tail in APPENDIX else value


def test_meta_s_appendix_is_the_one_expected() -> None:
    """Else the tests below would compare appendices."""
    builder = ParamBuilder()

    assert APPENDIX == (builder.appendix_no_change, builder.appendix_net_new, builder.appendix_modified_new)


@pytest.mark.soak
@given(requests(), st.none() | st.lists(DOMAINS, max_size=2))
def test_the_parameter_builder_gives_the_same(request: dict[str, Any], domains: list[str] | None) -> None:
    """Ids, cookies with their domain and age, and addresses; but for the appendix, which names Meta's program."""
    builder = ParamBuilder(domains)
    meta_cookies = builder.process_request_from_context(request)

    visit = read_visit(request, domains=domains or (), now=NOW)

    assert plain(builder.get_fbc()) == plain(visit.context.get("fbc"))
    assert plain(builder.get_fbp()) == plain(visit.context["fbp"])
    incoming = WebRequest.of(request).cookies
    assert {
        (
            cookie.name,
            plain(cookie.value),
            cookie.max_age,
            None if is_host_alone(cookie.domain) else cookie.domain,
        )
        for cookie in meta_cookies
        if plain(cookie.value) != incoming.get(cookie.name)  # it only adds the appendix
    } == {(cookie.name, cookie.value, cookie.max_age, cookie.domain) for cookie in visit.cookies}
    assert plain(builder.get_event_source_url()) == visit.context["page"]["url"]
    assert plain(builder.get_referrer_url()) == visit.context["page"].get("referrer")


def is_host_alone(domain: str) -> bool:
    """Return whether a browser refuses a cookie for this domain, or takes it for this host alone."""
    return domain.startswith("[") or "." not in domain


@pytest.mark.parametrize(
    ("request_", "meta_fbc", "fbc"),
    [
        # An empty click id makes the parameter builder write a cookie without one.
        (environ({"host": "a.example"}, query="fbclid="), "fb.1.1795454652250..AQICAQMC", None),
        (
            environ({"host": "a.example"}, query="fbclid=undefined"),
            "fb.1.1795454652250.undefined.AQICAQMC",
            None,
        ),
        (environ({"host": "a.example"}, query="fbclid=a%0d%0ab"), "fb.1.1795454652250.a\r\nb.AQICAQMC", None),
        (environ({"host": "a.example"}, query="fbclid=a.b"), "fb.1.1795454652250.a.b.AQICAQMC", None),
        # Any four parts are a click id to it; Meta's API complains about those of another form.
        (environ({"host": "a.example", "cookie": "_fbc=fb.1.now.x"}), "fb.1.now.x.AQIAAQMC", None),
        (environ({"host": "a.example", "cookie": "_fbc=a.b.c.d"}), "a.b.c.d.AQIAAQMC", None),
    ],
    ids=["empty", "placeholder", "line break", "dot", "no time", "four words"],
)
def test_differences_in_click_ids_are_on_purpose(
    request_: dict[str, Any], meta_fbc: str, fbc: str | None
) -> None:
    """What would be refused, or could write another header, is no click id."""
    builder = ParamBuilder()
    builder.process_request_from_context(request_)

    assert meta_fbc == builder.get_fbc()
    assert fbc == read_visit(request_, now=NOW).context.get("fbc")


@pytest.mark.parametrize(
    ("host", "meta_domain", "domain"),
    [
        ("198.51.100.7", "[198.51.100.7]", None),  # no browser takes it
        ("localhost", "localhost", None),  # the same cookie
        ("shop.co.uk", "co.uk", "shop.co.uk"),  # no browser takes it: everybody could read it
        ("www.shop.co.uk", "shop.co.uk", "shop.co.uk"),
        ("a.example\r\nX: y", "a.example\r\nX", None),
    ],
)
def test_differences_in_domains_are_on_purpose(host: str, meta_domain: str, domain: str | None) -> None:
    """A cookie that the browser refuses is made anew with each request."""
    builder = ParamBuilder()
    (cookie,) = builder.process_request(host, {}, {})

    assert meta_domain == cookie.domain
    assert domain == cookie_domain(host)


def test_a_browser_id_that_is_no_number_is_made_anew() -> None:
    """The parameter builder keeps it, and Meta ignores it."""
    request = environ({"host": "a.example", "cookie": "_fbp=fb.1.1795000000000.abc"})
    builder = ParamBuilder()
    builder.process_request_from_context(request)

    assert builder.get_fbp() == "fb.1.1795000000000.abc.AQIAAQMC"
    assert read_visit(request, now=NOW).context["fbp"].startswith("fb.1.1795454652250.")


def test_without_consent_nothing_is_made() -> None:
    """The ids that are there already are read."""
    headers = {"host": "a.example", "cookie": "_fbp=fb.1.1795000000000.7"}

    visit = read_visit(environ(headers, query="fbclid=IwAbc"), make_ids=False)

    assert visit.context["fbp"] == "fb.1.1795000000000.7"
    assert "fbc" not in visit.context
    assert visit.cookies == []


def test_the_ids_stay_over_the_requests_of_a_visit() -> None:
    """What is set is what the next request is read with."""
    landing = read_visit(environ({"host": "www.a.example"}, query="fbclid=IwAbc"), now=NOW)
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in landing.cookies)

    later = read_visit(environ({"host": "www.a.example", "cookie": cookies}), now=NOW + 60)

    assert later.cookies == []
    assert {key: landing.context[key] for key in ("fbc", "fbp")} == {
        key: later.context[key] for key in ("fbc", "fbp")
    }


def test_a_cookie_is_written_as_browsers_take_it() -> None:
    """The pixel reads it, so it isn't kept from scripts."""
    secure = Cookie(name="_fbp", value="fb.1.1795000000000.7", domain="a.example")
    local = Cookie(name="_fbp", value="fb.0.1795000000000.7", secure=False)

    assert secure.header() == (
        "_fbp=fb.1.1795000000000.7; Max-Age=7776000; Path=/; Domain=a.example; SameSite=Lax; Secure"
    )
    assert local.header() == "_fbp=fb.0.1795000000000.7; Max-Age=7776000; Path=/; SameSite=Lax"


@given(st.text(max_size=40), st.text(max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_no_request_breaks_out_of_a_cookie(host: str, cookie: str, query: str, referrer: str) -> None:
    """Headers and addresses are written by strangers."""
    headers = {
        "host": host,
        "cookie": f"_fbc={cookie}; _fbp={cookie}",
        "referer": f"https://a/?fbclid={referrer}",
    }

    visit = read_visit(environ(headers, query=f"fbclid={query}"), now=NOW)

    for set_cookie in visit.cookies:
        name_and_value, *attributes = set_cookie.header().split("; ")
        assert name_and_value == f"{set_cookie.name}={set_cookie.value}"
        assert len(attributes) == 4 + (set_cookie.domain is not None)
        assert set_cookie.header().isascii()
        assert set_cookie.header().isprintable()


def test_a_request_reaches_meta_as_an_event() -> None:
    """The context is where the prebuilt mappings look for it."""
    headers = {
        "host": "shop.a.example",
        "user-agent": "Mozilla/5.0",
        "referer": "https://b.example/",
        "x-forwarded-for": "192.0.2.9, 2001:db8::7",
    }
    visit = read_visit(
        scope(headers, path="/cart", query="fbclid=IwAbc"),
        proxies=TrustedProxies(["203.0.113.0/24"]),
        now=NOW,
    )
    event = {"type": "page", "messageId": "m-1", "timestamp": NOW, "context": visit.context}
    item = build_item(Plugins.installed(), "facebook.page_view", event)

    assert item["event_source_url"] == "https://shop.a.example/cart?fbclid=IwAbc"
    assert item["referrer_url"] == "https://b.example/"
    assert item["action_source"] == "website"
    assert item["user_data"] == {
        "client_ip_address": "2001:db8::7",
        "client_user_agent": "Mozilla/5.0",
        "fbc": "fb.1.1795454652250.IwAbc",
        "fbp": "fb.1.1795454652250.715827882",
    }


def test_domains_are_a_list() -> None:
    """A string would be read as its letters."""
    with pytest.raises(TypeError, match=r"domains should be a list of names, not the string 'a.example'"):
        read_visit(environ({}), domains="a.example")


@pytest.mark.parametrize("referrer", ["http://[", "http://[x]/?fbclid=IwAbc", "//", "\x00", "?fbclid=IwAbc"])
def test_any_referrer_can_be_read(referrer: str) -> None:
    """Browsers send good ones; others send anything."""
    visit = read_visit(environ({"host": "a.example", "referer": referrer}), now=NOW)

    assert visit.context["page"]["referrer"] == referrer
    assert visit.context.get("fbc") in (None, "fb.1.1795454652250.IwAbc")


def test_a_visit_shows_nothing_personal_in_a_log() -> None:
    """Programs print what they don't understand."""
    visit = read_visit(environ({"host": "a.example", "user-agent": "secret"}), now=NOW)

    assert "secret" not in repr(visit)
    assert "203.0.113.4" not in repr(visit)
