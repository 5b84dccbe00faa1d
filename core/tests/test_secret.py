"""No usual way of showing an object shows a token."""

import copy
import dataclasses
import json
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import attrs
import cattrs
import orjson
import pytest

from capi_actions import Secret
from capi_actions.config import Config

TOKEN = "EAAB-sesame-open"


@attrs.frozen(kw_only=True)
class Settings:
    """Settings as a plugin has them."""

    access_token: Secret


@dataclasses.dataclass
class Data:
    """Settings of a plugin that prefers dataclasses."""

    access_token: Secret


SETTINGS = Settings(access_token=Secret(TOKEN, literal=True))
DATA = Data(SETTINGS.access_token)


def logged(value: object) -> str:
    """Return a log record's text."""
    record = logging.LogRecord("name", logging.INFO, "file", 1, "%s %r", (value, value), None)
    return logging.Formatter().format(record)


def traced(value: object) -> str:
    """Return a traceback that shows local variables."""
    with pytest.raises(ValueError, match="invalid literal") as caught:
        int(repr(value))
    frames = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    return "".join(frames.format())


@pytest.mark.parametrize(
    "show",
    [
        repr,
        str,
        ascii,
        format,
        "{!s:>40}".format,
        "%s".__mod__,
        pprint.pformat,
        logged,
        traced,
        lambda value: repr(dir(value)),
        lambda value: json.dumps(value, default=str),
        lambda value: json.dumps(value, default=repr),
        lambda value: orjson.dumps(value, default=str).decode(),
        lambda value: repr(copy.copy(value)),
        lambda value: repr(copy.deepcopy(value)),
        lambda value: repr(cattrs.unstructure(value)),
    ],
)
@pytest.mark.parametrize("value", [SETTINGS, SETTINGS.access_token, DATA], ids=["settings", "secret", "data"])
def test_no_way_of_showing_it_shows_the_token(show: Callable[[Any], str], value: object) -> None:
    """Nor do the settings that hold it."""
    assert TOKEN not in show(value)


@pytest.mark.parametrize(
    "dictionary",
    [attrs.asdict(SETTINGS), dataclasses.asdict(DATA), {"access_token": copy.deepcopy(Secret(TOKEN, True))}],
)
def test_it_survives_what_makes_dictionaries(dictionary: dict[str, Any]) -> None:
    """As itself, so that its value can still be used."""
    assert {"access_token": Secret(TOKEN, literal=True)} == dictionary
    assert TOKEN not in repr(dictionary)
    assert dictionary["access_token"].value == TOKEN


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("value", [SETTINGS, SETTINGS.access_token, DATA], ids=["settings", "secret", "data"])
def test_it_refuses_to_be_pickled(value: object, protocol: int) -> None:
    """A pickle goes to other processes, caches and files."""
    with pytest.raises(TypeError, match="a Secret can't be pickled"):
        pickle.dumps(value, protocol)


def test_it_is_a_value() -> None:
    """Equal tokens are equal; nothing changes one."""
    secret: Any = Secret("a")

    assert f"{secret:>14}".strip() == f"{secret}"
    assert (Secret("a"), hash(Secret("a"))) == (secret, hash(secret))
    assert secret not in (Secret("b"), Secret("a", literal=True), "a")
    with pytest.raises(AttributeError):
        secret.value = "b"
    assert not hasattr(secret, "__dict__")


def test_a_configuration_shows_no_option_of_outbox_and_transport() -> None:
    """Those of another plugin's may be passwords or addresses with one."""
    config = Config(
        destinations=[],
        outbox={"type": "acme", "url": f"postgres://capi:{TOKEN}@db"},
        transport={"type": "acme", "password": TOKEN},
        folder=Path("somewhere"),
    )

    assert TOKEN not in repr(config)
    assert "acme" in repr(config)
