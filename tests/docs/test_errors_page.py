"""The errors' reference page is generated.

`python tests/docs/test_errors_page.py --update` writes it.
"""

import inspect
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import capi_actions
from capi_actions import CapiError, Response, Verdict
from capi_actions_facebook import verdicts

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "errors.md"
HEAD = """# Errors

Made from the code. The sentences that commands print say what was found, where, and what would be right; here is what
the kinds of errors mean, for programs that catch them, and what Meta's own codes mean.

## Exceptions

All are importable from `capi_actions`. `Client.send` and `Client.send_many` raise none for an event that can't be sent:
the receipt says so.
"""
PLATFORM = """## What Meta's error codes do

An answer is judged by its code and subcode, then by its HTTP status, never by its text. Codes that aren't listed are
judged by the status alone.
"""
VERDICTS = {
    Verdict.PAUSE: "The destination is paused until a person resumes it; nothing is lost.",
    Verdict.SPLIT: "The request is split until the event is found that Meta refuses; that one becomes a dead letter.",
    Verdict.LATER: "Tried again, with growing delays.",
    Verdict.THROTTLED: "No request until the time is over that Meta asks for.",
}
PROBLEM = "Each has `message`, `path` (a JSONPath), `code` (the platform's own, or None) and `severity`."
SOURCE = 'Source: "errors" in [where facts come from](sources.md).'


def rendered() -> str:
    """Return the page's text."""
    exceptions = table(["exception", "means"], exception_rows(CapiError))
    accounts = table(["code", "means", "what to do"], code_rows(verdicts.BY_ACCOUNT_CODE))
    events = table(["subcode of code 100", "means", "what to do"], code_rows(verdicts.BY_SUBCODE))
    sections = [
        f"{HEAD}\n{exceptions}\n",
        f"Those about a configuration or an event have `problems`, a tuple. {PROBLEM}\n",
        PLATFORM,
        f"### About the account\n\n{consequence(190, None)}\n\n{accounts}\n",
        f"### About one event\n\n{consequence(100, 2804003)}\n\n{events}\n",
        f"### Too many requests\n\nSuch as 4, 17 and 80004. {consequence(80004, None)}\n",
        f"### Temporary faults\n\nSuch as 1 and 2, and any with `is_transient`. {consequence(2, None)}\n\n{SOURCE}\n",
    ]
    return "\n".join(sections)


def consequence(code: int, subcode: int | None) -> str:
    """Return in words what the code makes delivery do."""
    error = {"code": code} if subcode is None else {"code": code, "error_subcode": subcode}
    response = Response(status=400, headers={}, body=json.dumps({"error": error}).encode())
    return VERDICTS[verdicts.judge(response).verdict]


def exception_rows(base: type[BaseException], depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield a row for an exception and those derived from it."""
    if base.__name__ in capi_actions.__all__:
        yield f"{'&nbsp;&nbsp;' * depth}`{base.__name__}`", first_sentence(base)
    for derived in base.__subclasses__():
        yield from exception_rows(derived, depth + (base.__name__ in capi_actions.__all__))


def code_rows(codes: Mapping[int, tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """Yield a row for each code."""
    for code, (reason, advice) in sorted(codes.items()):
        yield str(code), reason, advice


def first_sentence(documented: type) -> str:
    """Return the docstring's first paragraph in one line."""
    return " ".join((inspect.getdoc(documented) or "").partition("\n\n")[0].split())


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    lines = [list(head), ["---"] * len(list(head)), *map(list, rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def test_the_page_is_what_the_code_says() -> None:
    """If this fails, run this file with --update and look at the difference."""
    assert PAGE.read_text(encoding="utf-8") == rendered()


def test_every_exported_exception_is_on_the_page() -> None:
    """One that isn't derived from CapiError would be missed by whoever catches that."""
    exceptions = [
        name
        for name in capi_actions.__all__
        if inspect.isclass(value := getattr(capi_actions, name)) and issubclass(value, BaseException)
    ]

    assert [name for name in exceptions if f"`{name}`" not in rendered()] == []


if __name__ == "__main__" and "--update" in sys.argv:
    PAGE.write_text(rendered(), encoding="utf-8")
