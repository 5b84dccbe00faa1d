"""The tutorial about the first plugin, to the letter."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

PAGE = "docs/tutorial/first-plugin.md"
URL = "https://acme.example/pings"


@contextmanager
def acme(requests: list[tuple[str | None, list[str]]]) -> Iterator[str]:
    """Run Acme, and note each request's token and the ids in it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            pings = json.loads(self.rfile.read(int(self.headers["content-length"])))
            requests.append((self.headers["authorization"], [ping["id"] for ping in pings]))
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_an_author_writes_a_first_plugin(page: Callable[[str], list[Any]], author: Any) -> None:
    """It is found, shows what Acme would get, passes its tests, delivers, and is refused by name when broken."""
    *steps, complaint = page(PAGE)
    author.follow(steps)
    assert "32 passed" in author.out
    author.paste("python -m mypy --strict --config-file= acme/src")
    assert "Success: no issues found in 3 source files" in author.out

    author.paste("capi plugins --json; capi actions --json acme.ping")
    *offers, action = (json.loads(line) for line in author.out.splitlines())
    assert {
        "capi_destinations": ["acme"],
        "capi_actions": ["acme.ping"],
        "capi_normalizers": ["acme/em"],
    } in [offer["hooks"] for offer in offers]
    assert [key for key, field in action["fields"].items() if field["required"]] == ["id", "name", "time"]

    requests: list[tuple[str | None, list[str]]] = []
    with acme(requests) as url:
        (author.folder / "sent.toml").write_text((author.folder / "acme.toml").read_text().replace(URL, url))
        author.paste("head -1 pings.jsonl | ACME_TOKEN=sesame capi send --config sent.toml --json")
    assert json.loads(author.out)["summary"]["delivered"] == 1
    assert requests == [("Bearer sesame", ["m-1"])]

    module = author.folder / "acme/src/capi_actions_acme/__init__.py"
    module.write_text(module.read_text().replace("@hookimpl\ndef capi_actions()", "def capi_actions()"))
    author.paste("capi preview --config acme.toml pings.jsonl # exit status 2")
    assert author.err == complaint.text
