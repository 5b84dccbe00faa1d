"""Files that aren't JSON Lines: one hint, instead of an error for every line."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions import EventError
from capi_actions.jsonl import check_first_line, detect_foreign_format

HINT = "there should be one JSON object a line; `jq -c .` writes such lines"


@pytest.mark.parametrize("form", [["preview"], ["send"], ["eval", "mapping"]])
@pytest.mark.parametrize(
    ("text", "hints"),
    [
        (
            b'[{"type": "page"},\n {"type": "page"}]\n',
            ["this is a JSON array; `jq -c '.[]'` makes lines of one", ""],
        ),
        (b'[{"type": "page"}]', ["this is a JSON array; `jq -c '.[]'` makes lines of one"]),
        (b'\n{\n  "type": "page"\n}\n', [HINT, "", ""]),
        (b"type,event\npage,x\n", [HINT, ""]),
        (
            gzip.compress(b'{"type": "page"}\n' * 9, mtime=0),
            ["this is gzip: `zcat FILE | capi ...` reads it"],
        ),
        ('{"type": "page"}\n{}\n'.encode("utf-16-le"), None),
        (
            "\ufeff{}\n{}\n{}".encode("utf-16-le"),
            ["this is UTF-16: `iconv -f UTF-16 -t UTF-8 FILE | capi ...`"],
        ),
        (
            "\ufeff{}\n{}\n{}".encode("utf-16-be"),
            ["this is UTF-16: `iconv -f UTF-16 -t UTF-8 FILE | capi ...`"],
        ),
    ],
)
def test_the_first_bad_line_says_what_the_file_is(
    capi: Any, config: Path, form: list[str], text: bytes, hints: list[str] | None
) -> None:
    """And how to convert it; a format that can't hold lines gives one error, and the file is skipped."""
    options = [] if form[0] == "eval" else ["-c", str(config)]
    result = capi(*form, *options, text=text)
    messages = [line["error"]["message"] for line in result.lines]

    assert result.status == 1
    assert messages
    if hints is not None:
        assert len(messages) == len(hints)
        assert all(hint in message for hint, message in zip(hints, messages, strict=True))
        assert sum("`" in message for message in messages) == 1


def test_each_file_gets_its_own_hint(capi: Any, tmp_path: Path) -> None:
    """And what follows a file that can't be read is read."""
    packed, plain = tmp_path / "a.gz", tmp_path / "b.jsonl"
    packed.write_bytes(gzip.compress(b"x\n" * 100, mtime=0))
    plain.write_text('{"mapping": {}}\n{\n', encoding="utf-8")
    result = capi("eval", "mapping", str(packed), str(plain), str(packed))

    assert [line.get("line") for line in result.lines] == [1, None, 3, 4]
    assert ["gzip" in json.dumps(line) for line in result.lines] == [True, False, False, True]
    assert "`" not in result.lines[2]["error"]["message"]


@given(st.dictionaries(st.text(), st.text() | st.integers()))
def test_lines_of_json_are_left_alone(event: dict[str, Any]) -> None:
    """Whatever is in them."""
    line = json.dumps(event).encode()

    assert line == check_first_line(line)
    assert detect_foreign_format(line) is None


@given(st.binary())
def test_any_bytes_are_a_line_or_a_hint(line: bytes) -> None:
    """Nothing else is raised."""
    checked = check_first_line(line)

    assert line == checked or isinstance(checked, EventError)


def test_an_unterminated_string_is_reported_in_english(capi: Any) -> None:
    """Python's own sentence ends with `at`."""
    (answer,) = capi("eval", "mapping", text=b'{"a": "b').lines

    assert answer["error"]["message"].startswith(
        "is not JSON: Unterminated string starting at line 1, column 7;"
    )
