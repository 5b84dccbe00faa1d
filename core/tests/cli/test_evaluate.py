"""`capi eval`: the contracts of its five forms, line by line."""

import json
from typing import Any

import pytest

PING = {"type": "track", "event": "Order", "timestamp": 1, "messageId": "m", "email": "Ada@Example.com"}
EM = "b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72"  # printf ada@example.com | sha256sum


@pytest.mark.parametrize(
    ("form", "record", "answer"),
    [
        ("mapping", {"mapping": {"a": {"@path": "$.b"}}, "payload": {"b": 1}}, {"result": {"a": 1}}),
        ("mapping", {"mapping": {"a": {"@path": "$.b"}}}, {"result": {}}),
        ("trigger", {"trigger": 'event = "X"', "event": {"event": "X"}}, {"match": True}),
        ("trigger", {"trigger": 'event = "X"', "event": {}}, {"match": False}),
        ("trigger", {"trigger": 'event = "X"', "event": [5]}, {"match": False}),
        (
            "fields",
            {"fields": {"a": {"type": "integer"}}, "payload": {"a": "5", "b": 1}},
            {"result": {"a": 5}},
        ),
        ("fields", {"payload": {"a": 1}}, {"result": {}}),
        (
            "action",
            {"action": "acme.ping", "mapping": None, "event": PING, "settings": {}},
            {"item": {"name": "Order", "time": 1, "id": "m", "email": EM}},
        ),
        (
            "action",
            {
                "action": "acme.ping",
                "mapping": {"name": "x"},
                "event": PING,
                "settings": {"normalization": "plain"},
            },
            {"item": {"name": "x"}},
        ),
        ("action", {"action": "acme.page", "event": {"timestamp": "7"}}, {"item": {"time": 7}}),
        (
            "flow",
            {
                "fields": {"a": {"type": "string"}},
                "mapping": {"a": {"@path": "$.event"}},
                "trigger": 'type = "track"',
                "event": PING,
            },
            {"subscribed": True, "payload": {"a": "Order"}},
        ),
        (
            "flow",
            {
                "fields": {"a": {"type": "string", "default": {"@path": "$.event"}}, "b": {"type": "string"}},
                "trigger": 'type = "page"',
                "event": PING,
            },
            {"subscribed": False, "payload": {"a": "Order"}},
        ),
        ("flow", {"fields": {}, "mapping": {}, "event": {}}, {"subscribed": True, "payload": {}}),
    ],
)
@pytest.mark.usefixtures("acme_installed")
def test_every_form_answers_as_agreed(capi: Any, form: str, record: Any, answer: Any) -> None:
    """Other programs read these answers: keys and values are a contract."""
    result = capi("eval", form, lines=[record])

    assert (result.status, result.lines) == (0, [answer])
    assert result.err == ""


