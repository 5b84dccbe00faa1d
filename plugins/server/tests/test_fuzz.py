"""Anything may be sent: every answer is one that the server's own description has.

``CAPI_FUZZ`` is how many requests are tried: 20,000 in ``nox -s fuzz``.
"""

import asyncio
import gzip
import json
import os
from collections import Counter
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp

from capi_actions.testing import events
from capi_actions_server.openapi import openapi
from support.asgi import Caller

KEY = "0123456789abcdef-main"
DESCRIPTION = openapi()
PATHS = sorted(
    path.replace("{name}", "hosted")
    for path, operations in DESCRIPTION["paths"].items()
    if "post" in operations
)
EXAMPLES = int(os.environ.get("CAPI_FUZZ", "40"))
PART = (
    500  # hypothesis remembers all that a test has tried: 20,000 requests took 1.4 GB, and longer and longer
)

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
names = st.sampled_from(sorted(DESCRIPTION["components"]["schemas"]["event"]["properties"])) | st.text()
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(names, inner, max_size=6),
    max_leaves=15,
)
near_events = st.builds(
    lambda event, changes: {**event, **changes}, events(), st.dictionaries(names, json_values)
)
members = near_events | json_values
bodies = (
    members
    | st.lists(members, max_size=5)
    | st.fixed_dictionaries(
        {"batch": st.lists(members, max_size=5) | json_values}, optional={"sentAt": json_values}
    )
)
encoded = bodies.map(lambda value: json.dumps(value).encode()) | st.binary()
lines = st.lists(encoded, max_size=5).map(b"\n".join)
texts = st.text(st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=60)
headers = st.fixed_dictionaries(
    {},
    optional={
        "content-type": st.sampled_from(["application/json", "text/plain", "application/x-ndjson"]) | texts,
        "content-encoding": st.sampled_from(["gzip", "identity", "br"]) | texts,
        "authorization": st.sampled_from([f"Bearer {KEY}", "Basic MDEyMzQ1Njc4OWFiY2RlZi1tYWluOg=="]) | texts,
        "origin": st.sampled_from(["https://shop.example", "null"]) | texts,
        "cookie": st.sampled_from(["_fbp=fb.1.1700000000000.1; _fbc=x"]) | texts,
        "user-agent": st.sampled_from(["Mozilla/5.0"]) | texts,
        "referer": texts,
        "x-forwarded-for": texts,
        "x-capi-signature": texts,
        "content-length": st.sampled_from(["0", "99999999999999999999", "-1"]) | texts,
    },
)
COUNTS: Counter[int] = Counter()


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    """One event loop for all requests; the inputs that were tried are counted at the end."""
    with asyncio.Runner() as running:
        yield running
    print(f"\n{COUNTS.total()} requests tried; answers by status: {dict(sorted(COUNTS.items()))}")


@pytest.mark.parametrize("part", range(-(-EXAMPLES // PART)))
@settings(
    max_examples=min(EXAMPLES, PART),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    path=st.sampled_from(PATHS),
    body=encoded | lines,
    extra=st.just({}) | headers,
    packed=st.booleans(),
    peer=st.sampled_from(["1.1.1.1", "10.0.0.1", "unix"]),
)
def test_every_answer_is_described(
    path: str,
    body: bytes,
    extra: dict[str, str],
    packed: bool,
    peer: str,
    part: int,
    shared_app: ASGIApp,
    runner: asyncio.Runner,
) -> None:
    """Whatever comes, the status is documented, and the body says what became of it."""
    call = Caller(shared_app, KEY)
    call.peer = peer
    if packed:
        body, extra = gzip.compress(body), {**extra, "content-encoding": "gzip"}
    answer = runner.run(call.send(path, body, headers=extra))

    COUNTS[answer.status] += 1
    operation: dict[str, Any] = DESCRIPTION["paths"].get(path) or DESCRIPTION["paths"]["/v1/webhooks/{name}"]
    assert str(answer.status) in operation["post"]["responses"]
    known = DESCRIPTION["components"]["schemas"]["answer"]["properties"]
    assert {"success"} <= set(answer.body) <= set(known)
    assert answer.status != 200 or isinstance(answer.body["accepted"], int)
    assert answer.status == 200 or answer.body["success"] is False
    error_members = set(DESCRIPTION["components"]["schemas"]["error"]["properties"])
    assert all(set(error) <= error_members for error in answer.body.get("errors", ()))
    assert b"Traceback" not in orjson.dumps(answer.body)
