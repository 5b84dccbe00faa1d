"""Starting: how long `import capi_actions` and commands of `capi` take, beside Python itself and the packages below.

Each is a process of its own.  All are started in turn, several rounds, so that a busy machine slows all of them; the
figures are milliseconds of CPU, of user and system together.  Needs compiled modules, as pip installs them: with
``PYTHONDONTWRITEBYTECODE`` and an editable installation Python would compile the sources at every start.
``--json`` prints one line for machines.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from measurements import machine, options, spread

ROUNDS = 15
CAPI = ("-m", "capi_actions.cli")
PROGRAMS: Mapping[str, Sequence[str]] = {
    "python": ("-c", "pass"),
    "packages": ("-c", "import attrs, click, orjson, pluggy"),
    "import": ("-c", "import capi_actions"),
    "client": ("-c", "from capi_actions import Client"),
    "help": (*CAPI, "--help"),
    "check": (*CAPI, "check"),
    "preview": (*CAPI, "preview", os.devnull),
}


def main() -> None:
    """Measure and print."""
    command = options(__doc__, ROUNDS)
    figures = measure(command.rounds)
    if command.json:
        print(json.dumps({**machine(), **figures}))
        return
    print(", ".join(machine().values()))
    print(f"{'':<12}{'median ms':>10}{'quartiles':>14}{'x python':>10}{'x packages':>12}")
    for name, figure in figures.items():
        quartiles = f"{figure['low']:.0f} to {figure['high']:.0f}"
        print(
            f"{name:<12}{figure['median']:>10.0f}{quartiles:>14}"
            f"{figure['over_python']:>10.1f}{figure['over_packages']:>12.2f}"
        )


def measure(rounds: int) -> dict[str, dict[str, float]]:
    """Start every program once a round.

    :returns: for each the median of the milliseconds, the quartiles below and above, and the median's ratio to those of
        Python alone and of the packages that the core is built on.
    """
    with tempfile.TemporaryDirectory() as folder:
        environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
        environment["FACEBOOK_ACCESS_TOKEN"] = "token"
        _run((*CAPI, "init"), folder, environment)
        config = Path(folder, "capi.toml")
        text = config.read_text(encoding="utf-8").replace('pixel_id = ""', 'pixel_id = "1234567890"')
        config.write_text(text, encoding="utf-8")
        samples: dict[str, list[float]] = {name: [] for name in PROGRAMS}
        for number in range(rounds + 1):
            for name, arguments in PROGRAMS.items():
                milliseconds = _run(arguments, folder, environment)
                if number:  # the first round fills the disk's cache
                    samples[name].append(milliseconds)
    spreads = {name: spread(values, 1) for name, values in samples.items()}
    return {
        name: {
            **figure,
            "over_python": round(figure["median"] / spreads["python"]["median"], 2),
            "over_packages": round(figure["median"] / spreads["packages"]["median"], 2),
        }
        for name, figure in spreads.items()
    }


def _run(arguments: Sequence[str], folder: str, environment: Mapping[str, str]) -> float:
    """Run a program and return the milliseconds of CPU that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1000 * (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


if __name__ == "__main__":
    main()