@pytest.mark.parametrize(
    ("form", "record", "path", "message"),
    [
        ("mapping", {"mapping": {"a": {"@pth": "$.b"}}}, "$.a", "@pth"),
        ("mapping", {}, "$", "there is no 'mapping'; a line holds mapping, payload"),
        (
            "mapping",
            {"maping": {}},
            "$",
            "there is no 'mapping', but there is 'maping'; a line holds mapping",
        ),
        ("mapping", {"mapping": None}, "$", "a mapping should be an object but it is null"),
        ("mapping", {"mapping": {}, "payload": 5}, "$", "data must be an object"),
        ("trigger", {"trigger": "event ="}, "$", "expected"),
        ("trigger", {"trigger": 5}, "$.trigger", "should be text"),
        ("trigger", {}, "$", "there is no 'trigger'; a line holds trigger, event"),
        ("trigger", {"Trigger": "", "event": {}}, "$", "there is no 'trigger', but there is 'Trigger'"),
        (
            "fields",
            {"fields": {"a": {"type": "integer"}}, "payload": {"a": "x"}},
            "$.a",
            "must be an integer",
        ),
        ("fields", {"fields": {"a": {"type": "thing"}}}, "$.a.type", "should be one of"),
        ("fields", {"fields": None}, "$", "should be an object"),
        ("action", {"action": "acme.pong", "event": PING}, "$.action", "did you mean 'acme.ping'?"),
        (
            "action",
            {"event": PING},
            "$",
            "there is no 'action'; a line holds action, mapping, event, settings",
        ),
        ("action", {"action": 5, "event": PING}, "$.action", "should be text"),
        (
            "action",
            {"action": "acme.ping", "mapping": [], "event": PING},
            "$.mapping",
            "should be an object, or null",
        ),
        ("action", {"action": "acme.ping", "event": {}}, "$", "missing the required field 'name'"),
        ("action", {"action": "acme.ping", "event": 5}, "$", "data must be an object"),
        (
            "action",
            {"action": "acme.ping", "event": PING, "settings": 5},
            "$.settings",
            "should be an object",
        ),
        (
            "action",
            {"action": "acme.ping", "event": PING, "settings": {"normalization": "plian"}},
            "$.settings.normalization",
            "did you mean",
        ),
        (
            "action",
            {"action": "acme.ping", "event": PING, "settings": {"normalization": ["plain"]}},
            "$.settings.normalization",
            "should be text",
        ),
        (
            "action",
            {"action": "lost.ping", "event": {}},
            "$.action",
            "no plugin offers the destination type 'lost'",
        ),
    ],
)
@pytest.mark.usefixtures("acme_installed", "lost_action")
def test_what_is_wrong_is_said_with_its_place(
    capi: Any, form: str, record: Any, path: str, message: str
) -> None:
    """And with the number of the line, as there may be millions."""
    result = capi("eval", form, lines=[record])
    (answer,) = result.lines

    assert result.status == 1
    assert list(answer) == ["line", "error"]
    assert answer["line"] == 1
    assert answer["error"]["path"] == path
    assert message in answer["error"]["message"]


def test_a_flow_says_whether_it_subscribes_also_when_it_fails(capi: Any) -> None:
    """So that both can be mended at once."""
    record = {"fields": {"a": {"type": "integer"}}, "mapping": {"a": "x"}, "event": {"type": "track"}}
    triggers = [{}, {"trigger": 'type = "track"'}, {"trigger": 'type = "page"'}]
    result = capi("eval", "flow", lines=[record | trigger for trigger in triggers])

    assert [answer["subscribed"] for answer in result.lines] == [True, True, False]
    assert {answer["error"]["path"] for answer in result.lines} == {"$.a"}


@pytest.mark.parametrize(("trigger", "path"), [("(", "$"), (5, "$.trigger")])
def test_a_flow_whose_trigger_is_malformed_does_not_subscribe(capi: Any, trigger: Any, path: str) -> None:
    """Whoever reads `subscribed` of every line must find it in every line."""
    record = {"fields": {}, "mapping": {}, "trigger": trigger, "event": {}}
    (answer,) = capi("eval", "flow", lines=[record]).lines

    assert list(answer) == ["line", "subscribed", "error"]
    assert answer["subscribed"] is False
    assert answer["error"]["path"] == path


def test_several_problems_are_all_listed(capi: Any) -> None:
    """The message holds all sentences; the list has them apart, each with its path."""
    fields = {key: {"type": "integer"} for key in "ab"}
    (answer,) = capi("eval", "fields", lines=[{"fields": fields, "payload": {"a": "x", "b": "y"}}]).lines

    assert [problem["path"] for problem in answer["error"]["problems"]] == ["$.a", "$.b"]
    assert all(problem["message"] in answer["error"]["message"] for problem in answer["error"]["problems"])


DEEP = 1_000
HOSTILE = [
    (b"not JSON", "is not JSON"),
    (b"[]", "a line must be a JSON object"),
    (b'"text"', "a line must be a JSON object"),
    (b"null", "a line must be a JSON object"),
    (b'{"trigger": NaN}', "NaN is no JSON number"),
    (b'{"trigger": 1e999}', "a number is too large"),
    (b'{"a": "\xff"}', "is not UTF-8 text"),
    (b'{"a":' * 3_000 + b"1" + b"}" * 3_000, "is nested too deeply"),
    (b"\x00\x01\x02", "is not JSON"),
]
GOOD = b'{"trigger": "event = \\"x\\"", "event": {"event": "x"}}'


