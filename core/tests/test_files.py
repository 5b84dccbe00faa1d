"""The files that a configuration consists of: bounded, and never waited for."""

import codecs
import os
from collections.abc import Callable
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import pytest

from capi_actions import ConfigError, Plugins
from capi_actions.config import load_config
from capi_actions.files import MAX_BYTES, read_regular_file
from capi_actions.plugins.files import load_file


def put_file_in_place_of_folder(path: Path) -> None:
    """Make the path's folder, which is empty, a file."""
    path.parent.rmdir()
    path.parent.touch()


REGULAR = "can't be read: it is no regular file"
KINDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda path: None, ""),
    "below a file": (put_file_in_place_of_folder, ""),
    "a pipe": (os.mkfifo, REGULAR),
    "a device without an end": (lambda path: path.symlink_to("/dev/zero"), REGULAR),
    "an empty device": (lambda path: path.symlink_to("/dev/null"), REGULAR),
    "a folder": (Path.mkdir, "can't be read: it is a directory"),
    "unreadable": (lambda path: path.symlink_to(path), "can't be read: Too many levels of symbolic links"),
    "too large": (
        lambda path: path.write_bytes(b"#" * (MAX_BYTES + 1)),
        "can't be read: it is longer than 8 MiB",
    ),
    "not UTF-8": (lambda path: path.write_bytes(b"a = 1\nb = '\xff'\n"), ""),
}
"""Files that can't be read, and the words for them where they are the same in all places."""

PLACES: dict[str, tuple[str, dict[str, str]]] = {
    "the configuration": (
        "",
        {
            "missing": "there is no file {file}; `capi init --config {file}` writes one",
            "below a file": "{file} can't be read: Not a directory",
            "not UTF-8": "{file} is not UTF-8 text (line 2); save it as UTF-8",
        },
    ),
    "mapping_file": (
        '[[destinations.main.mappings]]\naction = "acme.ping"\nmapping_file = "{file}"\n',
        {
            "missing": "{file} can't be read: No such file or directory",
            "below a file": "{file} can't be read: Not a directory",
            "not UTF-8": "{file} is not UTF-8",
        },
    ),
    "ca_file": (
        '[transport]\nca_file = "{file}"\n',
        {
            "missing": "{file} can't be read: No such file or directory",
            "below a file": "{file} can't be read: Not a directory",
            "not UTF-8": "should hold certificates (PEM), but no certificate is in it",
        },
    ),
    "[plugins] files": (
        '[plugins]\nfiles = ["{file}"]\n',
        {
            "missing": "there is no Python file {file}; [plugins] files takes paths relative to the configuration",
            "below a file": "there is no Python file {file}; [plugins] files takes paths",
            "not UTF-8": "can't be imported: SyntaxError: (unicode error) 'utf-8' codec can't decode",
        },
    ),
}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are a thing of POSIX")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_can_t_be_read_is_said_with_its_name(
    capi: Any, config: Path, tmp_path: Path, place: str, kind: str
) -> None:
    """At once: a pipe may never be written to, a device never ends, and a log file would fill the memory."""
    more, words = PLACES[place]
    make, message = KINDS[kind]
    file = tmp_path / "folder" / "special.py"
    file.parent.mkdir()
    make(file)
    config.write_text(
        config.read_text(encoding="utf-8") + more.replace("{file}", str(file)), encoding="utf-8"
    )

    result = capi("check", "-c", str(config if more else file))

    expected = words.get(kind) or f"{file} {message}"
    assert 2 == result.status
    assert expected.replace("{file}", str(file)) in result.out + result.err
    assert "Traceback" not in result.err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are a thing of POSIX")
@pytest.mark.parametrize("kind", ["a pipe", "a device without an end", "an empty device"])
def test_init_overwrites_no_pipe_or_device(capi: Any, tmp_path: Path, kind: str) -> None:
    """It would wait for a reader, or write into a disk."""
    file = tmp_path / "capi.toml"
    KINDS[kind][0](file)

    result = capi("init", "-c", str(file), "--force")

    assert 2 == result.status
    assert f"{file} is no regular file; name another, such as capi.toml" in result.err


@pytest.mark.parametrize("content", [b"# \xff", b"#" * (MAX_BYTES + 1), b"= no TOML"])
def test_init_overwrites_what_can_t_be_read(capi: Any, tmp_path: Path, content: bytes) -> None:
    """That is what --force is for."""
    file = tmp_path / "capi.toml"
    file.write_bytes(content)

    assert 0 == capi("init", "-c", str(file), "--force").status
    assert file.stat().st_size < MAX_BYTES


def test_a_plugin_s_file_reads_no_byte_code_beside_it(tmp_path: Path) -> None:
    """Which may be a pipe, or anything else that its neighbours left there."""
    file = tmp_path / "plugin.py"
    file.write_text("value = 1\n", encoding="utf-8")
    byte_code = Path(cache_from_source(str(file)))
    byte_code.parent.mkdir()
    os.mkfifo(byte_code)

    assert 1 == load_file(file).value


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


@pytest.mark.parametrize(
    ("encoding", "line", "right"),
    [("latin-1", 2, "latin1"), ("utf-16", 1, "utf-16"), ("cp1252", 2, "latin1")],
)
def test_a_file_that_is_not_utf_8_says_where_and_what_helps(
    plugins: Plugins, tmp_path: Path, encoding: str, line: int, right: str
) -> None:
    """Old editors on Windows write Latin-1, its PowerShell UTF-16."""
    path = tmp_path / "capi.toml"
    path.write_bytes("# ein\n# Schlüssel\n".encode(encoding))

    with pytest.raises(ConfigError) as caught:
        load_config(path, plugins)

    hint = f"save it as UTF-8, as with `iconv -f {right} -t utf-8`"
    assert f"{path} is not UTF-8 text (line {line}); {hint}" == str(caught.value)
