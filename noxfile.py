"""Every check, one session each.  `nox` runs those that a change must pass; `nox -l` lists all."""

import nox

nox.options.sessions = ["tests", "core_alone", "types", "lint", "coverage", "docs"]
nox.options.error_on_missing_interpreters = True
nox.options.reuse_existing_virtualenvs = True

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(nox.project.load_toml("core/pyproject.toml"))
TEST = nox.project.dependency_groups(PROJECT, "test")
TYPES = nox.project.dependency_groups(PROJECT, "types")
LINT = nox.project.dependency_groups(PROJECT, "lint")
DISTS = ["./core[testing]", "./plugins/facebook[pixel-js]", "./plugins/sandbox", "./plugins/prometheus"]
FOLDERS = ["core", "plugins/facebook", "plugins/sandbox", "plugins/prometheus"]
AS_WHEELS = {"UV_NO_SOURCES": "1"}  # uv would otherwise take the workspace's editable core


@nox.session(python=PYTHONS, tags=["test"])
def tests(session: nox.Session) -> None:
    """Test the core and every plugin together, from built wheels."""
    session.install(*TEST, *DISTS, env=AS_WHEELS)
    session.run("python", "-m", "pytest", *session.posargs, env={"HYPOTHESIS_PROFILE": "nox"})


@nox.session(python=PYTHONS[0], tags=["test"])
def core_alone(session: nox.Session) -> None:
    """Test that the core works with no plugin installed."""
    session.install(*TEST, "./core[testing]", env=AS_WHEELS)
    session.run("python", "-m", "pytest", "core/tests", *session.posargs)


@nox.session(python=PYTHONS[0])
def types(session: nox.Session) -> None:
    """Check types with mypy, strictly."""
    editable = [word for dist in DISTS for word in ("-e", dist)]
    session.install(*TYPES, *TEST, *editable)
    session.run("mypy", *(f"{folder}/src" for folder in FOLDERS))


@nox.session(python=PYTHONS[0])
def lint(session: nox.Session) -> None:
    """Check style and format with ruff."""
    session.install(*LINT)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session(python=PYTHONS[0], tags=["test"])
def coverage(session: nox.Session) -> None:
    """Measure coverage with branches; under 95 % fails."""
    session.install(*TEST, *DISTS, env=AS_WHEELS)
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", "-q", *session.posargs)
    session.run("coverage", "combine")
    session.run("coverage", "report")


@nox.session(python=PYTHONS[0])
def docs(session: nox.Session) -> None:
    """Run every snippet of the docs and hold the generated pages to the code."""
    session.install(*TEST, *DISTS, env=AS_WHEELS)
    session.run("python", "-m", "pytest", "-q", "tests/docs", *session.posargs)


@nox.session(python=PYTHONS[0])
def bench(session: nox.Session) -> None:
    """Measure speed, as ratios within one run."""
    session.install(*TEST, *DISTS, env=AS_WHEELS)
    for benchmark in ("engine", "delivery"):
        session.run("python", f"tests/benchmarks/{benchmark}.py", *session.posargs)


@nox.session(python=PYTHONS[0])
def chaos(session: nox.Session) -> None:
    """Kill senders 200 times and count what arrived; an hour of bad weather 800 times; a million events."""
    session.install(*TEST, *DISTS, env=AS_WHEELS)
    killing = ("core/tests/delivery/test_unreliable_server.py", "tests/together/test_kills.py")
    session.run("python", "-m", "pytest", "-q", "-s", "-k", "killed", *killing, env={"CAPI_KILLS": "200"})
    long = ("core/tests/delivery/test_outages.py", "core/tests/builtin/outbox/test_state_machine.py")
    session.run("python", "-m", "pytest", "-q", *long, env={"CAPI_SOAK": "20"})
    session.run("python", "tests/benchmarks/million.py", *session.posargs)


@nox.session(python=PYTHONS[0], default=False)
def dev(session: nox.Session) -> None:
    """Make a virtual environment in .venv with everything editable."""
    session.run("python", "-m", "venv", ".venv")
    python = ".venv/bin/python"
    editable = [word for dist in DISTS for word in ("-e", dist)]
    session.run(python, "-m", "pip", "install", *TEST, *TYPES, *LINT, "nox", *editable, external=True)
