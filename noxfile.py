"""Every check, one session each.  `nox` runs those that a change must pass; `nox -l` lists all."""

import json
import shutil
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import nox

nox.options.sessions = [
    "tests",
    "together",
    "core_alone",
    "types",
    "lint",
    "packages",
    "coverage",
    "docs",
    "soak",
    "downstream",
]
nox.options.error_on_missing_interpreters = True
nox.options.reuse_existing_virtualenvs = True

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(nox.project.load_toml("core/pyproject.toml"))
NEXT_PYTHON = ["3.14"] if shutil.which("python3.14") else []  # tried where it is; not yet promised
TEST = nox.project.dependency_groups(PROJECT, "test")
TYPES = nox.project.dependency_groups(PROJECT, "types")
LINT = nox.project.dependency_groups(PROJECT, "lint")
PACKAGES = nox.project.dependency_groups(PROJECT, "packages")
CLIENTS = nox.project.dependency_groups(PROJECT, "clients")
DOCS = nox.project.dependency_groups(PROJECT, "docs")
AUDIT = nox.project.dependency_groups(PROJECT, "audit")
DISTS = [
    "./core[testing]",
    "./plugins/facebook[pixel-js]",
    "./plugins/sandbox",
    "./plugins/prometheus",
    "./plugins/webhooks",
    "./plugins/webhook",
    "./plugins/phone",
    "./plugins/server",
]
PLUGINS = ("facebook", "sandbox", "prometheus", "webhooks", "webhook", "phone", "server")
FOLDERS = ["core", *(f"plugins/{name}" for name in PLUGINS)]
AS_WHEELS = {"UV_NO_SOURCES": "1"}  # uv would otherwise take the workspace's editable core
PYTEST = ("python", "-m", "pytest", "-q", "-n", "auto", "--dist", "worksteal")
ON_DISK = {"TMPDIR": gettempdir()}  # other tests make their files in memory where they can
TESTS = ("core/tests", "plugins", "tests", "tests/together")  # all but the docs' pages
THOROUGH = {"HYPOTHESIS_PROFILE": "thorough", "CAPI_KILLS": "15", **ON_DISK}


@nox.session(python=[*PYTHONS, *NEXT_PYTHON], tags=["test"])
def tests(session: nox.Session) -> None:
    """Test the core and every plugin together, from built wheels."""
    session.install(*TEST, *DISTS, env=AS_WHEELS)
    session.run(*PYTEST, *session.posargs)


@nox.session(python=PYTHONS[0], tags=["test"])
def core_alone(session: nox.Session) -> None:
    """Test that the core works with no plugin installed."""
    session.install(*TEST, "./core[testing]", env=AS_WHEELS)
    session.run(*PYTEST, "core/tests", *session.posargs)


@nox.session(python=PYTHONS, tags=["test"])
def lowest(session: nox.Session) -> None:
    """Test with the lowest version of every dependency that is allowed."""
    session.install("uv")
    install = ("uv", "pip", "install", "--resolution", "lowest-direct", *TEST, *DISTS)
    session.run(*install, env={**AS_WHEELS, "VIRTUAL_ENV": session.virtualenv.location})
    session.run(*PYTEST, *(session.posargs or ["core/tests", *(f"{folder}/tests" for folder in FOLDERS[1:])]))


@nox.session(python=PYTHONS, tags=["test"])
def soak(session: nox.Session) -> None:
    """Test longer what is random: properties with more examples, and more senders killed."""
    session.install(*TEST, *DISTS, env=AS_WHEELS)
    session.run(*PYTEST, "-m", "hypothesis or soak", *TESTS, *session.posargs, env=THOROUGH)


@nox.session(python=PYTHONS[0], tags=["test"])
def browser(session: nox.Session) -> None:
    """Try the snippet and the server's pages in a real Chromium, on a wide screen and on a phone."""
    session.install(*TEST, *DISTS, env=AS_WHEELS)
    session.run("python", "-m", "pytest", "-q", "tests/browser", *session.posargs)


