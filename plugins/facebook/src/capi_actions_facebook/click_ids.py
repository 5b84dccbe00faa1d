"""The click id ``fbc`` and the browser id ``fbp``: which values Meta takes, and what a page's URL gives.

Source: "click and browser id" in ``docs/reference/sources.md``.  ``tests/data/meta/click_ids.jsonl`` has what Meta's
own parameter builder makes of URLs and cookies.
"""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote

from capi_actions import note_dropped
from capi_actions_facebook.facts import CLICK_ID_MAX_AGE, DAY

_SECONDS_DIGITS = 10  # of a time of these years
APPENDIX: Final = "A[Qgw]|B[AQg]|[A-Za-z0-9_-]{8}"
"""What Meta's parameter builder adds: two letters that name its language, or six bytes in base64url."""

# Words that programs write where they have no value.
_PLACEHOLDER: Final = "(?!(?i:undefined|null|none|nan|nil|true|false|unknown)(?:[.]|$))"
_START: Final = "fb[.][0-9]{1,3}[.](?P<time>[0-9]{10,16})[.]"
_CLICK: Final = r"[^\x00-\x20\x7f-\U0010ffff.\"'`,;<>(){}\[\]\\|^]+"
# fb.{subdomain index}.{creation time in ms}.{fbclid}[.{appendix}]
_CLICK_ID: Final = re.compile(f"{_START}{_PLACEHOLDER}{_CLICK}(?:[.](?:{APPENDIX}))?")
# fb.{subdomain index}.{creation time in ms}.{random number}[.{appendix}]
_BROWSER_ID: Final = re.compile(f"{_START}[0-9]{{1,20}}(?:[.](?:{APPENDIX}))?")
# Nearly all of them: longer than any placeholder.  0.3 µs instead of 0.9.
_USUAL_CLICK_ID: Final = re.compile("fb[.][0-9][.][0-9]{13}[.][A-Za-z0-9_-]{10,}")
match_usual_click_id: Final = _USUAL_CLICK_ID.fullmatch
"""Quick, for nearly all that Meta accepts as ``fbc``; others need :func:`is_click_id`."""

match_browser_id: Final = _BROWSER_ID.fullmatch
"""What :func:`is_browser_id` calls; a call less is 0.07 µs."""

CREATED: Final = slice(5, 18)
"""Where a usual click id has its time, 13 digits of milliseconds."""


def is_click_id(text: str) -> bool:
    """Return whether Meta accepts this as ``fbc``."""
    return (match_usual_click_id(text) or _CLICK_ID.fullmatch(text)) is not None


def is_browser_id(text: str) -> bool:
    """Return whether Meta accepts this as ``fbp``."""
    return match_browser_id(text) is not None


def click_of(fbc: str) -> str:
    """Return the ``fbclid`` of a valid ``fbc``."""
    return fbc.split(".", 4)[3]


def is_expired(fbc: str, event_time: int) -> bool:
    """Return whether a click id was over 90 days old at an event's time, in Unix seconds."""
    # Nearly all are younger, and as text their times compare as their numbers do: 0.2 µs less.
    if fbc[CREATED] >= oldest_of_day[event_time // DAY]:
        return False
    if not (match := _CLICK_ID.fullmatch(fbc)):
        return False
    digits: str = match["time"]
    return int(digits) < (event_time - CLICK_ID_MAX_AGE) * int(10.0 ** (len(digits) - _SECONDS_DIGITS))


class _OldestOfDay(dict[int, str]):
    """The start of what click ids must be whose time is young enough at the end of a day: 13 digits.

    Remembers some days, as a dictionary does it in 0.03 µs; ``lru_cache`` takes 0.1.
    """

    def __missing__(self, day: int) -> str:
        milliseconds = ((day + 1) * DAY - CLICK_ID_MAX_AGE) * 1000
        if len(self) >= _REMEMBERED_DAYS:
            self.clear()
        # "~" is greater than all digits.
        self[day] = f"{milliseconds:013}" if 0 <= milliseconds < 10**13 else "~"
        return self[day]


_REMEMBERED_DAYS = 100
oldest_of_day: Final = _OldestOfDay()
"""Click ids whose time, as text, isn't less than that of the event's day are young enough; others may be."""


def query_of_click(text: str) -> str | None:
    """Return the query that has this as its ``fbclid``; None if it is no click id, but a word such as ``sale``."""
    text = text.strip()
    if _BARE_CLICK.fullmatch(text):
        return f"fbclid={text}"
    if not text.startswith("?"):  # else it is the query of a page, such as a search
        note_dropped("$.user_data.fbclid", "it is no click id")
    return None


def names_click(text: str) -> bool:
    """Return whether a text may lead to a click id: a page's URL, its query, or the click id alone."""
    return _UNREAD_CLICK.search(text) is not None or _BARE_CLICK.fullmatch(text.strip()) is not None


_UNREAD_CLICK: Final = re.compile("(?:^|[?&;#])fbclid=[^&;#]")
# All of them have capital letters.
_BARE_CLICK: Final = re.compile("(?=.*[A-Z])[A-Za-z0-9_-]{8,}")


def fbc_from_url(url: str, first_seen: int) -> str | None:
    """Return an ``fbc`` made from the ``fbclid`` in a page's URL or its query, or None if there is no valid one.

    The click id is case-sensitive and stays as it is.  Index 1 is what a server writes.

    :param first_seen: when the click id was first seen, Unix seconds.
    """
    address, mark, query = url.partition("#")[0].partition("?")
    for pair in (query if mark else address).split("&"):
        key, _, value = pair.partition("=")
        if key == "fbclid" and value:
            fbc = f"fb.1.{first_seen * 1000}.{unquote(value)}"
            if is_click_id(fbc):
                return fbc
    return None


def newest_click_id(fbc: str | None, urls: Iterable[str | None], first_seen: int) -> str | None:
    """Return the ``fbc`` to send: of the first URL with another click than the cookie, or else the cookie's.

    :param fbc: the cookie; surrounding white space doesn't count, a damaged one counts as none.
    :param urls: the page's URL, its query, the referrer: the first with a valid ``fbclid`` counts.
    :param first_seen: Unix seconds, when a click id of a URL counts as first seen.
    """
    if fbc is not None and not is_click_id(fbc):
        fbc = fbc.strip()
        fbc = fbc if is_click_id(fbc) else None
    for url in urls:
        if url and "fbclid=" in url:
            if new_click_id := fbc_from_url(url, first_seen):
                return fbc if fbc and click_of(fbc) == click_of(new_click_id) else new_click_id
            if _UNREAD_CLICK.search(url):
                note_dropped("$.user_data.fbclid", "it is no click id, or stands where none is looked for")
    return fbc
