"""The command ``capi snippet``."""

import json
from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click
from attrs import asdict

from capi_actions import CapiError, JsonObject, Plugins, config_option
from capi_actions_facebook.destination import Facebook
from capi_actions_facebook.snippet.events import NotInBrowserError, PixelCall, pixel_calls

if TYPE_CHECKING:
    from capi_actions import Config

SCRIPT = "https://connect.facebook.net/en_US/fbevents.js"
"""Meta's pixel script.  "the pixel" in ``docs/reference/sources.md``."""


@click.command()
@config_option
@click.option("--destination", metavar="NAME", help="Which pixel, if the configuration has several.")
@click.option("--endpoint", metavar="URL", help="Where capi serve answers; without it, your own code sends.")
@click.option("--write-key", metavar="KEY", help="The write key for the endpoint; every visitor can read it.")
@click.option("--wait-for-consent", is_flag=True, help="Load and send nothing until capi.grant() is called.")
@click.option("--script-url", metavar="URL", default=SCRIPT, help="The pixel script, for tests.", hidden=True)
def snippet(
    config_path: Path,
    destination: str | None,
    endpoint: str | None,
    write_key: str | None,
    *,
    wait_for_consent: bool,
    script_url: str,
) -> None:
    """Print what a web page needs to send from browser and server.

    Paste it into the <head> of every page.  Then capi.page(), capi.track(name, properties) and
    capi.identify(userId, traits) call Meta's pixel and send the same event to the endpoint: with one event id,
    one external id and the same advanced matching, so that Meta counts it once.
    """
    if endpoint is not None:
        parts = urlsplit(endpoint)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
            raise click.BadParameter("should be like https://events.shop.example", param_hint="'--endpoint'")
        if not write_key:
            raise click.UsageError("--endpoint needs a --write-key: [server.keys.…] in the configuration")
    from capi_actions import load_config  # brings cattrs: every other command would wait for it

    plugins = Plugins.configured(config_path)
    try:
        config = load_config(config_path, plugins, need_secrets=False)
    except CapiError as error:
        raise click.ClickException(str(error)) from error
    pixel = _pixel(config, destination)
    events = _events(pixel, plugins)
    settings: JsonObject = {
        "pixelId": pixel.destination.settings.pixel_id,
        "script": script_url,
        "endpoint": endpoint.rstrip("/") if endpoint else None,
        "writeKey": write_key,
        "waitForConsent": wait_for_consent,
        "events": {event: [asdict(call) for call in calls] for event, calls in events.items()},
    }
    click.echo(html(settings, pixel.name))


def html(settings: Mapping[str, Any], name: str) -> str:
    """Return the snippet.

    :param settings: what the script is called with.
    :param name: of the destination.
    """
    lines = [
        f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in settings.items() if key != "events"
    ]
    events = [f"    {json.dumps(event)}: {json.dumps(calls)}" for event, calls in settings["events"].items()]
    lines.append('  "events": {\n' + ",\n".join(events) + "\n  }")
    # In a script element: nothing in the values may end it, or start a comment.
    values = "{\n" + ",\n".join(lines).replace("<", "\\u003c") + "\n}"
    script = files(__package__).joinpath("snippet.js").read_text(encoding="utf-8").rstrip()
    label = name.replace("--", "")
    return f"<!-- capi snippet: {label} -->\n<script>\n{script.replace('SETTINGS', values)}\n</script>"


def _pixel(config: "Config", name: str | None) -> Any:
    pixels = {
        configured.name: configured
        for configured in config.destinations
        if isinstance(configured.destination, Facebook)
    }
    if not pixels:
        raise click.ClickException(
            "no destination of the configuration is a pixel: none has the type facebook"
        )
    if name is None and len(pixels) > 1:
        raise click.UsageError(f"choose one with --destination: {', '.join(pixels)}")
    chosen = name or next(iter(pixels))
    if chosen not in pixels:
        raise click.UsageError(f"there is no Facebook destination {chosen!r}; there are: {', '.join(pixels)}")
    return pixels[chosen]


def _events(pixel: Any, plugins: Plugins) -> Mapping[str, list[PixelCall]]:
    """Return the pixel's calls for each event; warn of mappings that the browser can't follow."""
    events: dict[str, list[PixelCall]] = {}
    for label, action_name, trigger, own in _mappings(pixel, plugins):
        action = plugins.actions[action_name]
        try:
            for event, call in pixel_calls(
                action, trigger or action.trigger or "", {**action.mapping, **own}
            ):
                events.setdefault(event, []).append(call)
        except NotInBrowserError as error:
            click.echo(f"{label} is left to the server: {error}", err=True)
    return events


def _mappings(pixel: Any, plugins: Plugins) -> Iterable[tuple[str, str, str | None, JsonObject]]:
    """Yield each mapping's place in the configuration, its action, trigger and own fields."""
    if pixel.mappings is None:
        for name, action in plugins.actions.items():
            if action.destination == pixel.type and action.trigger:
                yield name, name, None, {}
        return
    for number, mapping in enumerate(pixel.mappings, 1):
        if mapping.enabled:
            label = f"mapping {number} of {pixel.name} ({mapping.action})"
            if mapping.mapping_file is not None:
                click.echo(f"{label} is left to the server: its mapping is in a file", err=True)
            else:
                yield label, mapping.action, mapping.trigger, mapping.mapping or {}
