"""Files that aren't plain JSON Lines are read, or give one line that says what to do."""

import gzip
import io
import json
import os
import re
import tracemalloc
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import EventError
from capi_actions.inputs import JsonInput, json_values, read_events, read_json_values, streams
from capi_actions.testing import json_objects

try:
    zstd: Any = import_module("compression.zstd")
except ImportError:
    zstd = import_module("backports.zstd")

HINT = "there should be one JSON object a line; `jq -c .` writes such lines"
PAGES = b'{"type": "page", "messageId": "1"}\n{"type": "page", "messageId": "2"}\n'
IDS = ["1", "2"]

# What people send instead of JSON Lines, and can have one meaning only.
READABLE = {
    "an array on one line": b'[{"type": "page", "messageId": "1"}, {"type": "page", "messageId": "2"}]',
    "an array over lines": b'[{"type": "page", "messageId": "1"},\n {"type": "page", "messageId": "2"}]\n',
    "a printed array": json.dumps([json.loads(line) for line in PAGES.splitlines()], indent=2).encode(),
    "printed objects": b"\n".join(
        json.dumps(json.loads(line), indent=2).encode() for line in PAGES.splitlines()
    ),
    "printed on the brace's line": b'\n{"type": "page",\n  "messageId": "1"}\n{"type": "page",\n "messageId": "2"}',
    "UTF-8 with a mark": b"\xef\xbb\xbf" + PAGES,
    "UTF-16 with a mark": PAGES.decode().encode("utf-16"),
    "UTF-16-LE without a mark": PAGES.decode().encode("utf-16-le"),
    "UTF-16-BE without a mark": PAGES.decode().encode("utf-16-be"),
    "UTF-32": PAGES.decode().encode("utf-32"),
    "gzip": gzip.compress(PAGES, mtime=0),
    "two gzip members": gzip.compress(PAGES[:35], mtime=0) + gzip.compress(PAGES[35:], mtime=0),
    "zstd": zstd.compress(PAGES),
    "gzip with UTF-16": gzip.compress(PAGES.decode().encode("utf-16"), mtime=0),
    "zstd with an array": zstd.compress(b"[" + PAGES.strip().replace(b"\n", b",") + b"]"),
    "Windows line ends": PAGES.replace(b"\n", b"\r\n"),
    "no line end": PAGES.strip(),
}

# What can't be read: one sentence each, whatever the length of the file.
UNREADABLE = {
    b"type,event\npage,x\n" * 1000: (1, "this looks like CSV: `capi send --csv FILE` reads it"),
    b"type;event\npage;x\n" * 1000: (1, "this looks like CSV"),
    b"\x01\x02,\x93\x00;\n\xff\n" * 1000: (1, "this is no text"),
    b'"type","event"\n"page","x"\n' * 1000: (1, "this looks like CSV"),
    b"<html>\n<body>\n" * 1000: (1, "this looks like XML or HTML"),
    b"PK\x03\x04" + os.urandom(9000): (1, "an Excel workbook"),
    b"\xd0\xcf\x11\xe0" + os.urandom(9000): (1, "an old Excel workbook"),
    b"BZh9" + os.urandom(9000): (1, "`bzcat FILE | capi ...` reads it"),
    gzip.compress(gzip.compress(PAGES, mtime=0), mtime=0): (1, "compressed twice"),
    gzip.compress(PAGES * 9, mtime=0)[:-12]: (18, "damaged or cut off"),
    b"[\n" + PAGES.replace(b"}\n", b"},\n") * 2 + b'{"type":': (6, "is not JSON: Expecting value"),
    b"[\n" + PAGES.replace(b"}\n", b"},\n"): (3, "the file ends in the middle of a JSON array"),
    b'{\n  "type": "page",\n  type: 1\n}' + b"\n{\n}" * 1000: (3, "is not JSON"),
    "\ufeff{}".encode("utf-16") + b"\x00\xd8\x00\xd8" * 9: (1, "is not utf-16"),
}


def read(data: bytes) -> list[Any]:
    return list(read_events([io.BytesIO(data)], JsonInput(), lambda text: None))


@pytest.mark.parametrize("name", READABLE)
def test_what_can_have_one_meaning_only_is_read(name: str) -> None:
    """Nobody should need jq, iconv or zcat for it."""
    events = [record.event for record in read(READABLE[name])]

    assert [event["messageId"] for event in events] == IDS


@pytest.mark.parametrize("data", UNREADABLE, ids=range(len(UNREADABLE)))  # random bytes differ by worker
def test_what_cannot_be_read_is_one_error_with_its_line(data: bytes) -> None:
    """Instead of thousands, for a file that was given by mistake."""
    line, problem = UNREADABLE[data]
    (failed,) = [record for record in read(data) if isinstance(record.event, EventError)]

    assert problem in failed.event.message
    assert line == failed.line


@pytest.mark.parametrize("command", ["preview", "send"])
def test_an_error_names_the_file_and_the_line(capi: Any, config: Path, tmp_path: Path, command: str) -> None:
    """Of several files, with the line's number in that file."""
    first, second = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    first.write_bytes(b'{"type": "page"}\n' * 3)
    second.write_bytes(b'{"type": "page"}\n\n{"type": 1}\n')
    result = capi(command, "-c", str(config), str(first), str(second))
    (failed,) = [line for line in result.lines if "error" in line]

    assert {"place": f"{second}:3", "line": 3} == {key: failed[key] for key in ("place", "line")}


@pytest.mark.parametrize("text", [b"", b"\n \n"])
@pytest.mark.parametrize("command", ["preview", "send"])
def test_an_empty_file_is_reported(
    capi: Any, config: Path, tmp_path: Path, command: str, text: bytes
) -> None:
    """It may be right, but an export that failed looks the same."""
    file = tmp_path / "orders.jsonl"
    file.write_bytes(text)
    result = capi(command, "-c", str(config), str(file))

    assert f"capi: warning: {file} holds no events\n" in result.err
    assert result.status == 0
    assert "warning: standard input holds no events" in capi(command, "-c", str(config), text=b" ").err


