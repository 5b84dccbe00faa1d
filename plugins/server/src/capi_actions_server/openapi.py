"""The description of the endpoints below ``/v1/``, in OpenAPI 3.1: the server publishes it at ``/openapi.json``."""

from collections.abc import Mapping
from importlib.metadata import version

from capi_actions import Json, JsonObject
from capi_actions_server.ingest.browser_settings import SETTINGS
from capi_actions_server.ingest.endpoints import BATCHES, EVENTS, KINDS, WEBHOOKS

_ANSWERS: Mapping[int, str] = {
    200: "All that could be accepted is durable in the outbox; errors of single events are named.",
    400: "The body can't be read, or nothing in it can be accepted; says what is wrong.",
    401: "The write key or signature is missing or wrong.",
    403: "Web pages of this origin may not send.",
    404: "There is no such endpoint.",
    405: "The method should be POST.",
    408: "The body took too long to arrive.",
    413: "The body has too many bytes or events.",
    415: "Content-Type or Content-Encoding is one that isn't read.",
    429: "The write key sends more events than it may, or the address has sent too many wrong ones; Retry-After says"
    " when to come again.",
    503: "The events can't be stored now; send them again later.",
}
_SETTINGS_ANSWERS: Mapping[int, str] = {
    400: "The header Host doesn't name the server.",
    401: "The write key in the path is wrong.",
    403: _ANSWERS[403],
    429: "The address has sent too many wrong write keys; Retry-After says when to come again.",
}


def openapi() -> JsonObject:
    """Return the description."""
    single = {path: _operation(f"Take a {kind} event", _ref("event"), kind) for path, kind in KINDS.items()}
    batches = {path: _operation("Take events of any type", _ref("batch"), None) for path in sorted(BATCHES)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "capi serve",
            "summary": "Takes events as the Segment tracking API does.",
            "version": version("capi-actions-server"),
        },
        "paths": {
            **single,
            **batches,
            EVENTS: _operation("Take one event, a list, a batch or JSON Lines", _ref("events"), None),
            f"{WEBHOOKS}{{name}}": _webhook(),
            SETTINGS: _settings(),
        },
        "components": {
            "securitySchemes": {
                "writeKey": {
                    "type": "http",
                    "scheme": "basic",
                    "description": "The write key is the user name; or it stands in the body, as writeKey.",
                },
                "bearer": {"type": "http", "scheme": "bearer", "description": "The write key."},
            },
            "schemas": _SCHEMAS,
        },
        "security": [{"writeKey": []}, {"bearer": []}, {}],
    }


def _operation(summary: str, schema: JsonObject, kind: str | None) -> JsonObject:
    content = {"application/json": {"schema": schema}, "text/plain": {"schema": schema}}
    if kind is None:
        content["application/x-ndjson"] = {"schema": {"type": "string"}}
    return {
        "post": {
            "summary": summary,
            "requestBody": {"required": True, "content": content},
            "responses": _responses(_ANSWERS),
        }
    }


def _webhook() -> JsonObject:
    operation = _operation("Take a signed webhook", {"type": ["object", "array"]}, None)
    operation["post"] |= {"parameters": [_path_parameter("name")], "security": [{}]}
    return operation


def _settings() -> JsonObject:
    settings = {
        "description": "Where analytics.js sends events to.",
        "content": {"application/json": {"schema": _OBJECT}},
    }
    return {
        "get": {
            "summary": "Return the settings that analytics.js asks for before it sends",
            "parameters": [_path_parameter("key")],
            "security": [{}],
            "responses": {"200": settings, **_responses(_SETTINGS_ANSWERS)},
        }
    }


def _path_parameter(name: str) -> JsonObject:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _responses(answers: Mapping[int, str]) -> JsonObject:
    return {
        str(status): {
            "description": description,
            "content": {"application/json": {"schema": _ref("answer")}},
        }
        for status, description in answers.items()
    }


def _ref(name: str) -> JsonObject:
    return {"$ref": f"#/components/schemas/{name}"}


_TIME: Json = {"type": ["string", "number"], "description": "ISO 8601, or Unix seconds or milliseconds."}
_OBJECT: Json = {"type": "object"}
_SCHEMAS: JsonObject = {
    "event": {
        "type": "object",
        "description": "An event of the Segment spec: https://segment.com/docs/connections/spec/",
        "properties": {
            "type": {"enum": sorted(set(KINDS.values()))},
            "event": {"type": "string"},
            "messageId": {"type": "string"},
            "userId": {"type": ["string", "number"]},
            "anonymousId": {"type": ["string", "number"]},
            "timestamp": _TIME,
            "sentAt": _TIME,
            "properties": _OBJECT,
            "traits": _OBJECT,
            "context": _OBJECT,
            "integrations": _OBJECT,
            "writeKey": {"type": "string"},
        },
    },
    "batch": {
        "type": "object",
        "required": ["batch"],
        "properties": {
            "batch": {"type": "array", "items": _ref("event"), "maxItems": 5000},
            "context": _OBJECT,
            "integrations": _OBJECT,
            "sentAt": _TIME,
            "writeKey": {"type": "string"},
        },
    },
    "events": {
        "anyOf": [_ref("event"), _ref("batch"), {"type": "array", "items": _ref("event"), "maxItems": 5000}]
    },
    "answer": {
        "type": "object",
        "required": ["success"],
        "properties": {
            "success": {"type": "boolean", "description": "False if anything was wrong."},
            "accepted": {"type": "integer", "description": "Events that are durable now."},
            "held_back": {"type": "integer", "description": "Events that consent keeps from a destination."},
            "unmatched": {"type": "integer", "description": "Events that no mapping takes."},
            "error": {"type": "string", "description": "What is wrong with the request."},
            "errors": {"type": "array", "items": _ref("error")},
            "errors_left_out": {"type": "integer"},
        },
    },
    "error": {
        "type": "object",
        "required": ["index", "path", "error"],
        "properties": {
            "index": {"type": "integer", "description": "Of the event in the request, from 0."},
            "destination": {"type": "string"},
            "action": {"type": "string"},
            "path": {"type": "string", "description": "Where in the event, as a JSONPath."},
            "error": {"type": "string"},
        },
    },
}
