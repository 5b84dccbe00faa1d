"""`--csv`, `--format` and `--skip` on the command line."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from capi_actions import InputFormat

TABLE = """
[inputs.{name}]
format = "csv"
event = "Order"
time_format = "unix"
[inputs.{name}.columns]
"Id" = "messageId"
"Time" = "timestamp"
"""


@pytest.fixture
def orders(tmp_path: Path, ping: Any) -> Path:
    """A file of three orders, the second of which can't be read."""
    file = tmp_path / "orders.csv"
    now = ping()["timestamp"]
    file.write_text(f"Id;Time;Notes\n1;{now};x\n2;yesterday;\n3;{now};\n", encoding="utf-8")
    return file


@pytest.fixture
def table(config: Path) -> Path:
    """A configuration with one table for CSV."""
    config.write_text(config.read_text() + TABLE.format(name="orders"), encoding="utf-8")
    return config


@pytest.mark.parametrize("options", ["--csv", "--format csv", "--format orders", "--csv --format orders"])
def test_a_csv_file_is_sent(capi: Any, table: Path, orders: Path, acme_server: Any, options: str) -> None:
    """What can't be read is reported with file and line, and costs nothing else."""
    result = capi("send", "-c", str(table), *options.split(), str(orders))

    assert result.status == 1
    assert [f"{orders}:3"] == [line["place"] for line in result.lines]
    assert result.lines[0]["error"]["path"] == "$.Time"
    assert f"capi: warning: {orders}:1: columns that aren't used: 'Notes'\n" in result.err
    assert sorted(item["id"] for item in acme_server.taken) == ["1", "3"]


def test_preview_reads_csv_too(capi: Any, table: Path, orders: Path) -> None:
    """From standard input and compressed, as well."""
    lines = capi("preview", "-c", str(table), "--csv", text=gzip.compress(orders.read_bytes())).lines

    assert [line.get("message_id") for line in lines] == ["1", None, "3"]
    assert lines[1]["line"] == 3


def test_skip_leaves_out_the_first_events(capi: Any, table: Path, orders: Path, acme_server: Any) -> None:
    """To go on after a stop; an event that can't be read counts."""
    result = capi("send", "-c", str(table), "--csv", "--skip", "2", str(orders))

    assert (result.status, result.lines) == (0, [])
    assert [item["id"] for item in acme_server.taken] == ["3"]


def test_an_unknown_format_names_the_known_ones(capi: Any, table: Path, orders: Path) -> None:
    """Tables of the configuration are among them."""
    assert (
        "no format 'order'; did you mean 'orders'?" in capi("send", "-c", str(table), "--format", "order").err
    )
    assert "contradict each other" in capi("send", "-c", str(table), "--csv", "--format", "jsonl").err


def test_of_several_tables_one_must_be_named(capi: Any, table: Path, orders: Path) -> None:
    """Which one is meant can't be known."""
    table.write_text(table.read_text() + TABLE.format(name="leads"), encoding="utf-8")
    result = capi("send", "-c", str(table), "--csv", str(orders))

    assert result.status == 2
    assert "name one of them: --format orders, leads" in result.err


def test_a_plugin_s_format_makes_events(
    capi: Any, config: Path, ping: Any, install: Any, acme_server: Any
) -> None:
    """Several of one object, or none, which is counted; what it raises is reported without the object's values."""

    def convert(body: dict[str, Any]) -> list[Any]:
        if body.get("crash"):
            raise KeyError("personal@example.com")
        return [ping(number) for number in body["numbers"]]

    install("shop", capi_inputs=[InputFormat(name="shop", convert=convert)])
    bodies = [{"numbers": [1, 2]}, {"numbers": []}, {"crash": True}, 5]
    result = capi("send", "-c", str(config), "--format", "shop", lines=bodies)

    assert sorted(item["id"] for item in acme_server.taken) == ["m1", "m2"]
    assert [line["line"] for line in result.lines] == [3, 4]
    assert (
        "the format 'shop' failed on this object (KeyError in convert" in result.lines[0]["error"]["message"]
    )
    assert "capi: warning: standard input: 1 of 2 objects make no event (format shop)\n" in result.err
    assert "personal" not in result.out + result.err
