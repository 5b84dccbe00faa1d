"""Meta's click id: the ``fbc`` parameter.

Source: https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/fbp-and-fbc (read
2026-11-23).
"""

import re
from urllib.parse import unquote, urlsplit

# fb.{subdomain index}.{creation time in ms}.{fbclid}[.{appendix of Meta's parameter builder}]
_CLICK_ID = re.compile(r"fb\.[0-2]\.[0-9]{10,16}\.[!-~]+")


def is_click_id(text: str) -> bool:
    """Say whether Meta would take this as ``fbc``."""
    return _CLICK_ID.fullmatch(text) is not None


def fbc_from_url(url: str, seen: int) -> str | None:
    """Make ``fbc`` from the ``fbclid`` of a page's URL.

    The click id is case-sensitive and stays as it is.  Index 1 is what a server writes.

    :param seen: when it was first seen, Unix seconds.
    """
    try:
        query = urlsplit(url).query
    except ValueError:
        return None
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if key == "fbclid" and value:
            fbc = f"fb.1.{seen * 1000}.{unquote(value)}"
            return fbc if is_click_id(fbc) else None
    return None