def test_bad_lines_give_error_lines_and_the_rest_goes_on(capi: Any) -> None:
    """In order; empty lines are counted, but nothing is printed for them."""
    text = b"".join(line + b"\n" + GOOD + b"\n\n \t\n" for line, _ in HOSTILE)
    result = capi("eval", "trigger", text=text)

    assert result.status == 1
    assert len(result.lines) == 2 * len(HOSTILE)
    assert result.lines[1::2] == [{"match": True}] * len(HOSTILE)
    for index, (answer, (_, message)) in enumerate(zip(result.lines[::2], HOSTILE, strict=True)):
        assert answer["line"] == 1 + 4 * index
        assert message in answer["error"]["message"]


@pytest.mark.parametrize(
    ("line", "match"),
    [
        (b'{"trigger": "event = \\"x\\"", "event": {"event": "\\ud800"}}', False),
        (b'{"trigger": "event = \\"y\\"", "trigger": "event = \\"x\\"", "event": {"event": "x"}}', True),
        (json.dumps({"trigger": 'event = "x"', "event": {"event": "x" * 10_000_000}}).encode(), False),
        (
            b'{"trigger": "event = \\"x\\"", "event": {"a":'
            + b"[" * DEEP
            + b"]" * DEEP
            + b', "event": "x"}}',
            True,
        ),
        (b'{"trigger": "a = 1", "event": {"a": ' + b"9" * 4_000 + b"}}", None),
        (b"\xef\xbb\xbf" + GOOD, True),
        (GOOD.replace(b"\n", b"") + b"\r", True),
    ],
    ids=["lone surrogate", "doubled key", "10 MB", "1000 deep", "4000 digits", "byte order mark", "Windows"],
)
def test_odd_lines_are_lines(capi: Any, line: bytes, match: bool | None) -> None:
    """Odd, but JSON; of doubled keys the last one counts.  A number that no float holds is an error."""
    result = capi("eval", "trigger", text=line + b"\n")

    assert [answer.get("match") for answer in result.lines] == [match]


def test_lone_surrogates_and_long_integers_come_out_as_they_went_in(capi: Any) -> None:
    """Neither is lost or rounded, and the output stays ASCII where UTF-8 has no bytes for it."""
    payload = {"a": "\ud83d", "b": 2**64 - 1, "c": -(2**63)}
    result = capi(
        "eval",
        "mapping",
        lines=[{"mapping": {key: {"@path": f"$.{key}"} for key in payload}, "payload": payload}],
    )

    assert result.lines == [{"result": payload}]


def test_a_result_too_deep_to_be_printed_is_an_error(capi: Any) -> None:
    """It could be read, so it is deeper by what the mapping adds."""
    mapping = {"a": {"b": {"c": {"d": {"e": {"@path": "$.a"}}}}}}
    line = b'{"mapping": %s, "payload": {"a": %s%s}}' % (
        json.dumps(mapping).encode(),
        b"[" * 1_020,
        b"]" * 1_020,
    )
    result = capi(
        "eval",
        "mapping",
        text=line + b"\n" + line.replace(b"[", b"").replace(b"]", b"1", 1).replace(b"]", b""),
    )
    first, second = result.lines

    assert "nested too deeply" in first["error"]["message"]
    assert (first["line"], result.status) == (1, 1)
    assert second == {"result": {"a": {"b": {"c": {"d": {"e": 1}}}}}}


def test_no_lines_give_no_lines(capi: Any) -> None:
    """Nothing failed."""
    assert capi("eval", "mapping") == (0, "", "")


def test_files_are_read_one_after_the_other(capi: Any, tmp_path: Any) -> None:
    """Errors name the file and its line; a last line needs no end."""
    for name, text in (("a", GOOD + b"\nx"), ("b", b"\nx\n")):
        (tmp_path / name).write_bytes(text)
    result = capi("eval", "trigger", str(tmp_path / "a"), str(tmp_path / "b"))

    assert [answer.get("line") for answer in result.lines] == [None, 2, 2]
    assert [answer.get("place") for answer in result.lines] == [None, f"{tmp_path}/a:2", f"{tmp_path}/b:2"]


def test_a_crashing_directive_is_an_error_of_its_line(capi: Any, crashing_directive: str) -> None:
    """And what it says stays unsaid: it may quote the event."""
    lines = [{"mapping": {"a": {"@crash": 1}}, "payload": {"em": crashing_directive}}, {"mapping": {}}]
    result = capi("eval", "mapping", lines=lines)

    assert result.status == 1
    assert "KeyError" in result.lines[0]["error"]["message"]
    assert result.lines[1] == {"result": {}}
    assert crashing_directive not in result.out + result.err
