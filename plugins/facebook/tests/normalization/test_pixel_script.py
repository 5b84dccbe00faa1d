"""The page that a pixel script runs in."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from capi_actions_facebook.normalization.verify import PixelScript, engine, people
from support.length import examples

FAKE = (Path(__file__).parent / "fake_pixel.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def fake() -> Iterator[PixelScript]:
    """A script that sends back what it was given."""
    with PixelScript(FAKE) as script:
        yield script


def version(script: str) -> str:
    """What a script says of itself, after it has looked around."""
    with PixelScript(script) as started:
        return started.version


def echoed(answer: dict[str, str] | None) -> Any:
    assert answer is not None
    units = answer["echo"]
    data = b"".join(bytes.fromhex(units[at : at + 4])[::-1] for at in range(0, len(units), 4))
    return json.loads(data.decode("utf-16-le"))


@settings(max_examples=examples(50))
@given(data=st.data())
def test_users_reach_the_script_unchanged(
    data: st.DataObject, fake: PixelScript, anything: st.SearchStrategy[str]
) -> None:
    """Lone surrogates, quotes, line separators, numbers, nulls: else it would be asked about someone else."""
    values = st.one_of(anything, st.integers(-(2**53), 2**53), st.none())
    users = data.draw(
        st.lists(st.dictionaries(anything.filter(lambda key: key != "__proto__"), values), max_size=5)
    )
    pairs = [{_joined(key): _joined(value) for key, value in user.items()} for user in users]

    assert [echoed(answer) for answer in fake.user_data(users)] == pairs


def _joined(value: Any) -> Any:
    """Two halves side by side are one character as soon as they are written as JSON."""
    return (
        value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
        if isinstance(value, str)
        else value
    )


def test_long_requests_are_seen_too(fake: PixelScript) -> None:
    """They leave as a form, where short ones are the address of an image."""
    user = {"fn": "x" * 5000}

    assert echoed(fake.user_data([user])[0]) == user


def test_the_script_is_started_anew_before_it_grows_too_big(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real one remembers every pixel it was ever told of."""
    monkeypatch.setattr(engine, "_RESTART_AFTER", 3)
    with PixelScript(FAKE) as script:
        counts = [answer["count"] for _ in range(3) for answer in script.user_data([{}, {}]) if answer]

    assert counts == ["1", "2", "3", "4", "1", "2"]


def test_lots_are_drawn_the_same_way_every_time() -> None:
    """So that a run can be repeated, whatever experiments a script takes part in."""
    lots = "fbq.version = [Math.random(), Math.random()].join(); fbq.registerPlugin = function () {};"
    first, second = map(float, version(lots).split(","))

    assert version(lots) == version(lots)
    assert 0 < first < 1
    assert first != second


def test_all_made_up_people_reach_it(fake: PixelScript) -> None:
    """Those that the command makes."""
    users = list(people(200, 3))

    assert [echoed(answer) for answer in fake.user_data(users)] == users


def test_the_page_has_what_scripts_look_at() -> None:
    """One look at each thing that a real script touches when it starts."""
    probe = """
        var fails = [];
        function look(name, ok) { if (!ok) fails.push(name); }
        var element = document.createElement("script");
        element.setAttribute("a", 1);
        look("attribute", element.getAttribute("a") === "1" && element.getAttribute("b") === null);
        look("children", element.appendChild(1) === 1 && element.insertBefore(2) === 2 && element.removeChild(3) === 3);
        look("script", document.getElementsByTagName("script")[0].parentNode instanceof HTMLElement);
        look("others", document.getElementsByTagName("form").length === 0 && document.getElementById("x") === null);
        look("query", document.querySelector("x") === null && document.body.querySelectorAll("x").length === 0);
        localStorage.setItem("k", 1);
        look("storage", localStorage.getItem("k") === "1" && sessionStorage.getItem("k") === null);
        localStorage.removeItem("k");
        look("removed", localStorage.getItem("k") === null);
        look("image", new Image().src === "");
        look("time", performance.now() === 0 && performance.getEntriesByType("x").length === 0);
        look("timers", setTimeout(look) === 0 && setInterval(look) === 0 && clearTimeout(0) === undefined);
        look("page", window === self && top === parent && location.protocol === "https:");
        look("quiet", console.log("x") === undefined && postMessage("x") === undefined);
        fbq("early", 1);
        look("queue", fbq.queue.length === 1);
        fbq.registerPlugin = function () {};
        fbq.version = fails.join();
    """

    assert version(probe) == ""