@nox.session(python=PYTHONS[0], tags=["test"])
def downstream(session: nox.Session) -> None:
    """Test what `capi new` writes, and plugins from outside as wheels in a fresh environment."""
    session.install("pip", *TEST, *LINT, *DISTS, env=AS_WHEELS)
    wheels = Path(session.create_tmp(), "wheels").absolute()
    build = ("python", "-m", "pip", "wheel", "-q", "--wheel-dir", str(wheels))
    session.run(*build, "./core", "./plugins/facebook", "hatchling", "editables")  # with all that they need
    tests = session.posargs or ["tests/downstream"]
    session.run("python", "-m", "pytest", "-q", *tests, env={"CAPI_WHEELS": str(wheels)})


@nox.session(python=PYTHONS[0])
def types(session: nox.Session) -> None:
    """Check types with mypy, strictly, those of tests and benchmarks too."""
    editable = [word for dist in DISTS for word in ("-e", dist)]
    session.install(*TYPES, *TEST, *editable)
    session.run("mypy", *(f"{folder}/src" for folder in FOLDERS), *session.posargs)
    for tests in (*(f"{folder}/tests" for folder in FOLDERS), "tests"):  # apart: each has a conftest.py
        session.run("mypy", tests, *session.posargs)


@nox.session(python=PYTHONS[0])
def lint(session: nox.Session) -> None:
    """Check style, format and spelling, and that TOML and YAML files can be read."""
    session.install(*LINT)
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("codespell", *tracked_files(session), log=False)
    session.run("check-toml", *tracked_files(session, "*.toml"), log=False)
    session.run("check-yaml", *tracked_files(session, "*.yaml", "*.yml"), log=False)


@nox.session(python=PYTHONS[0])
def packages(session: nox.Session) -> None:
    """Build all distributions and check them: contents, metadata, and that their requirements fit together."""
    session.install(*PACKAGES)
    dist = Path(session.create_tmp()) / "dist"
    shutil.rmtree(dist, ignore_errors=True)
    for folder in FOLDERS:
        session.run(
            "python", "-m", "build", "-q", "--installer", "uv", "-o", str(dist), folder, env=AS_WHEELS
        )
    session.run("twine", "check", "--strict", *map(str, sorted(dist.iterdir())))
    session.run("python", ".ci/packages.py", str(dist))
    session.run("python", "-m", "pip", "install", "-q", *map(str, sorted(dist.glob("*.whl"))))
    session.run("python", "-m", "pip", "check")


@nox.session(python=PYTHONS[0], default=False)
def audit(session: nox.Session) -> None:
    """Look for known vulnerabilities in the packages that the distributions bring along."""
    session.install(*AUDIT)
    folder = Path(session.create_tmp())
    site, report = folder / "site", folder / "report.json"
    report.unlink(missing_ok=True)
    session.run("python", "-m", "pip", "install", "-q", "--upgrade", "--target", str(site), *DISTS)
    command = ("pip-audit", "--path", str(site), "--format", "json", "--output", str(report))
    session.run(*command, "--progress-spinner", "off", *session.posargs, success_codes=[0, 1])
    if not report.exists():
        session.skip("the advisory service can't be reached: NOTHING WAS AUDITED")
    packages = [package for package in json.loads(report.read_text())["dependencies"] if not is_ours(package)]
    # An index without advisories answers that it knows no package, which pip-audit takes for a good end.
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    if len(unknown) == len(packages):
        session.skip("the advisory service knows none of these packages: NOTHING WAS AUDITED")
    vulnerable = [f"{package['name']} {package['version']}" for package in packages if package.get("vulns")]
    if unknown or vulnerable:
        session.error(
            f"vulnerable: {', '.join(vulnerable) or 'none'}; not audited: {', '.join(unknown) or 'none'}"
        )


@nox.session(python=PYTHONS[0], tags=["test"])
def coverage(session: nox.Session) -> None:
    """Measure coverage with branches; under 95 % fails."""
    session.install(*TEST, *DISTS, env=AS_WHEELS)
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", "-q", *TESTS, *session.posargs, env=THOROUGH)
    session.run("coverage", "run", "-m", "pytest", "-q", "tests/docs/followed")
    session.run("coverage", "combine")
    session.run("coverage", "report")


@nox.session(python=PYTHONS, tags=["test"])
def together(session: nox.Session) -> None:
    """Test everything installed together, as processes: commands, signals, kills, privacy, the demo."""
    session.install(*TEST, *DISTS, env=AS_WHEELS)
    session.run(*PYTEST, "tests/together", *session.posargs)