def test_zstd_without_a_library_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library is an extra before Python 3.14."""

    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr(streams, "import_module", missing)
    (record,) = read(zstd.compress(PAGES))

    assert "pip install backports.zstd" in record.event.message


@pytest.mark.parametrize("compress", [gzip.compress, zstd.compress])
def test_a_decompression_bomb_does_not_fill_memory(compress: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A megabyte can hold a gigabyte: one line of it is refused, the next one is read."""
    monkeypatch.setattr(streams, "MAX_LINE_BYTES", 1 << 20)
    bomb = compress(b" " * (200 << 20) + b"\n" + PAGES)
    tracemalloc.start()
    try:
        records = read(bomb)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert "longer than 1 MiB" in records[0].event.message
    assert [record.event["messageId"] for record in records[1:]] == IDS
    assert peak < 20 << 20


def test_json_over_several_lines_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has to be in memory as a whole; lines needn't."""
    monkeypatch.setattr(json_values, "MAX_DOCUMENT_BYTES", 1000)
    (record,) = read(b"[\n" + b'{"type": "page"},\n' * 100 + b"{}]")

    assert "makes lines of an array" in record.event.message


def test_a_first_line_with_a_mistake_does_not_cost_the_others() -> None:
    """Only files whose second line is no JSON either are taken for another format."""
    assert [EventError, dict, dict] == [type(record.event) for record in read(b"oops, sorry\n" + PAGES)]
    assert [EventError, dict, dict] == [type(record.event) for record in read(b'{"type": oops}\n' + PAGES)]


def test_lines_are_read_as_they_come() -> None:
    """`tail -f events.jsonl | capi preview` must not wait for more than a line."""
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as source, os.fdopen(writer, "wb", buffering=0) as sink:
        values = read_json_values(source)
        for line in PAGES.splitlines(keepends=True):
            sink.write(line)
            assert line.strip() == next(values)[1]


# Not an empty object: it is a whole line however it is printed.
@given(st.lists(json_objects().filter(bool), max_size=5), st.sampled_from([None, 2]), st.booleans())
def test_however_objects_are_printed_the_same_are_read(
    objects: list[dict[str, Any]], indent: int | None, is_array: bool
) -> None:
    """In an array or one after the other, on one line or on several."""
    text = (
        json.dumps(objects, indent=indent)
        if is_array
        else "\n".join(json.dumps(o, indent=indent) for o in objects)
    )
    values = [value for _, value in read_json_values(io.BytesIO(text.encode()))]

    assert objects == [json.loads(value) for value in values if isinstance(value, bytes)]
    assert len(objects) == len(values)


@given(
    st.binary()
    | st.sampled_from(list(READABLE.values())).flatmap(
        lambda data: st.integers(0, len(data)).map(lambda end: data[:end])
    )
)
def test_any_bytes_are_events_or_errors(data: bytes) -> None:
    """Nothing else is raised, however a file was cut off or damaged."""
    assert all(isinstance(record.event, dict | EventError) for record in read(data))


def test_an_unterminated_string_is_reported_in_english(capi: Any) -> None:
    """Python's own sentence ends with `at`."""
    (answer,) = capi("eval", "mapping", text=b'{"a": "b').lines

    assert answer["error"]["message"].startswith(
        "is not JSON: Unterminated string starting at line 1, column 7;"
    )
    assert answer["error"]["message"].endswith(HINT)


def test_eval_reads_arrays_and_gzip_too(capi: Any, tmp_path: Path) -> None:
    """All commands that read lines read the same files, and name them in errors."""
    packed, plain = tmp_path / "a.gz", tmp_path / "b.jsonl"
    packed.write_bytes(gzip.compress(b'[{"mapping": {}},\n{"mapping": 1}]', mtime=0))
    plain.write_text('{"mapping": {}}\n{\n', encoding="utf-8")
    lines = capi("eval", "mapping", str(packed), str(plain)).lines

    assert [line.get("place") for line in lines] == [None, None, None, f"{plain}:2"]


def test_a_file_name_cannot_steer_a_terminal(capi: Any, config: Path, tmp_path: Path) -> None:
    """It may come from anywhere, too."""
    file = tmp_path / "a\x1b[31m.jsonl"
    file.touch()
    result = capi("preview", "-c", str(config), str(file))

    assert re.search("warning: .*\ufffd.*holds no events", result.err)
    assert "\x1b" not in result.err


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ('[{"type": 1}, {"type": "page"}, 5]', ["a.json:1, member 1", "a.json:1, member 3"]),
        ('\n[5, {"type": "page"}, nope]', ["a.json:2, member 1", "a.json:2, member 3"]),
        ('[{"type": 1},\n {"type": 1}]', ["a.json:1", "a.json:2"]),
        ('{"type": 1}\n{"type": 1}\n', ["a.json:1", "a.json:2"]),
    ],
)
def test_members_of_an_array_on_one_line_are_told_apart(
    capi: Any, config: Path, text: str, places: list[str]
) -> None:
    """That all are on line 1 leads nobody to the mistake."""
    path = config.with_name("a.json")
    path.write_text(text, encoding="utf-8")

    result = capi("preview", "-c", str(config), str(path))

    errors = [line for line in result.lines if "error" in line]
    assert [place.replace("a.json", str(path)) for place in places] == [line["place"] for line in errors]
    assert all(
        line.get("member") == (int(place[-1]) if "member" in place else None)
        for line, place in zip(errors, places, strict=True)
    )
