"""Run the demo: send the samples to a sandbox, and compare what arrives with what is expected."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from capi_actions import Client, DeadLetter, Plugins, Receipt
from capi_actions_sandbox.demo.samples import Sample, samples
from capi_actions_sandbox.options import SandboxOptions, known_currencies
from capi_actions_sandbox.server import Sandbox

HASHED_KEYS = ("em", "ph", "fn", "ln", "ct", "st", "zp", "country", "db", "ge", "external_id")
_CONFIG = """\
[destinations.demo]
type = "facebook"
pixel_id = "1234567890"
access_token = "demo-token"
base_url = "{url}"
{mappings}
"""
_CUSTOM = {
    "identify": ('type = "identify"', "Identified"),
    "group": ('type = "group"', "GroupJoined"),
    "level": ('type = "track" and event = "Level Reached"', "LevelReached"),
}


@frozen(kw_only=True)
class Row:
    """The outcome of one sample event.

    :ivar sample: the event.
    :ivar received: what the sandbox stored for it; None when nothing arrived.
    :ivar equal: how many of the hashes equal the pixel's.
    :ivar hashes: how many hashes of the person arrived.
    :ivar reason: why nothing arrived.
    """

    sample: Sample
    received: Mapping[str, Any] | None
    equal: int
    hashes: int
    reason: str


def run(plugins: Plugins) -> list[Row]:
    """Send all samples to a new sandbox and return the outcomes.

    :raises ConfigError: when the Facebook plugin isn't installed.
    """
    all_samples = list(samples())
    with tempfile.TemporaryDirectory() as folder, Sandbox(demo_options()) as sandbox:
        config = Path(folder, "capi.toml")
        config.write_text(configuration(sandbox.url, plugins), encoding="utf-8")
        with Client.from_config(config, plugins=plugins) as client:
            receipts = client.send_many([sample.event for sample in all_samples])
            client.flush(timeout=30)
            dead = {letter.item.event_id: letter for letter in client.dead_letters()}
        received = {stored["event"]["event_id"]: stored["event"] for stored in sandbox.events()}
    reasons = [_reason(receipt, dead) for receipt in receipts]
    return [make_row(sample, received, reason) for sample, reason in zip(all_samples, reasons, strict=True)]


def demo_options() -> SandboxOptions:
    """Return the demo's sandbox options: it shows what becomes of events, on any day, so that no API version ends."""
    return SandboxOptions(currencies=known_currencies(), last_days={})


def configuration(url: str, plugins: Plugins) -> str:
    """Return a configuration with every action that has a prebuilt trigger, and custom ones for other events."""
    tables = [
        f'[[destinations.demo.mappings]]\naction = "{action.name}"\n'
        for action in plugins.actions_of("facebook").values()
        if action.trigger
    ]
    for trigger, name in _CUSTOM.values():
        tables.append(
            '[[destinations.demo.mappings]]\naction = "facebook.custom"\n'
            f"trigger = '{trigger}'\nmapping = {{ event_name = \"{name}\" }}\n"
        )
    return _CONFIG.format(url=url, mappings="\n".join(tables))


def _reason(receipt: Receipt, dead: Mapping[str, DeadLetter]) -> str:
    if receipt.problem:
        return f"no event: {receipt.problem}"
    if receipt.refused:
        return f"refused before sending: {receipt.refused[0].error}"
    letters = [dead[item.event_id] for item in receipt.accepted if item.event_id in dead]
    if letters:
        return dead_reason(letters[0])
    return "" if receipt.accepted else "no action takes it"


def dead_reason(letter: DeadLetter) -> str:
    """Return why an item became a dead letter."""
    return f"set aside: {letter.reason} {letter.advice} (Meta's error {letter.code}/{letter.subcode})"


def make_row(sample: Sample, received: Mapping[str, Mapping[str, Any]], reason: str) -> Row:
    """Return the outcome of a sample.

    :param received: what the sandbox has, by event id.
    :param reason: why nothing arrived.
    """
    item = received.get(sample.event["messageId"])
    user = (item or {}).get("user_data", {})
    hashes = {key: _first(user[key]) for key in HASHED_KEYS if key in user}
    return Row(
        sample=sample,
        received=item,
        equal=sum(sample.hashes.get(key) == value for key, value in hashes.items()),
        hashes=len(hashes),
        reason=reason,
    )


def _first(value: str | Sequence[str]) -> str:
    return value if isinstance(value, str) else value[0]
