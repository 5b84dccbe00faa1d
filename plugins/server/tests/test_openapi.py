"""The server's description of itself: published, and of all that there is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.types import ASGIApp

import capi_actions_server
from capi_actions_server.openapi import openapi
from support.asgi import Caller

DESCRIPTION = openapi()
OPERATIONS = [(method, path) for path, operations in DESCRIPTION["paths"].items() for method in operations]
PACKAGE = Path(capi_actions_server.__file__).parent


def paths_in_code() -> Iterator[str]:
    """Yield the texts in the package's code that are paths of endpoints, or begin one."""
    for module in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Constant)
                and isinstance(node.value, str)
                and node.value.startswith("/v1/")
            ):
                yield node.value


def test_the_description_is_published(shared_app: ASGIApp) -> None:
    """For people and programs that write clients."""
    answer = Caller(shared_app)("/openapi.json", method="GET", key=None)

    assert (200, DESCRIPTION) == (answer.status, answer.body)


@pytest.mark.parametrize("path", sorted(set(paths_in_code())))
def test_every_endpoint_is_described(path: str) -> None:
    """Answers to a wrong path say so."""
    assert [described for described in DESCRIPTION["paths"] if described.startswith(path)]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_every_endpoint_that_is_described_is_there(method: str, path: str, call: Caller) -> None:
    """With this method; to others its answer is that of a wrong method or path."""
    real_path = path.replace("{name}", "hosted").replace("{key}", "0123456789abcdef-main")
    answer = call(real_path, {}, method=method.upper(), headers={"host": "events.shop.example"})

    assert answer.status not in (404, 405)
    assert str(answer.status) in DESCRIPTION["paths"][path][method]["responses"]
    assert call(real_path, {}, method="PUT").status in (404, 405)


def test_settings_are_answered_as_described(call: Caller) -> None:
    """To analytics.js, which names the write key in the path."""
    answers = [
        call(f"/v1/projects/{key}/settings", method="GET", key=None, headers=headers)
        for key, headers in (
            ("0123456789abcdef-main", {"host": "events.shop.example"}),
            ("0123456789abcdef-main", {"host": "a b"}),
            ("nobody", {}),
            ("nobody", {"origin": "https://evil.example"}),
        )
    ]
    described = DESCRIPTION["paths"]["/v1/projects/{key}/settings"]["get"]["responses"]

    assert [200, 400, 401, 403] == [answer.status for answer in answers]
    assert {"200", "400", "401", "403", "429"} == set(described)
