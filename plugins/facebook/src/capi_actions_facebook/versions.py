"""Until when Meta answers to each version of its Graph API."""

from collections.abc import Mapping
from datetime import date

# From https://developers.facebook.com/docs/graph-api/changelog (read 2026-11-23).
# v26.0 is the newest; its end isn't announced.
LAST_DAYS: Mapping[str, date] = {
    "v16.0": date(2025, 5, 14),
    "v17.0": date(2025, 9, 12),
    "v18.0": date(2026, 1, 26),
    "v19.0": date(2026, 5, 21),
    "v20.0": date(2026, 9, 24),
    "v21.0": date(2027, 1, 21),
    "v22.0": date(2027, 5, 20),
    "v23.0": date(2027, 10, 8),
    "v24.0": date(2028, 2, 18),
    "v25.0": date(2028, 7, 29),
}
OLDEST, NEWEST = 16, 26


def problem_with(version: str, today: date) -> str | None:
    """Say what is wrong with an API version, or None.

    :param version: such as ``v25.0``.
    """
    last = LAST_DAYS.get(version)
    if last is not None and last < today:
        return f"Meta has not answered to {version} since {last}; take a newer one"
    if int(version[1:].partition(".")[0]) < OLDEST:
        return f"{version} ended before 2025-05-14; take a newer one"
    return None


def doubt_about(version: str) -> str | None:
    """Say why Meta may not know an API version, or None.

    :param version: such as ``v25.0``.
    """
    major, _, minor = version[1:].partition(".")
    if minor != "0":
        return f"Meta's versions end in .0; there is no {version}"
    if int(major) > NEWEST:
        return f"the newest version that was known when this was released is v{NEWEST}.0; does Meta have {version}?"
    return None
