"""The broken plugins: a small sound one, and for each case the lines that break it."""

import re
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent, indent

from attrs import frozen

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "outbox.md"

# In each "#: NAME" line a case may put lines of its own.
_SOUND = '''
import datetime, itertools, os, random, time, uuid

import attrs
import click

from capi_actions import *

DAY = 86_400
COUNTER, STATE, KEPT = itertools.count(), {}, []


@attrs.frozen(kw_only=True)
class Settings:
    url: str = "http://127.0.0.1:9/items"
    normalization: str = "broken"


class Platform(Destination):
    name = "broken"
    settings_type = Settings
    max_items = 100

    def prepare(self, data, group, content_id):
        #: PREPARE
        return Prepared(data["id"], data["at"], data["at"] + 36_500 * DAY, group)

    def check(self, data, now):
        #: CHECK
        return []

    def envelope(self, batch):
        bodies = batch.bodies
        #: ENVELOPE
        body = b"[" + b",".join(bodies) + b"]"
        return Request(method="POST", url=self.settings.url, headers={"content-type": "application/json"}, body=body)

    def judge(self, response):
        #: JUDGE
        if response.status == 200:
            return Judgement(verdict=Verdict.DONE)
        return Judgement(verdict=Verdict.LATER, reason="The platform can't take events now.")


@action("broken.ping", title="Ping", trigger='type = "track"')
class Ping:
    """Something happened."""

    id: str = from_path("$.messageId", label="Id")
    at: int = field(1_799_999_000, label="At")
    total: float | None = from_path("$.properties.total", label="Total")
    props: dict | None = from_path("$.properties", label="Properties")
    email: str | None = from_path("$.context.traits.email", label="Email", hashed="em")
    #: FIELDS

    def build(self):
        item = {"id": self.id, "at": self.at, "who": self.email}
        #: BUILD
        return item


def normalize(text):
    #: NORMALIZE
    return text.strip().lower()


@hookimpl
def capi_destinations():
    return [Platform]


@hookimpl
def capi_actions():
    return [Ping]


@hookimpl
def capi_normalizers():
    return [Normalizer(profile="broken", key="em", normalize=normalize, otherwise="raw")]


#: MORE
'''


@frozen(kw_only=True)
class Broken:
    """One broken plugin.

    :ivar title: what is broken.
    :ivar changes: lines for the places of the sound plugin, by the place's name.
    """

    title: str
    changes: Mapping[str, str]

    @property
    def source(self) -> str:
        """The plugin's module."""

        def lines(match: re.Match[str]) -> str:
            change = self.changes.get(match["place"])
            return indent(dedent(change).strip(), match["indent"]) if change else ""

        return re.sub(r"^(?P<indent> *)#: (?P<place>[A-Z]+)$", lines, _SOUND, flags=re.MULTILINE)

    def has(self, hook: str) -> bool:
        """Return whether it implements a hook beyond the sound plugin's."""
        return f"def {hook}(" in self.changes.get("MORE", "")


