"""What analytics.js asks for before it sends: ``GET /v1/projects/<write key>/settings``.

With it a page names the server once, as ``cdnURL``: the answer says where events go.  Facts: the settings that
@segment/analytics-next 1.84 reads (``src/browser/settings.ts`` and the plugin ``segmentio``).
"""

import re

from starlette.types import Scope

from capi_actions import JsonObject, TrustedProxies, WebRequest
from capi_actions_server.ingest.requests import RequestError

SETTINGS = "/v1/projects/{key}/settings"
"""The endpoint, with the write key in braces."""

_PATH = re.compile(SETTINGS.replace("{key}", "([^/]{1,200})"))


def project_key(path: str) -> str | None:
    """Return the write key in the path of a request for settings; None for other paths."""
    match = _PATH.fullmatch(path)
    return match[1] if match else None


def browser_settings(scope: Scope, key: str, proxies: TrustedProxies) -> JsonObject:
    """Return the settings for a write key that is right.

    :raises RequestError: when the request doesn't say where it was sent.
    """
    request = WebRequest.of(scope, proxies)
    if not request.host:
        raise RequestError(400, "the header Host should name this server")
    return {
        "integrations": {
            "Segment.io": {
                "apiKey": key,
                "apiHost": f"{request.host}/v1",
                "protocol": request.scheme,
                "unbundledIntegrations": [],
                "maybeBundledConfigIds": {},
            }
        },
        "plan": {"track": {"__default": {"enabled": True}}, "identify": {"__default": {"enabled": True}}},
        "edgeFunction": {},
        "enabledMiddleware": {},
        "legacyVideoPluginsEnabled": False,
        "metrics": {"sampleRate": 0},
        "remotePlugins": [],
    }
