"""The deployment page: what can't be built or run here is judged by the programs that read it, or by its form."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from capi_actions_server.commands import serve
from capi_actions_server.settings import ServerSettings

Page = Callable[[str], list[Any]]
DEPLOY = "docs/how-to/deploy.md"


@pytest.fixture
def blocks(page: Page) -> list[Any]:
    """The page's blocks."""
    return page(DEPLOY)


def run(*words: str) -> None:
    """Run a command, which must succeed."""
    result = subprocess.run(words, capture_output=True, text=True)

    assert 0 == result.returncode, result.stdout + result.stderr


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx judges its configuration")
def test_nginx_takes_its_configuration(blocks: list[Any], tmp_path: Path) -> None:
    """With a certificate where the page says that one lies."""
    (text,) = (block.text for block in blocks if block.language == "nginx")
    certificate = trustme.CA().issue_cert("events.shop.example")
    certificate.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "both.pem"))
    text = re.sub(r"(ssl_certificate(?:_key)?) \S+;", rf"\1 {tmp_path}/both.pem;", text)
    logs = f"error_log {tmp_path}/error.log;\npid {tmp_path}/pid;\n"
    folders = "".join(
        f"{name}_temp_path {tmp_path}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = tmp_path / "nginx.conf"
    config.write_text(f"{logs}events {{}}\nhttp {{\naccess_log off;\n{folders}{text}}}\n", encoding="utf-8")

    run("nginx", "-t", "-p", str(tmp_path), "-c", str(config))


@pytest.mark.skipif(not shutil.which("caddy"), reason="Caddy judges its configuration")
def test_caddy_takes_its_configuration(blocks: list[Any], tmp_path: Path) -> None:
    """As it stands."""
    (text,) = (block.text for block in blocks if "reverse_proxy" in block.text)
    config = tmp_path / "Caddyfile"
    config.write_text(text, encoding="utf-8")

    run("caddy", "validate", "--adapter", "caddyfile", "--config", str(config))


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze judges units")
def test_systemd_knows_all_that_the_unit_says(blocks: list[Any], tmp_path: Path) -> None:
    """A misspelt option would be ignored."""
    (text,) = (block.text for block in blocks if block.language == "ini")
    unit = tmp_path / "capi-serve.service"
    unit.write_text(text.replace("/opt/capi/.venv/bin/capi", "/bin/true"), encoding="utf-8")

    result = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)
    complaints = [line for line in result.stderr.splitlines() if unit.name in line]

    assert [] == complaints


def instructions(text: str) -> list[tuple[str, str]]:
    """Return the instructions of a Dockerfile, each with its arguments."""
    joined = re.sub(r"\\\n\s*", "", text)
    pairs = (line.partition(" ")[::2] for line in joined.splitlines() if line and not line.startswith("#"))
    return [(name, arguments.strip()) for name, arguments in pairs]


def test_the_dockerfile_is_sound(blocks: list[Any], root: Path) -> None:
    """It can't be built here, as no image can be had; but what it names is there, and it ends without root."""
    (text,) = (block.text for block in blocks if block.language == "dockerfile")
    stages = set()
    for name, arguments in instructions(text):
        words = shlex.split(arguments)
        match name:
            case "FROM":
                assert re.fullmatch(r"python:3\.1[123]-slim", words[0])
                stages |= set(words[2:])
            case "COPY" if words[0].startswith("--from="):
                assert words[0].removeprefix("--from=") in stages
            case "COPY":
                assert (root / words[0]).is_dir()
            case "HEALTHCHECK":
                command = json.loads(arguments.removeprefix("CMD "))
                compile(command[2], "HEALTHCHECK", "exec")
                assert f":{ServerSettings().port}/healthz" in command[2]
            case "ENTRYPOINT":
                command = json.loads(arguments)
                serve.make_context("serve", command[2:]).close()
                assert "capi serve" == f"{Path(command[0]).name} {command[1]}"
            case "EXPOSE":
                assert str(ServerSettings().port) == arguments
            case _:
                assert name in {"WORKDIR", "RUN", "USER", "VOLUME"}
    users = [arguments for name, arguments in instructions(text) if name == "USER"]
    assert users and users[-1].isdigit() and int(users[-1]) > 0


def test_the_container_s_command_has_what_it_needs(blocks: list[Any]) -> None:
    """Without root's rights and a writable root; what is mounted is where the image looks for it."""
    (command,) = (block.text for block in blocks if "docker run" in block.text)
    words = shlex.split(command.partition("docker run")[2].replace("\\\n", " "))

    assert {"--read-only", "no-new-privileges", "ALL"} <= set(words)
    assert "./capi.toml:/etc/capi/capi.toml:ro" in words
    assert "capi-outbox:/var/lib/capi" in words
    assert "127.0.0.1:8090:8090" in words


def test_what_is_installed_is_there(blocks: list[Any], root: Path) -> None:
    """In the machine's own environment and in the image alike."""
    installed = [
        re.findall(r"\./(core|plugins/\w+)", block.text) for block in blocks if "pip install" in block.text
    ]

    assert 2 == len(installed)
    assert installed[0] == installed[1]
    assert all((root / folder / "pyproject.toml").is_file() for folder in installed[0])
