"""Named formats of strings.

The names are JSON Schema's; the rules are those of the RFC that each one comes from, in the reading of
the reference engine (a zone may be missing from times, an e-mail address needs a dot in its domain).
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import date

from attrs import frozen

from capi_actions.fields.coerce import is_time

MAX_LENGTH = 65_536
"""Characters; longer text has no format.  A megabyte would take some of the checks two seconds."""


@frozen
class Format:
    """A named format.

    :ivar words: its name in a sentence.
    :ivar matches: whether a string of at most :data:`MAX_LENGTH` characters has the format.
    """

    words: str
    matches: Callable[[str], bool]

    def fits(self, text: str) -> bool:
        """Return whether a string has the format."""
        return len(text) <= MAX_LENGTH and self.matches(text)


def _pattern(expression: str) -> Callable[[str], bool]:
    compiled = re.compile(expression, re.ASCII | re.IGNORECASE | re.VERBOSE)
    return lambda text: compiled.fullmatch(text) is not None


_LABEL = r"[a-z0-9] (?:[a-z0-9-]{0,61} [a-z0-9])?"
_HOSTNAME = _pattern(rf"{_LABEL} (?:\.{_LABEL})* \.?")
_DOTTED = _pattern(rf"{_LABEL} (?:\.{_LABEL})+")
_LOCAL = _pattern(r"[a-z0-9!\#$%&'*+/=?^_`{|}~-]+ (?:\.[a-z0-9!\#$%&'*+/=?^_`{|}~-]+)*")
_DATE = _pattern(r"\d{4}-\d\d-\d\d")
_TIME = _pattern(
    r"(?:[01]\d|2[0-3]) :[0-5]\d :(?:[0-5]\d|60) (?:\.\d+)? (?:z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?"
)
_URI_CHARACTERS = r"(?:[a-z0-9._~:/?\#@!$&'()*+,;=\[\]-]|%[0-9a-f]{2})"
_POINTER = r"(?:/(?:[^~/]|~[01])*)*"


def _is_date(text: str) -> bool:
    if not _DATE(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_date_time(text: str) -> bool:
    return text[10:11] in {"T", "t", " "} and _is_date(text[:10]) and _TIME(text[11:])


def _is_email(text: str) -> bool:
    local, _, domain = text.rpartition("@")
    return len(domain) <= _MAX_NAME_LENGTH and _LOCAL(local) and _DOTTED(domain)


def _is_hostname(text: str) -> bool:
    return len(text.removesuffix(".")) <= _MAX_NAME_LENGTH and _HOSTNAME(text)


def _is_address(make: Callable[[str], object], text: str) -> bool:
    try:
        make(text)
    except ValueError:
        return False
    return "%" not in text  # a zone names an interface of one machine


_MAX_NAME_LENGTH = 253  # RFC 1035 §2.3.4 without the final dot


_GROUP = re.compile(r"\((?:\?(?:[:=!]|<[=!]|<[A-Za-z_$][\w$]*>))?")
_CLASS = re.compile(r"\[\^?(?:\\.|[^\]\\])*\]", re.DOTALL)
_ESCAPE = re.compile(r"\\.", re.DOTALL)
_QUANTIFIER = re.compile(r"(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??")


def is_regex(text: str) -> bool:
    r"""Return whether a text is a well-formed regular expression of ECMAScript.

    Groups and classes are closed, escapes complete, and each quantifier has something to repeat.
    Python's own ``re`` can't tell: it lacks ``(?<name>…)`` and ``\p{L}``, and deeply nested
    groups exhaust its stack.

    >>> [is_regex(text) for text in (r"(?<year>[0-9]{4})-\p{L}+", "(", "[", "a)", "*", "\\")]
    [True, False, False, False, False, False]
    """
    depth, index, repeatable = 0, 0, False
    while index < len(text):
        character = text[index]
        pattern = _PATTERNS.get(character)
        if pattern is None:
            quantifier = _QUANTIFIER.match(text, index)
            if quantifier and not repeatable:
                return False
            repeatable = not quantifier and character not in "|^"
            index = quantifier.end() if quantifier else index + 1
            if character == ")":
                depth -= 1
        else:
            match = pattern.match(text, index)
            if not match or match.group() + text[match.end() : match.end() + 1] == "(?":
                return False
            depth += character == "("
            repeatable = character != "("
            index = match.end()
        if depth < 0:
            return False
    return depth == 0


_PATTERNS = {"(": _GROUP, "[": _CLASS, "\\": _ESCAPE}


FORMATS: Mapping[str, Format] = {
    "date": Format("date", _is_date),
    "time": Format("time", _TIME),
    "date-time": Format("date and time", _is_date_time),
    "date-like": Format("date-like", is_time),
    "duration": Format(
        "duration",
        _pattern(
            r"P (?:\d+W | (?=\d|T) (?:\d+Y)? (?:\d+M)? (?:\d+D)? (?:T (?=\d) (?:\d+H)? (?:\d+M)? (?:\d+S)?)?)"
        ),
    ),
    "email": Format("email address", _is_email),
    "hostname": Format("hostname", _is_hostname),
    "ipv4": Format("IPv4 address", lambda text: _is_address(ipaddress.IPv4Address, text)),
    "ipv6": Format("IPv6 address", lambda text: _is_address(ipaddress.IPv6Address, text)),
    "uri": Format("URI", _pattern(rf"[a-z][a-z0-9+.-]*:{_URI_CHARACTERS}*")),
    "uri-reference": Format("URI Reference", _pattern(rf"{_URI_CHARACTERS}*")),
    "uri-template": Format(
        "URI-template",
        _pattern(
            r"""(?:[^\x00-\x20"'<>%\\^`{|}] | %[0-9a-f]{2}
            | \{[+\#./;?&=,!@|]? [\w.%]+(?::[1-9]\d{0,3}|\*)? (?:,[\w.%]+(?::[1-9]\d{0,3}|\*)?)* \})*"""
        ),
    ),
    "uuid": Format("uuid", _pattern(r"(?:urn:uuid:)? [0-9a-f]{8} (?:-[0-9a-f]{4}){3} -[0-9a-f]{12}")),
    "json-pointer": Format("json-pointer", _pattern(_POINTER)),
    "relative-json-pointer": Format("relative-json-pointer", _pattern(rf"(?:0|[1-9]\d*) (?:\#|{_POINTER})")),
    "regex": Format("regular expression", is_regex),
    "text": Format("text", lambda text: True),
    "password": Format("password", lambda text: True),
}
