"""Strategies for normalization."""

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from hypothesis import strategies as st
from py_mini_racer import MiniRacer

from capi_actions_facebook.normalization import dates

# Capitals of Unicode 17, which some browsers, Pythons and V8s know and others don't.
UNICODE_17 = "\ua7ce\ua7d2\ua7d4" + "".join(map(chr, range(0x16EA0, 0x16EB9)))


@pytest.fixture
def year_of_the_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pixel takes no birthday after the next year: what it sent in 2026 depends on that."""
    monkeypatch.setattr(dates, "_SAFE_YEAR", 2027)
    monkeypatch.setattr(dates, "localtime", lambda: SimpleNamespace(tm_year=2026))


@pytest.fixture(scope="session")
def lower() -> Iterator[Callable[[str], str]]:
    """Lower-case a text in V8, the JavaScript engine of most browsers that the pixel runs in.

    Not with Python, whose Unicode version (3.11: 14.0) is older than the browsers'.
    """
    with MiniRacer() as browser:
        yield lambda text: json.loads(str(browser.eval(f"JSON.stringify({json.dumps(text)}.toLowerCase())")))


@pytest.fixture(scope="session")
def number_as_text() -> Iterator[Callable[[float], str]]:
    """Write a number as text in V8."""
    with MiniRacer() as browser:
        yield lambda number: str(browser.eval(f"String({number!r})"))


@pytest.fixture(scope="session")
def anything() -> st.SearchStrategy[str]:
    """Any text, with the characters that the rules look at drawn more often than chance would.

    Characters that this Python doesn't know are left out, as their neighbours may decide about a sigma;
    test_letters_that_are_newer_than_this_python_are_lower_cased_as_in_browsers has the letters among them.
    """
    spice = "  \t\n\u00a0\ufeff\x1c\x85-.,:@()+'_aAzZmMfF0019İſKßΣς٣\ud83d\ude00\ud800\udc00😀"
    characters = st.characters(exclude_categories=["Cn"], exclude_characters=UNICODE_17 + "\U0001171e")
    return st.text(st.one_of(st.sampled_from(spice), characters), max_size=30)


@pytest.fixture(scope="session")
def typed(anything: st.SearchStrategy[str]) -> Callable[[str], st.SearchStrategy[str]]:
    """Values as customers type them, by key, and anything else besides.

    Drawn as plain text of the right alphabet, because patterns take ten times as long to draw.
    """
    local, domain = (
        st.text("abAB19_.:+'-", max_size=8),
        st.sampled_from(["b.co", "Ex-a.IO", "b..co", "privaterelay.appleid.com"]),
    )
    date = st.dates().flatmap(
        lambda day: st.sampled_from(["%Y-%m-%d", "%m/%d/%Y", "%d.%m.%y", "%Y%m%d"]).map(day.strftime)
    )
    usual = {
        "em": st.builds("{}@{}{}".format, local, domain, st.sampled_from(["", "", ",", " "])),
        "ph": st.text("0123456789+-.() /", max_size=16),
        "zp": st.text("019aZ -", max_size=10),
        "db": date | st.text("0123789-/. T", max_size=12),
        "ge": st.sampled_from(["m", "F", " f ", "male", "Female", "WOMAN", "boy", "x"]),
        "st": st.sampled_from(["California", "CA", "N.Y.", "New South Wales", "Québec", "constructor"]),
        "country": st.sampled_from(
            ["Germany", "USA", "U.K.", "Österreich", "unitedstatesofamerica", "Niger"]
        ),
    }
    digits = st.builds("{:0{}x}".format, st.integers(0, 2**124 - 1), st.sampled_from([31, 32, 64, 65]))
    hashes = digits | digits.map(str.upper)
    names = st.sampled_from(["Jean-Luc", "O'Brien", "ΟΔΥΣΣΕΥΣ", "王伟", "id 42", "St. Louis", "10 Downing"])
    by_key = {key: st.one_of(values, names, anything, hashes) for key, values in usual.items()}
    others = st.one_of(names, anything, hashes)
    return lambda key: by_key.get(key, others)


@pytest.fixture(scope="session")
def is_address() -> Callable[[str], bool]:
    """Say whether the pixel takes a text for an address, by splitting it at its dots."""

    def is_address(value: str) -> bool:
        local, at, domain = value.partition("@")
        runs = local.split(".")
        runs = [run.removesuffix(":") if index < len(runs) - 1 else run for index, run in enumerate(runs)]
        atoms = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_!#$%&'*+/=?^`{|}~-")
        letters = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
        labels = domain.split(".")
        return (
            bool(at)
            and all(run and set(run) <= atoms for run in runs)
            and len(labels) >= 2
            and all(
                label and {label[0], label[-1]} <= letters and set(label) <= letters | {"-"}
                for label in labels
            )
        )

    return is_address
