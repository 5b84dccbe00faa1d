"""All compiled mappings of a configuration, and how one event goes through them."""

from collections.abc import Sequence

from attrs import frozen

from capi_actions.codec import content_id, message_id
from capi_actions.config import Config
from capi_actions.errors import ConfigError, Diagnostics, EventError, detached
from capi_actions.mapping.limits import MAX_UNMETERED_EVENT, metered
from capi_actions.model import Item, JsonObject
from capi_actions.pipeline.compile import compile_config
from capi_actions.pipeline.lint import lint_unit
from capi_actions.pipeline.route import Route, Router
from capi_actions.plugins import Plugins


@frozen(kw_only=True)
class Refusal:
    """An event that a mapping takes but that can't be sent.

    :ivar destination: the destination's name in the configuration.
    :ivar action: the action's full name.
    :ivar message_id: the event's ``messageId``, when it has one.
    :ivar error: why.
    """

    destination: str
    action: str
    message_id: str | None
    error: EventError


class Pipeline:
    """All mappings of a configuration, compiled.  It has no state: any thread may use it."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = routes
        self._router = Router(routes)
        # All mappings of an event share one budget.  Most configurations can't exhaust it and don't count.
        meters = [route.compiled_action.resolve.meter for route in routes]
        is_metered = (
            any(meter.work for meter in meters) or sum(meter.weight for meter in meters) > MAX_UNMETERED_EVENT
        )
        self._process = metered(self._process_within) if is_metered else self._process_within

    @classmethod
    def build(cls, config: Config, plugins: Plugins) -> "Pipeline":
        """Compile every trigger and mapping.

        :param config: may have errors of its own: they are raised together with those found here.
        :raises ConfigError: with every error in any of them.
        """
        diagnostics = Diagnostics(config.errors)
        units = compile_config(config, plugins, diagnostics)
        if diagnostics.errors:
            raise ConfigError(diagnostics.errors)
        return cls([route for unit in units if (route := unit.route()) is not None])

    def process(self, event: JsonObject, now: float) -> list[Item | Refusal]:
        """Turn one event into items, one for each mapping that takes it.

        :param event: a checked event, see :func:`~capi_actions.codec.check_event`.
        :param now: Unix seconds, for deadlines.
        """
        return self._process(event, now)

    def _process_within(self, event: JsonObject, now: float) -> list[Item | Refusal]:
        return [
            _outcome(route, event, now)
            for route, decided in self._router.candidates(event)
            if decided or route.trigger.matches(event)
        ]

    def process_by_route(self, event: JsonObject, now: float) -> list[tuple[Route, Item | Refusal]]:
        """Turn one event into items as :meth:`process` does, each with the route that made it."""
        return [
            (route, _outcome(route, event, now))
            for route, decided in self._router.candidates(event)
            if decided or route.trigger.matches(event)
        ]


def _outcome(route: Route, event: JsonObject, now: float) -> Item | Refusal:
    try:
        return route.item(event, now, lambda: content_id(event))
    except EventError as error:
        return Refusal(
            destination=route.destination_name,
            action=route.action.name,
            message_id=message_id(event),
            error=detached(error),
        )


def check_mappings(config: Config, plugins: Plugins, diagnostics: Diagnostics) -> int:
    """Compile and lint every mapping, also where others, or settings, have errors.

    :param diagnostics: takes errors and warnings; those of ``config`` itself aren't added.
    :returns: how many mappings can run.
    """
    units = compile_config(config, plugins, diagnostics)
    for unit in units:
        lint_unit(unit, plugins.directives, diagnostics)
    return sum(unit.route() is not None for unit in units)