def memory_outbox() -> str:
    """Return the code of the outbox in memory that the page on outboxes shows, without its hook."""
    code, _ = re.findall(
        r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    return str(code).partition("@hookimpl")[0]


def _build(title: str, lines: str, fields: str = "") -> Broken:
    return Broken(title=f"`build` {title}", changes={"BUILD": lines, "FIELDS": fields})


RAW = 'raw: str | None = from_path("$.context.traits.email", label="Raw")'
_SENT = 'return Request(method="POST", url=self.settings.url, body=b"[" + b",".join(bodies) + b"]", '


def _method(name: str, title: str, lines: str) -> Broken:
    return Broken(title=f"`{name}` {title}", changes={name.upper(): lines})


def _wrapped(title: str, send: str, *, close: str = "self.inner.close()") -> Broken:
    """Return a plugin whose transport is the core's own, with something around it."""
    make = "def __init__(self): self.inner, self.jar = Urllib3Transport(), ''"
    broken = _transport(title, send, extra=make, close=f"def close(self): {close}")
    imported = "from capi_actions.builtin.transport.urllib3 import Urllib3Transport\n"
    return Broken(title=broken.title, changes={"MORE": imported + broken.changes["MORE"]})


def _directive(title: str, lines: str, *, field: str = "", build: str = "") -> Broken:
    more = f"""
def compile_directive(value, compiler):
{indent(dedent(lines).strip(), "    ")}


@hookimpl
def capi_directives():
    return [Directive(name="@broken", compile=compile_directive)]
"""
    changes = {"MORE": more}
    if field:
        changes["FIELDS"] = f'x: {field} | None = field({{"@broken": 1}}, label="X")'
    if build:
        changes["BUILD"] = build
    return Broken(title=f"a directive {title}", changes=changes)


def _transport(title: str, send: str, *, extra: str = "", close: str = "def close(self): pass") -> Broken:
    more = f"""
class Transport:
    {extra}
    def send(self, request):
{indent(dedent(send).strip(), "        ")}

    {close}


@hookimpl
def capi_transports():
    return [TransportFactory(name="broken", make=Transport)]
"""
    return Broken(title=f"a transport {title}", changes={"MORE": more})


def _outbox(title: str, methods: str, *, judge: str = "") -> Broken:
    more = f"""
class Store(MemoryOutbox):
{indent(dedent(methods).strip(), "    ")}


@hookimpl
def capi_outboxes():
    return [OutboxFactory(name="broken", make=Store)]
"""
    changes = {"MORE": memory_outbox() + more}
    if judge:
        changes["JUDGE"] = judge
    return Broken(title=f"an outbox {title}", changes=changes)


def _observer(title: str, body: str, *, offered: str = "Watcher") -> Broken:
    more = f"""
class Watcher:
{indent(dedent(body).strip(), "    ")}


@hookimpl
def capi_report():
    return [{offered}]
"""
    return Broken(title=f"an observer {title}", changes={"MORE": more})


def _command(title: str, code: str, offered: str) -> Broken:
    more = f"{dedent(code).strip()}\n\n\n@hookimpl\ndef capi_commands():\n    return [{offered}]\n"
    return Broken(title=f"a command {title}", changes={"MORE": more})


def _table(title: str, members: str, *, example: str = "") -> Broken:
    more = f"""
def check_limit(instance, attribute, value):
    if value > 100:
        raise ValueError("should be at most 100")


@attrs.frozen(kw_only=True)
class Table:
{indent(dedent(members).strip(), "    ")}


@hookimpl
def capi_tables():
    return [ConfigTable(name="broken", settings_type=Table, example={example!r})]
"""
    return Broken(title=f"a table {title}", changes={"MORE": more})


_LIMIT = '"""Settings.\n\n:ivar limit: the most that is taken.\n"""\nlimit: int = attrs.field('


def _filter(title: str, body: str) -> Broken:
    more = f"""
def apply(event):
{indent(dedent(body).strip(), "    ")}


@hookimpl
def capi_events():
    return [EventFilter(name="broken", apply=apply)]
"""
    return Broken(title=f"a filter {title}", changes={"MORE": more})


def _format(title: str, body: str) -> Broken:
    more = f"""
def convert(record):
{indent(dedent(body).strip(), "    ")}


@hookimpl
def capi_inputs():
    return [InputFormat(name="broken", convert=convert)]
"""
    return Broken(title=f"a format {title}", changes={"MORE": more})


PLUGINS: Mapping[str, Broken] = {
    "sound": Broken(title="nothing: a sound plugin", changes={}),
    "build_random_id": _build("adds a random id", 'item["u"] = str(uuid.uuid4())'),
    "build_clock": _build("adds the present in seconds", 'item["t"] = int(time.time())'),
    "build_precise_clock": _build("adds the present", 'item["t"] = time.time()'),
    "build_today": _build("adds the date", 'item["t"] = str(datetime.date.today())'),
    "build_now": _build("adds the present as a text", 'item["t"] = str(datetime.datetime.now())[:10]'),
    "build_counter": _build("counts slowly", 'item["n"] = next(COUNTER) // 1000'),
    "build_hash": _build("adds `hash()` of a text", 'item["s"] = hash(self.id)'),
    "build_set_order": _build(
        "adds a set in its order", 'item["s"] = list({"a" + self.id, "b" + self.id, "c", "d", "e"})'
    ),
    "build_environment": _build("reads the environment", 'item["s"] = os.environ.get("USER", "")'),
    "build_time_zone": _build(
        "reads the time zone", 'item["s"] = time.strftime("%H", time.localtime(self.at))'
    ),
    "build_changes_event": _build(
        "changes an object of the event", 'if self.props is not None: self.props["seen"] = 1'
    ),
    "build_changes_list": _build(
        "changes an object in a list of the event",
        """
        for product in (self.props or {}).get("products") or []:
            if isinstance(product, dict): product["x"] = 1
        """,
    ),
    "build_raises": _build("always raises", 'raise ValueError("boom " + str(self.id))'),
    "build_raises_sometimes": _build("raises for some events", "if self.total is not None: 1 / 0"),
    "build_raises_rarely": _build(
        "raises for a property that it doesn't map", 'if self.props and "rental_days" in self.props: 1 / 0'
    ),
    "build_list": _build("returns a list", "item = [1]"),
    "build_none": _build("returns None", "item = None"),
    "build_set": _build("adds a set", 'item["s"] = {1}'),
    "build_datetime": _build("adds a datetime", 'item["s"] = datetime.datetime(2020, 1, 1)'),
    "build_nan": _build("adds NaN", 'item["s"] = float("nan")'),
    "build_bytes": _build("adds bytes", 'item["s"] = b"x"'),
    "build_number_keys": _build("adds an object with a number as key", 'item["s"] = {1: 2}'),
    "build_huge": _build("makes an item of 5 MB", 'item["s"] = "x" * 5_000_000'),
    "build_slow": _build("takes 0.2 seconds", "time.sleep(0.2)"),
    "build_slow_a_little": _build("takes 5 milliseconds", "time.sleep(0.005)"),
    "build_holds_itself": _build("makes an object that holds itself", 'item["s"] = item'),
    "build_exits": _build("raises SystemExit", "raise SystemExit(3)"),
    "build_required_raises": Broken(
        title="`build` always raises, after a required property of its own",
        changes={"FIELDS": 'days: int = from_path("$.properties.days", label="Days")', "BUILD": "1 / 0"},
    ),
    "build_required_random": Broken(
        title="`build` adds a random id, after a required property of its own",
        changes={
            "FIELDS": 'days: int = from_path("$.properties.days", label="Days")',
            "BUILD": 'item["u"] = str(uuid.uuid4())',
        },
    ),
    "build_async": Broken(
        title="`build` is `async`",
        changes={
            "MORE": '@action("broken.pong", title="Pong")\nclass Pong:\n    id: str = from_path("$.messageId")\n    async def build(self): return {}\n'
        },
    ),
    "build_parameter": Broken(
        title="`build` takes a parameter more",
        changes={
            "MORE": '@action("broken.pong", title="Pong")\nclass Pong:\n    id: str = from_path("$.messageId")\n    def build(self, event): return {}\n'
        },
    ),
    "action_plain_base": Broken(
        title="the fields of an action's base class aren't attrs fields",
        changes={
            "MORE": 'class Base:\n    id: str = from_path("$.messageId")\n@action("broken.pong", title="Pong")\nclass Pong(Base):\n    def build(self): return {}\n'
        },
    ),
    "prepare_none": _method("prepare", "returns None", "return None"),
    "prepare_float": _method(
        "prepare", "returns times with fractions", 'return Prepared("x", 1.5, 1795000000.5, group)'
    ),
    "prepare_text_deadline": _method(
        "prepare", "returns a deadline as text", 'return Prepared(data["id"], 1, "tomorrow", group)'
    ),
    "prepare_tuple": _method("prepare", "returns a plain tuple", 'return ("x", 1, 2795000000, "")'),
    "prepare_number_id": _method(
        "prepare", "returns a number as id", "return Prepared(5, 1795000000, 2795000000, group)"
    ),
    "prepare_empty_id": _method(
        "prepare", "returns an empty id", 'return Prepared("", 1795000000, 2795000000, group)'
    ),
    "prepare_null_id": _method(
        "prepare",
        "makes the same id of all events without one",
        'return Prepared(str(data.get("id")), 1795000000, 2795000000, group)',
    ),
    "prepare_raises": _method("prepare", "raises KeyError", 'data["nope"]'),
    "prepare_random_id": _method(
        "prepare", "makes a random id", "return Prepared(str(uuid.uuid4()), 1795000000, 2795000000, group)"
    ),
    "prepare_past_deadline": _method(
        "prepare", "returns a deadline long past", 'return Prepared("x", 1, 2, group)'
    ),
    "check_texts": _method("check", "returns texts", 'return ["bad thing"]'),
    "check_none": _method("check", "returns None", "return None"),
    "check_raises": _method("check", "raises KeyError", 'data["nope"]'),
    "check_changes": _method("check", "changes the item", 'data["t"] = now'),
    "envelope_none": _method("envelope", "returns None", "return None"),
    "envelope_raises": _method("envelope", "raises KeyError", 'raise KeyError("nope")'),
    "envelope_exits": _method("envelope", "raises SystemExit", "raise SystemExit(3)"),
    "envelope_text_body": _method(
        "envelope",
        "makes a body of text",
        'return Request(method="POST", url=self.settings.url, headers={}, body="[]")',
    ),
    "envelope_drops": _method("envelope", "leaves out all items but the first", "bodies = bodies[:1]"),
    "envelope_bad_url": _method(
        "envelope",
        "makes a URL that is none",
        'return Request(method="POST", url="nonsense", headers={}, body=b"[" + b",".join(bodies) + b"]")',
    ),
    "envelope_line_break": _method(
        "envelope",
        "puts a line break into a header",
        'return Request(method="POST", url=self.settings.url, headers={"x": "a\\nb"}, body=b"[" + b",".join(bodies) + b"]")',
    ),
    "judge_none": _method("judge", "returns None", "return None"),
    "judge_raises": _method("judge", "raises KeyError", 'raise KeyError("nope")'),
    "judge_exits": _method("judge", "raises SystemExit", "raise SystemExit(3)"),
    "judge_text_verdict": _method("judge", "returns a verdict as text", 'return Judgement(verdict="done")'),
    "judge_after_text": _method(
        "judge",
        "returns seconds as text",
        'return Judgement(verdict=Verdict.THROTTLED, after="5", reason="Slow down.")',
    ),
    "judge_after_infinite": _method(
        "judge",
        "returns infinite seconds",
        'return Judgement(verdict=Verdict.THROTTLED, after=float("inf"), reason="Slow down.")',
    ),
    "judge_verdict_alone": _method("judge", "returns a verdict alone", "return Verdict.DONE"),
    "judge_index_beyond": _method(
        "judge",
        "names an item that the request doesn't have",
        'return Judgement(verdict=Verdict.SPLIT, index=99, reason="No.")',
    ),
    "normalizer_raises": _method("normalize", "always raises", "raise ValueError(text)"),
    "normalizer_raises_rarely": _method("normalize", "raises for what isn't ASCII", 'text.encode("ascii")'),
    "normalizer_number": _method("normalize", "returns a number", "return 5"),
    "normalizer_bytes": _method("normalize", "returns bytes", "return text.encode()"),
    "normalizer_slow": _method("normalize", "takes 0.2 seconds", "time.sleep(0.2)"),
    "normalizer_clock": _method("normalize", "adds the present", "return text + str(time.time())"),
    "normalizer_surrogate": _method("normalize", "adds a lone surrogate", "return text + chr(0xD800)"),
    "normalizer_grows": _method("normalize", "changes what it has normalized", 'return "x" + text'),
    "normalizer_otherwise": Broken(
        title="a normalizer's `otherwise` is misspelt",
        changes={
            "MORE": 'capi_normalizers = hookimpl(lambda: [Normalizer(profile="broken", key="em", normalize=normalize, otherwise="row")], specname="capi_normalizers")\n'
        },
    ),
    "directive_raises": _directive("raises, and no action uses it", "return lambda event: 1 / 0"),
    "directive_raises_in_use": _directive(
        "raises, and an action uses it", "return lambda event: 1 / 0", field="str"
    ),
    "directive_no_function": _directive("returns no function", "return None"),
    "directive_no_function_in_use": _directive(
        "returns no function, and an action uses it", "return None", field="str"
    ),
    "directive_compile_raises": _directive("raises when it is compiled", 'raise KeyError("nope")'),
    "directive_changes_event": _directive(
        "changes the event",
        """
        def resolve(event):
            event["seen"] = 1
            return "x"
        return resolve
        """,
        field="str",
    ),
    "directive_random": _directive(
        "makes random values for an action",
        "return lambda event: str(random.random())",
        field="str",
        build='item["x"] = self.x',
    ),
    "directive_random_unsent": _directive(
        "makes random values that an action doesn't send",
        "return lambda event: str(random.random())",
        field="str",
    ),
    "directive_random_unused": _directive(
        "makes random values, and no action uses it", "return lambda event: str(random.random())"
    ),
    "directive_set": _directive(
        "makes a set for an action",
        'return lambda event: {"a": {1}}',
        field="dict",
        build='item["x"] = self.x',
    ),
    "directive_set_unsent": _directive(
        "makes a set that an action doesn't send", 'return lambda event: {"a": {1}}', field="dict"
    ),
    "transport_lies": _transport(
        "says that everything arrived", 'return Response(status=200, headers={}, body=b"")'
    ),
    "transport_none": _transport("returns None", "return None"),
    "transport_os_error": _transport("raises OSError", 'raise OSError("nope " + str(request.headers))'),
    "transport_value_error": _transport("raises ValueError", 'raise ValueError("nope")'),
    "transport_text_status": _transport(
        "returns the status as text", 'return Response(status="200", headers={}, body=b"")'
    ),
    "transport_text_body": _transport(
        "returns text and no headers", 'return Response(status=200, headers=None, body="x")'
    ),
    "transport_hangs": _transport(
        "never returns", 'time.sleep(3)\nreturn Response(status=200, headers={}, body=b"")'
    ),
    "transport_exits": _transport("raises SystemExit", "raise SystemExit(3)"),
    "transport_no_close": _transport(
        "has no `close`", 'return Response(status=200, headers={}, body=b"")', close=""
    ),
    "transport_make_raises": _transport(
        "can't be made", "pass", extra='def __init__(self): raise OSError("no card")'
    ),
    "transport_no_factory": Broken(
        title="a transport is offered without a factory",
        changes={
            "MORE": "class T:\n    def send(self, request): pass\n    def close(self): pass\ncapi_transports = hookimpl(lambda: [T], specname='capi_transports')\n"
        },
    ),
    "outbox_sound": _outbox("in memory that is sound", "pass"),
    "outbox_loses_put": _outbox("stores nothing", "def put(self, items): pass"),
    "outbox_loses_half": _outbox("stores every second item", "def put(self, items): super().put(items[::2])"),
    "outbox_claims_nothing": _outbox("gives out nothing", "def claim(self, *arguments): return None"),
    "outbox_keeps_delivered": _outbox("keeps what was delivered", "def acknowledge(self, lease, ids): pass"),
    "outbox_claims_twice": _outbox(
        "gives out leased items",
        """
        def claim(self, *arguments):
            claim = super().claim(*arguments)
            for entry in self._entries.values():
                if entry.state == "leased":
                    entry.state = "waiting"
            return claim
        """,
    ),
    "outbox_changes_bodies": _outbox(
        "changes bodies",
        """
        def claim(self, *arguments):
            claim = super().claim(*arguments)
            return claim and attrs.evolve(claim, items=[item._replace(body=b"{}") for item in claim.items])
        """,
    ),
    "outbox_put_raises": _outbox(
        "raises ValueError when items are put", 'def put(self, items): raise ValueError("disk")'
    ),
    "outbox_claim_raises": _outbox(
        "raises ValueError when items are claimed", 'def claim(self, *arguments): raise ValueError("disk")'
    ),
    "outbox_claim_text": _outbox("returns a text as claim", 'def claim(self, *arguments): return "x"'),
    "outbox_incomplete": Broken(
        title="an outbox has only `put`",
        changes={
            "MORE": 'class Store:\n    def put(self, items): pass\n@hookimpl\ndef capi_outboxes():\n    return [OutboxFactory(name="broken", make=Store)]\n'
        },
    ),
    "outbox_loses_dead": _outbox(
        "deletes what should be buried",
        "def bury(self, lease, ids, judgement, now, tried=1): super().acknowledge(lease, ids)",
        judge='return Judgement(verdict=Verdict.DEAD, reason="It is refused.")',
    ),
    "observer_raises": _observer("raises", "def observe(self, report): 1 / 0"),
    "observer_slow": _observer("takes 0.2 seconds", "def observe(self, report): time.sleep(0.2)"),
    "observer_no_method": _observer("has no `observe`", "pass"),
    "observer_make_raises": _observer(
        "can't be made", "def __init__(self): 1 / 0\ndef observe(self, report): pass"
    ),
    "observer_instance": _observer(
        "is offered instead of its class", "def observe(self, report): pass", offered="Watcher()"
    ),
    "observer_exits": _observer("raises SystemExit", "def observe(self, report): raise SystemExit(4)"),
    "command_raises": _command(
        "raises",
        '@click.command()\ndef brokencmd():\n    """Break."""\n    raise ValueError("boom")',
        "brokencmd",
    ),
    "command_shadows": _command(
        "has the name of one of the core's", '@click.command()\ndef send():\n    """Send."""', "send"
    ),
    "command_function": _command("is a plain function", "def brokencmd(): pass", "brokencmd"),
    "table_sound": _table("that is sound", f"{_LIMIT}default=5, validator=check_limit)"),
    "table_default_refused": _table(
        "refuses its own default", f"{_LIMIT}default=500, validator=check_limit)"
    ),
    "table_validator_raises": _table(
        "has a validator that raises KeyError",
        f"{_LIMIT}default=5, validator=lambda *given: {{5: 5}}[given[2]])",
    ),
    "table_example_no_toml": _table(
        "has an example that is no TOML", f"{_LIMIT}default=5)", example="[broken.more"
    ),
    "table_example_unknown": _table(
        "has an example with an unknown setting", f"{_LIMIT}default=5)", example="most = 5\n"
    ),
    "table_example_elsewhere": _table(
        "has an example that is another table", f"{_LIMIT}default=5)", example="[transport]\nlimit = 5\n"
    ),
    "table_undescribed": _table("describes no setting", "limit: int = 5"),
    "table_random_default": _table(
        "makes a random default", f"{_LIMIT}factory=lambda: random.randrange(10**9))"
    ),
    "table_of_the_core": Broken(
        title="a table is the core's own",
        changes={
            "MORE": 'capi_tables = hookimpl(lambda: [ConfigTable(name="outbox", settings_type=Settings)])\n'
        },
    ),
    "filter_raises": _filter("raises KeyError", 'return event["nope"]'),
    "filter_text": _filter("returns a text", 'return "x"'),
    "filter_counts": _filter(
        "holds every second event back", 'return Held("the second") if next(COUNTER) % 2 else event'
    ),
    "format_raises": _format("raises KeyError", 'return [record["nope"]["type"]]'),
    "format_no_id": _format("makes events without id", 'return [{"type": "track", "event": "Ping"}]'),
    "format_random_id": _format(
        "makes random ids", 'return [{"type": "track", "event": "Ping", "messageId": str(uuid.uuid4())}]'
    ),
    "format_none": _format("returns None", "return None"),
    "import_prints": Broken(
        title="the module prints when it is imported", changes={"MORE": 'print("hello")'}
    ),
    "import_raises": Broken(title="the module raises when it is imported", changes={"MORE": "1 / 0"}),
    "import_exits": Broken(
        title="the module raises SystemExit when it is imported", changes={"MORE": "raise SystemExit(5)"}
    ),
    "hook_misspelt": Broken(
        title="a hook is misspelt", changes={"MORE": "@hookimpl\ndef capi_directive(): return []"}
    ),
    "hook_unmarked": Broken(
        title="a hook isn't marked", changes={"MORE": "def capi_directives(): return []"}
    ),
    "hook_raises": Broken(title="a hook raises", changes={"MORE": "@hookimpl\ndef capi_directives(): 1 / 0"}),
    "hook_exits": Broken(
        title="a hook raises SystemExit",
        changes={"MORE": "@hookimpl\ndef capi_directives(): raise SystemExit(3)"},
    ),
    "hook_returns_one": Broken(
        title="a hook returns no list", changes={"MORE": "@hookimpl\ndef capi_directives(): return 5"}
    ),
    # What is shared, kept, or done besides.
    "build_leaks_previous": _build(
        "keeps what the event before had",
        "item = {**STATE, **{k: v for k, v in item.items() if v is not None}}\nSTATE.update(item)",
    ),
    "build_numbers_events": _build("numbers events", 'item["n"] = STATE.setdefault(self.id, len(STATE))'),
    "build_shared": _build(
        "keeps an id where all threads see it",
        'STATE["id"] = self.id\ntime.sleep(0)\nitem["same"] = STATE["id"]',
    ),
    "build_one_dict": _build("returns one object for all events", "STATE.update(item)\nitem = STATE"),
    "build_thread_name": _build(
        "adds the thread's name", 'item["s"] = __import__("threading").current_thread().name'
    ),
    "build_working_folder": _build("adds the working folder", 'item["s"] = os.getcwd()'),
    "build_year": _build("adds the year", 'item["s"] = time.gmtime().tm_year'),
    "build_host": _build("adds the host's name", 'item["s"] = __import__("socket").gethostname()'),
    "build_yields": _build("is a generator", "yield item"),
    "build_hangs": _build("never returns", "time.sleep(1.5)"),
    "build_forks": _build("forks the process", "if os.fork() == 0: os._exit(0)"),
    "build_threads": _build(
        "starts a thread", '__import__("threading").Thread(target=time.sleep, args=(2,), daemon=True).start()'
    ),
    "build_prints": _build("prints", 'print("item")'),
    "build_logs": _build(
        "logs an e-mail address", '__import__("logging").getLogger("x").info("%s", self.raw)', RAW
    ),
    "build_quotes": _build(
        "quotes an e-mail address when it refuses an event",
        'if self.total: raise EventError.of(f"nobody has {self.raw}")',
        RAW,
    ),
    "build_writes": _build("writes a file", 'open(os.devnull, "a").close()'),
    "build_reads": _build("reads a file for each event", "open(os.devnull).close()"),
    "build_connects": _build(
        "uses the network",
        'try: __import__("socket").create_connection(("127.0.0.1", 9), 0.1)\nexcept OSError: pass',
    ),
    "build_starts_program": _build("starts a program", '__import__("subprocess").run(["true"])'),
    "build_memory": _build("needs 40 MB", 'x = "x" * 40_000_000'),
    "build_leaks_memory": _build("keeps every item", "KEPT.append(dict(item))"),
    "build_seeds": _build("seeds the shared random generator", "random.seed(1)"),
    "build_decimal": _build(
        "changes the precision of decimals", '__import__("decimal").getcontext().prec = 3'
    ),
    "import_patches_core": Broken(
        title="the module replaces a method of the core",
        changes={"MORE": "Destination.lint_settings = lambda self: ()"},
    ),
    "import_patches_python": Broken(
        title="the module replaces a function of Python",
        changes={"MORE": "import json\njson.dumps = lambda *a, own=json.dumps, **k: own(*a, **k)"},
    ),
    "import_logging": Broken(
        title="the module configures logging", changes={"MORE": "import logging\nlogging.basicConfig()"}
    ),
    "import_thread": Broken(
        title="the module starts a thread when it is imported",
        changes={
            "MORE": "import threading\nthreading.Thread(target=time.sleep, args=(9,), daemon=True).start()"
        },
    ),
    "prepare_milliseconds": _method(
        "prepare",
        "counts milliseconds",
        'return Prepared(data["id"], data["at"] * 1000, data["at"] * 2000, group)',
    ),
    "prepare_slow": _method("prepare", "takes 0.2 seconds", "time.sleep(0.2)"),
    "check_quotes": Broken(
        title="`check` quotes an e-mail address",
        changes={
            "CHECK": "return [Problem(f\"bad: {data['raw']}\")]",
            "BUILD": 'item["raw"] = self.raw',
            "FIELDS": RAW,
        },
    ),
    "check_raises_late": _method("check", "raises KeyError after a `yield`", 'yield from ()\ndata["nope"]'),
    "envelope_short_by_one": _method(
        "envelope", "leaves out the last of the most items", "bodies = bodies[:99]"
    ),
    "envelope_drops_equal": _method(
        "envelope", "takes equal items for one", "bodies = list(dict.fromkeys(bodies))"
    ),
    "envelope_clock": _method(
        "envelope", "adds the present in seconds", f'{_SENT}headers={{"t": str(int(time.time()))}})'
    ),
    "envelope_shared": _method(
        "envelope",
        "uses one object of headers for all requests",
        f'STATE["n"] = str(len(bodies))\n{_SENT}headers=STATE)',
    ),
    "envelope_length": _method(
        "envelope", "sends a wrong length", f'{_SENT}headers={{"content-length": "5"}})'
    ),
    "envelope_timeout": _method(
        "envelope", "has a timeout in milliseconds", f"{_SENT}headers={{}}, timeout=30_000)"
    ),
    "envelope_hangs": _method("envelope", "never returns", "time.sleep(1.5)"),
    "judge_async": Broken(
        title="`judge` is `async`",
        changes={"MORE": "async def judge(self, response): pass\nPlatform.judge = judge\n"},
    ),
    "judge_done": _method(
        "judge", "takes a status of 500 for a delivery", "return Judgement(verdict=Verdict.DONE)"
    ),
    "judge_buries_429": _method(
        "judge",
        "buries events when requests are limited",
        'if 400 <= response.status < 500: return Judgement(verdict=Verdict.DEAD, reason="No.")',
    ),
    "judge_milliseconds": _method(
        "judge",
        "waits a thousand times as long as asked for",
        'if response.headers.get("retry-after") == "120": return Judgement(verdict=Verdict.THROTTLED, reason="Slow.", after=120_000)',
    ),
    "judge_remembers": _method(
        "judge",
        "counts failures",
        'STATE["n"] = STATE.get("n", 0) + 1\nif STATE["n"] % 2: return Judgement(verdict=Verdict.LATER, reason="Wait.")',
    ),
    "judge_slow": _method("judge", "takes 0.2 seconds", "time.sleep(0.2)"),
    "profile_raises": Broken(
        title="`profile` raises", changes={"MORE": "Platform.profile = property(lambda self: 1 / 0)"}
    ),
    "match_keys_raises": Broken(
        title="`match_keys` raises", changes={"MORE": "Platform.match_keys = lambda self, data: 1 / 0"}
    ),
    "value_warning_raises": Broken(
        title="`value_warning` raises",
        changes={"MORE": "Platform.value_warning = lambda self, key, value: 1 / 0"},
    ),
    "cookies_number": Broken(title="`cookies` is a number", changes={"MORE": "Platform.cookies = 5"}),
    "normalizer_async": Broken(
        title="a normalizer is `async`",
        changes={
            "MORE": 'async def f(text): return text\ncapi_normalizers = hookimpl(lambda: [Normalizer(profile="b", key="em", normalize=f, otherwise="raw")])\n'
        },
    ),
    "normalizer_logs": _method(
        "normalize", "logs the raw text", '__import__("logging").getLogger("x").info("%s", text)'
    ),
    "normalizer_huge": _method("normalize", "makes a text a thousand times as long", "return text * 1_000"),
    "normalizer_hangs": _method("normalize", "never returns", "time.sleep(1.5)"),
    "directive_async": _directive(
        "returns an `async` function", "async def resolve(event): pass\nreturn resolve"
    ),
    "directive_yields": _directive("returns a generator", "def resolve(event): yield 1\nreturn resolve"),
    "directive_slow": _directive("takes 0.2 seconds", "return lambda event: time.sleep(0.2)"),
    "directive_remembers": _directive(
        "remembers the first event",
        'return lambda event: STATE.setdefault("first", str(event.get("messageId")))',
    ),
    "directive_compile_hangs": _directive("is never compiled", "time.sleep(1.5)"),
    "transport_wrapped": _wrapped("around the core's that is sound", "return self.inner.send(request)"),
    "transport_unverified": _wrapped(
        "verifies no certificate",
        """
        if not request.url.startswith("https"): return self.inner.send(request)
        import urllib3
        pool = urllib3.PoolManager(cert_reqs="CERT_NONE")
        sent = pool.request("POST", request.url, headers=request.headers, body=request.body)
        return Response(status=sent.status, headers={}, body=sent.data)
        """,
    ),
    "transport_leaks": _wrapped(
        "leaves a connection open for each request",
        "KEPT.append(Urllib3Transport())\nreturn KEPT[-1].send(request)",
        close="[kept.close() for kept in KEPT]",
    ),
    "transport_cookies": _wrapped(
        "sends cookies back",
        """
        headers = {**request.headers, **({"cookie": self.jar} if self.jar else {})}
        response = self.inner.send(attrs.evolve(request, headers=headers))
        self.jar = response.headers.get("set-cookie", self.jar)
        return response
        """,
    ),
    "transport_changes": _wrapped(
        "changes the request", 'request.headers["x-sent"] = "1"\nreturn self.inner.send(request)'
    ),
    "transport_logs": _wrapped(
        "logs the token",
        '__import__("logging").getLogger("x").warning("%s", request.headers)\nreturn self.inner.send(request)',
    ),
    "transport_threads": _wrapped(
        "leaves threads behind",
        '__import__("threading").Thread(target=time.sleep, args=(9,), daemon=True).start()\nreturn self.inner.send(request)',
    ),
    "transport_repeats": _wrapped(
        "sends again when no answer came",
        "try: return self.inner.send(request)\nexcept TransportError: return self.inner.send(request)",
    ),
    "transport_redirects": _wrapped(
        "follows redirects",
        'response = self.inner.send(request)\nif "location" not in response.headers: return response\nreturn self.inner.send(attrs.evolve(request, url=response.headers["location"]))',
    ),
    "transport_mixes": _wrapped(
        "keeps an answer where all threads see it",
        'STATE["answer"] = self.inner.send(request)\ntime.sleep(0.01)\nreturn STATE["answer"]',
    ),
    "transport_close_hangs": _wrapped(
        "can't be closed", "return self.inner.send(request)", close="time.sleep(1.5)"
    ),
    "outbox_races": _outbox(
        "looks and takes in two steps",
        """
        def claim(self, destination, limit, max_bytes, lease_seconds, now):
            found = [e for e in self._entries.values() if e.state == "waiting" and e.item.destination == destination][:limit]
            if not found: return None
            self._last_lease += 1
            for entry in found: entry.state, entry.lease, entry.until = "leased", self._last_lease, now + lease_seconds
            return Claim(self._last_lease, now + lease_seconds, destination, "", [e.claimed() for e in found])
        """,
    ),
    "outbox_logs": _outbox(
        "logs items",
        'def put(self, items):\n    __import__("logging").getLogger("x").warning("%s", [item.body for item in items])\n    super().put(items)',
    ),
    "outbox_slow": _outbox(
        "takes 0.2 seconds",
        "def claim(self, *arguments):\n    time.sleep(0.2)\n    return super().claim(*arguments)",
    ),
    "outbox_async": _outbox(
        "stores items in an `async` method", "async def put(self, items): super().put(items)"
    ),
    "outbox_milliseconds": _outbox(
        "counts delays in milliseconds",
        "def release(self, lease, ids, run_at, tried=1): super().release(lease, ids, run_at * 1000, tried)",
    ),
    "outbox_off_by_one": _outbox(
        "gives out one item too many",
        "def claim(self, name, limit, *more): return super().claim(name, limit + 1, *more)",
    ),
    "outbox_extends_lost": _outbox("extends lost leases", "def extend(self, lease, until): return True"),
    "observer_async": _observer("has an `async` method", "async def observe(self, report): pass"),
    "observer_more": _observer("takes an argument more", "def observe(self, report, more): pass"),
    "observer_hangs": _observer("never returns", "def observe(self, report): time.sleep(1.5)"),
    "observer_late": _observer(
        "raises late", "def observe(self, report):\n    KEPT.append(0)\n    if len(KEPT) > 10_000: 1 / 0"
    ),
    "command_async": _command(
        "is `async`", '@click.command()\nasync def brokencmd():\n    """Break."""', "brokencmd"
    ),
    "command_help": _command(
        "has a help that is no text", "@click.command(help=5)\ndef brokencmd(): pass", "brokencmd"
    ),
    "command_short_help": _command(
        "has a help that can't be made",
        'class C(click.Command):\n    def get_short_help_str(self, limit=45): 1 / 0\nbrokencmd = C("brokencmd")',
        "brokencmd",
    ),
    "command_hyphen": _command(
        "has a name like an option", '@click.command("-x")\ndef brokencmd():\n    """Break."""', "brokencmd"
    ),
    "filter_remembers": _filter(
        "remembers the first event",
        'first = STATE.setdefault("first", event.get("messageId"))\nreturn event if event.get("messageId") == first else Held("not the first")',
    ),
    "filter_slow": _filter("takes 0.2 seconds", "time.sleep(0.2)\nreturn event"),
    "filter_hangs": _filter("never returns", "time.sleep(1.5)"),
    "format_endless": _format(
        "makes events for ever", 'while True: yield {"type": "track", "event": "Ping", "messageId": "x"}'
    ),
    "offer_number_name": Broken(
        title="a transport has a number as name",
        changes={"MORE": "capi_transports = hookimpl(lambda: [TransportFactory(name=5, make=dict)])\n"},
    ),
}
