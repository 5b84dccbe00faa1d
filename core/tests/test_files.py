"""The files that a configuration consists of: bounded, and never waited for."""

import codecs
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from capi_actions import ConfigError, Plugins
from capi_actions.config import load_config
from capi_actions.files import MAX_BYTES, read_regular_file

SPECIAL: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a device without an end": lambda path: path.symlink_to("/dev/zero"),
    "an empty device": lambda path: path.symlink_to("/dev/null"),
    "a folder": Path.mkdir,
}
PLACES = {
    "the configuration": ("{file}", ""),
    "mapping_file": (
        "capi.toml",
        '[[destinations.main.mappings]]\naction = "acme.ping"\nmapping_file = "{file}"\n',
    ),
    "ca_file": ("capi.toml", '[transport]\nca_file = "{file}"\n'),
    "[plugins] files": ("capi.toml", '[plugins]\nfiles = ["{file}"]\n'),
}


@pytest.fixture
def check(capi: Any, config: Path) -> Callable[[str, str], Any]:
    """Run `capi check` with a file named in some place."""

    def run(place: str, file: str) -> Any:
        named, more = PLACES[place]
        config.write_text(config.read_text(encoding="utf-8") + more.replace("{file}", file), encoding="utf-8")
        return capi("check", "-c", str(config.with_name(named.replace("{file}", file))))

    return run


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are a thing of POSIX")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", SPECIAL)
def test_what_is_no_regular_file_is_refused_at_once(
    check: Callable[[str, str], Any], tmp_path: Path, place: str, kind: str
) -> None:
    """A pipe may never be written to, and a device never ends."""
    SPECIAL[kind](tmp_path / "special.py")

    result = check(place, "special.py")

    assert result.status == 2
    assert "special.py" in result.out + result.err
    assert any(
        words in result.out + result.err
        for words in ("no regular file", "a directory", "there is no Python file")
    )
    assert "Traceback" not in result.err


@pytest.mark.parametrize("place", [place for place in PLACES if place != "[plugins] files"])
def test_a_file_has_a_size(check: Callable[[str, str], Any], tmp_path: Path, place: str) -> None:
    """A log file that is named by mistake doesn't fill the memory."""
    with (tmp_path / "large").open("wb") as file:
        file.truncate(MAX_BYTES + 1)

    result = check(place, "large")

    assert result.status == 2
    assert "large can't be read: it is longer than 8 MiB" in result.out + result.err


def test_as_many_bytes_as_allowed_are_read(tmp_path: Path) -> None:
    """The bound is the one that is named."""
    path = tmp_path / "file"
    path.write_bytes(b"a" * MAX_BYTES)

    assert len(read_regular_file(path, "file")) == MAX_BYTES


def test_a_byte_order_mark_is_no_part_of_a_file(capi: Any, config: Path) -> None:
    """Editors on Windows write one; the configuration and a mapping are read all the same, and plugins in between."""
    more = 'mapping_file = "mapping.json"\n[plugins]\ndisabled = ["nobody"]\n'
    mapping = b'{"name": {"@path": "$.event"}}'
    config.with_name("mapping.json").write_bytes(codecs.BOM_UTF8 + mapping)
    text = (
        config.read_text(encoding="utf-8") + '[[destinations.main.mappings]]\naction = "acme.ping"\n' + more
    )
    config.write_bytes(codecs.BOM_UTF8 + text.encode())

    result = capi("check", "-c", str(config))

    assert "Invalid statement" not in result.out
    assert "mapping.json" not in result.out
    assert "nobody" in result.out


def test_a_file_that_is_not_utf_8_says_where_and_what_helps(plugins: Plugins, tmp_path: Path) -> None:
    """Old editors on Windows write Latin-1."""
    path = tmp_path / "capi.toml"
    path.write_bytes("# ein\n# Schlüssel\n".encode("latin-1"))

    with pytest.raises(ConfigError) as caught:
        load_config(path, plugins)

    hint = "save it as UTF-8, as with `iconv -f latin1 -t utf-8`"
    assert f"{path} is not UTF-8 text (line 2); {hint}" == str(caught.value)
