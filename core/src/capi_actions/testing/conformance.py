"""What every plugin must do, as tests: subclass the suite and set two attributes."""

from typing import Any

from capi_actions.errors import PluginError
from capi_actions.testing.actions import ActionTests
from capi_actions.testing.base import PluginTests
from capi_actions.testing.commands import CommandTests
from capi_actions.testing.destinations import DestinationTests
from capi_actions.testing.determinism import DeterminismTests
from capi_actions.testing.directives import DirectiveTests
from capi_actions.testing.filters import EventFilterTests
from capi_actions.testing.inputs import InputFormatTests
from capi_actions.testing.normalizers import NormalizerTests
from capi_actions.testing.observers import ObserverTests
from capi_actions.testing.outboxes import OutboxTests
from capi_actions.testing.tables import ConfigTableTests
from capi_actions.testing.transports import TransportTests

_KINDS: dict[str, type[PluginTests]] = {
    "capi_actions": ActionTests,
    "capi_destinations": DestinationTests,
    "capi_directives": DirectiveTests,
    "capi_normalizers": NormalizerTests,
    "capi_events": EventFilterTests,
    "capi_inputs": InputFormatTests,
    "capi_tables": ConfigTableTests,
    "capi_transports": TransportTests,
    "capi_outboxes": OutboxTests,
    "capi_report": ObserverTests,
    "capi_commands": CommandTests,
}


class PluginConformance(
    DeterminismTests, TransportTests, OutboxTests, ConfigTableTests, ObserverTests, CommandTests
):
    """Tests of everything that a plugin offers: that it keeps the contract of each hook.

    ::

        class TestConformance(PluginConformance):
            plugin = capi_actions_acme
            config = {"url": "https://acme.example"}

    Of the classes for each kind (:class:`ActionTests` and so on) it has the tests of those kinds that the plugin
    offers.  They take further attributes, such as examples: see each.
    """

    def __init_subclass__(cls, **options: Any) -> None:
        """Leave out the tests of what the plugin doesn't offer."""
        super().__init_subclass__(**options)
        try:
            offered = {hook for hook in _KINDS if cls._own(hook)}
        except (AttributeError, PluginError):  # test_it_loads reports it
            offered = set()
        kept = {name for hook, kind in _KINDS.items() if hook in offered for name in _tests(kind)}
        kept |= _tests(PluginTests)
        if offered & {"capi_actions", "capi_directives", "capi_normalizers", "capi_events", "capi_inputs"}:
            kept |= _tests(DeterminismTests) - {name for kind in _KINDS.values() for name in _tests(kind)}
        if "capi_destinations" in offered and "capi_actions" not in offered:
            kept -= _tests(ActionTests) - _tests(PluginTests)
        for name in _tests(cls) - kept:
            if name in _ALL:
                setattr(cls, name, None)


def _tests(suite: type) -> set[str]:
    return {name for name in dir(suite) if name.startswith("test_")}


_ALL = frozenset(_tests(PluginConformance))
