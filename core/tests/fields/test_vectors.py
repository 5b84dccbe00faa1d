"""What the reference engine's own tests expect, and where hand-made probes of it differ."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

Lines = Callable[[str], list[dict[str, Any]]]
Agrees = Callable[[dict[str, Any]], bool]


def test_validation_gives_what_the_reference_gives(vectors: Lines, agrees: Agrees) -> None:
    """Payload for payload, sentence for sentence, in the same order."""
    lines = [line for line in vectors("segment/validate.jsonl") if line["fn"] == "validateSchema"]

    assert len(lines) == 144
    assert [line["name"] for line in lines if not agrees(line)] == []


def test_cleaning_gives_what_the_reference_gives(vectors: Lines, agrees: Agrees) -> None:
    """These lines hold JSON schemas instead of fields; cleaning alone keeps unknown keys."""
    lines = [line for line in vectors("segment/validate.jsonl") if line["fn"] == "removeEmptyValues"]
    for line in lines:
        line["fields"] = {key: _field(schema) for key, schema in line["schema"]["properties"].items()}

    assert len(lines) == 9
    assert [line["name"] for line in lines if not agrees(line)] == []


def _field(schema: dict[str, Any]) -> dict[str, Any]:
    types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    field: dict[str, Any] = {"allowNull": "null" in types, "additionalProperties": True}
    field["type"] = next((name for name in types if name != "null"), "string")
    if "properties" in schema:
        field["properties"] = {key: _field(member) for key, member in schema["properties"].items()}
    return field


TEXT = re.compile(
    r"(?<= but it was )a (?:blank text|text [a-z0-9 ]+);"
    r" write 12(?:: digits only|\.50: digits with a point for decimals, no thousands separators or currency sign)"
)


def test_sentences_about_text_differ_in_the_text_s_kind_and_the_advice_only(
    vectors: Lines, answers: Callable[[dict[str, Any]], tuple[Any, Any]]
) -> None:
    """Without them, each sentence of the reference about a text for a number is ours, at the same place."""
    compared, differing = 0, []
    for line in vectors("segment/probes_validate.jsonl"):
        theirs, ours = answers(line)
        if isinstance(theirs, list) and isinstance(ours, list) and theirs != ours:
            plain = [(path, TEXT.sub("a string", message)) for path, message in ours]
            compared += theirs == plain
            differing += [line["name"]] if theirs != plain and plain != ours else []

    assert differing == ["number multiple mixed", "integer multiple mixed"]  # an empty string besides
    assert compared == 189


REASONS = {
    "Null in lists": r"^array item.*<- null$|<- \[null\]$|^array items: null price",
    "Empty strings": (
        r"^array item.*<- \"\"$|^(nested|batch).*<- \"\"$|^array items: empty price|multiple (mixed|allowNull)$"
    ),
    "Numbers in text": r"^(.* )?(number|integer).* <- \"( |0x10|0b11|0o7|Infinity|1e400|9007199254740993)\"$",
    "Text where a number is wanted": (
        r"\b(number|integer)\b.*<- \".+\"$| multiple mixed$|^several errors at once$|^order of messages"
    ),
    "Points in time": r"\bdatetime\b",
    "Lists of one": r"<- \[.*\]$",
    "Null that isn't one": r"^object allowNull <- (0|false)$",
    "One item instead of a list": r"^nested \w+ multiple <- \{|^nested object array",
    "Bounds": r" m(in|ax) [0-9]",
    "Conditions": r"^(nested conditional|condition|allowNull dependency|syncMode)",
    "Formats": r"^format (ipv4|regex)",
    "Foreign keys": r"^dynamicAuthSettings",
    "Payloads that are no object": r"^payload null",
}
"""Which headings of the docs explain which probes, by the probes' names."""


def test_every_other_probe_has_a_documented_reason(vectors: Lines, agrees: Agrees, root: Path) -> None:
    """Nothing differs by accident, and no reason is documented that explains nothing."""
    lines = vectors("segment/probes_validate.jsonl")
    differing = [line["name"] for line in lines if not agrees(line)]
    explained = {
        heading: [name for name in differing if re.search(pattern, name)]
        for heading, pattern in REASONS.items()
    }
    page = (root / "docs/reference/differences-fields.md").read_text(encoding="utf-8")

    assert set() == set(differing) - {name for names in explained.values() for name in names}
    assert [heading for heading, names in explained.items() if not names] == []
    assert f"{len(lines) - len(differing):,} of {len(lines):,} answer alike" in page
    assert list(REASONS) == re.findall(r"^### (.+)$", page, re.MULTILINE)