@nox.session(python=PYTHONS)
def docs(session: nox.Session) -> None:
    """Follow every page of the docs, hold the generated ones to the code, and build the site in build/site."""
    session.install(*TEST, *DOCS, *DISTS, env=AS_WHEELS)
    session.run(*PYTEST, "tests/docs", "tests/docs/followed", *session.posargs)
    session.run("sphinx-build", "-W", "--keep-going", "-q", "docs", "build/site")


@nox.session(python=PYTHONS[0])
def bench(session: nox.Session) -> None:
    """Measure speed, as ratios within one run; with `-- --json` keep a line in tests/benchmarks/history.jsonl."""
    session.install(*TEST, *DISTS, env=AS_WHEELS)
    session.run("python", "tests/benchmarks/figures.py", *session.posargs)


@nox.session(python=PYTHONS[0], default=False)
def clients(session: nox.Session) -> None:
    """Send with real SDKs of Python, Node.js and browsers; needs npm, Node.js and Chromium."""
    session.install(*TEST, *CLIENTS, *DISTS, env=AS_WHEELS)
    folder = Path(session.create_tmp()) / "clients"
    folder.mkdir(exist_ok=True)
    shutil.copy("tests/clients/package.json", folder)
    session.run("npm", "install", "--no-audit", "--no-fund", "--prefix", str(folder), external=True)
    session.run(
        "python",
        "-m",
        "pytest",
        "-q",
        "tests/clients",
        *session.posargs,
        env={"CAPI_CLIENTS": str(folder.resolve())},
    )


@nox.session(python=PYTHONS[0], default=False)
def fuzz(session: nox.Session) -> None:
    """Send 20,000 random requests to the server, and count its answers by status."""
    session.install(*TEST, *DISTS, env=AS_WHEELS)
    fuzzing = "plugins/server/tests/test_fuzz.py"
    session.run("python", "-m", "pytest", "-q", "-s", fuzzing, *session.posargs, env={"CAPI_FUZZ": "20000"})


@nox.session(python=PYTHONS[0])
def chaos(session: nox.Session) -> None:
    """Kill senders 200 times and count what arrived; an hour of bad weather 800 times; a million events."""
    session.install(*TEST, *DISTS, env=AS_WHEELS)
    environment = {**THOROUGH, "CAPI_KILLS": "200", "CAPI_SOAK": "20"}
    patience = "faulthandler_timeout=3600"  # one test may take more than the usual 300 seconds
    session.run("python", "-m", "pytest", "-q", "-s", "-o", patience, "-m", "soak", *TESTS, env=environment)
    session.run("python", "tests/benchmarks/million.py", *session.posargs)


@nox.session(python=PYTHONS[0], default=False)
def facts(session: nox.Session) -> None:
    """Warn when the facts about Meta were last compared with their sources over 90 days ago."""
    session.install("./core", "./plugins/facebook", env=AS_WHEELS)
    session.run("python", ".ci/facts.py")


@nox.session(python=PYTHONS[0], default=False)
def pixel(session: nox.Session) -> None:
    """Compare our hashes with a script of the day: `nox -s pixel -- fbevents.js`."""
    if not session.posargs:
        session.error(
            "name the script: nox -s pixel -- fbevents.js; docs/reference/sources.md says how to get it"
        )
    session.install("./core", "./plugins/facebook[pixel-js]", env=AS_WHEELS)
    session.run("capi", "pixel", "verify", "--examples", "200000", *session.posargs)


@nox.session(python=PYTHONS[0], default=False)
def dev(session: nox.Session) -> None:
    """Make a virtual environment in .venv with everything editable."""
    session.run("python", "-m", "venv", ".venv")
    python = ".venv/bin/python"
    editable = [word for dist in DISTS for word in ("-e", dist)]
    session.run(python, "-m", "pip", "install", *TEST, *TYPES, *LINT, "nox", *editable, external=True)


def tracked_files(session: nox.Session, *patterns: str) -> list[str]:
    """Return the names of the files under version control that match any pattern, or of all."""
    return (session.run("git", "ls-files", *patterns, external=True, silent=True) or "").splitlines()


def is_ours(package: dict[str, Any]) -> bool:
    """Whether an audited package is one of this repository's distributions, which no index has."""
    return str(package["name"]).startswith("capi-actions")
