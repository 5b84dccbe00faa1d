"""Files that hold no JSON Lines: recognized by how they begin, so that there is one hint and not a riddle a line."""

from capi_actions.errors import EventError
from capi_actions.pipeline.decode import decode_json

_BEGINNINGS = (
    (b"\x1f\x8b", "this is gzip: `zcat FILE | capi ...` reads it"),
    (b"\xff\xfe", "this is UTF-16: `iconv -f UTF-16 -t UTF-8 FILE | capi ...` reads it"),
    (b"\xfe\xff", "this is UTF-16: `iconv -f UTF-16 -t UTF-8 FILE | capi ...` reads it"),
)
_HINT = "there should be one JSON object a line; `jq -c .` writes such lines"
_LIST_HINT = "this is a JSON array; `jq -c '.[]'` makes lines of one"


def unreadable(line: bytes) -> str:
    """Say what a file is that begins with this line and can't hold lines of text in UTF-8; "" when it may."""
    return next((problem for start, problem in _BEGINNINGS if line.startswith(start)), "")


def first_line(line: bytes) -> bytes | EventError:
    """Give a file's first line back, or an error with a hint when no line of JSON begins so."""
    if line.startswith(b"["):
        return EventError.of(_LIST_HINT)
    try:
        decode_json(line)
    except EventError as error:
        problem = f"{error.message}; {_HINT}"
    else:
        return line
    # Out here the error has no context: the original's may hold the line.
    return EventError.of(problem)
