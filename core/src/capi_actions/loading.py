"""Find installed plugins.

pluggy's own loader isn't used: it silently drops the second of two entry points of one name, and
one broken import stops the host without saying which plugin it was.
"""

from collections.abc import Callable, Sequence
from functools import partial
from importlib.metadata import EntryPoint, entry_points, version
from typing import Any

from attrs import frozen
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from capi_actions.errors import PluginError

GROUP = "capi_actions"
CORE = "capi-actions"


@frozen
class Candidate:
    """An installed plugin that is not loaded yet.

    :ivar name: its entry point's name.
    :ivar distribution: name and version of the package that it came with.
    :ivar load: imports it; raises PluginError when that fails.
    """

    name: str
    distribution: str
    load: Callable[[], Any]


def installed_candidates() -> Sequence[Candidate]:
    """List installed plugins, the core's own first, then by name."""
    found = sorted(
        entry_points(group=GROUP), key=lambda entry: (entry.name != "core", entry.name, entry.value)
    )
    return [Candidate(entry.name, _distribution(entry), partial(_load, entry)) for entry in found]


def _distribution(entry: EntryPoint) -> str:
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else ""


def _load(entry: EntryPoint) -> Any:
    _must_fit(entry)
    try:
        return entry.load()
    except (Exception, SystemExit) as error:  # a module may do anything when it is imported
        problem = f"can't be imported ({entry.value}): {type(error).__name__}: {error}"
        raise PluginError(entry.name, problem) from error


def _must_fit(entry: EntryPoint) -> None:
    """Refuse a plugin whose package asks for another version of the core."""
    ours = version(CORE)
    for text in (entry.dist.requires or []) if entry.dist else []:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if canonicalize_name(requirement.name) != CORE or not _applies(requirement):
            continue
        if not requirement.specifier.contains(ours, prereleases=True):
            wanted = f"{CORE}{requirement.specifier}"
            raise PluginError(entry.name, f"it needs {wanted}, but {ours} is installed")


def _applies(requirement: Requirement) -> bool:
    """Tell whether its marker holds here; those of extras don't, as nobody knows which were asked for."""
    return requirement.marker is None or requirement.marker.evaluate({"extra": ""})
