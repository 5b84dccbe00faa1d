"""All compiled mappings of a configuration, and how one event goes through them."""

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from attrs import frozen

from capi_actions.codec import message_id
from capi_actions.config import Config, may_need_refused
from capi_actions.errors import ConfigError, Diagnostics, EventError, detach
from capi_actions.logs import LOGGER
from capi_actions.mapping.limits import MAX_UNMETERED_EVENT, with_budget
from capi_actions.model import Item, JsonObject
from capi_actions.notes import Notes, collect_notes
from capi_actions.pipeline.compile import MappingUnit, compile_config
from capi_actions.pipeline.filters import FilterChain, HeldBack
from capi_actions.pipeline.lint import lint_unit
from capi_actions.pipeline.route import Route, Router
from capi_actions.plugins import Plugins

LOG = logging.getLogger(f"{LOGGER}.plugins")


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


Outcome: TypeAlias = Item | Refusal | HeldBack
"""What becomes of an event at one destination."""


class RoutedOutcome(NamedTuple):
    """What becomes of an event, and where.

    :ivar route: the route that took it; None if it is held back.
    :ivar event: the event as filters left it.
    :ivar notes: what was left out or assumed on the way.
    """

    route: Route | None
    event: JsonObject
    outcome: Outcome
    notes: Notes


@frozen(kw_only=True)
class Compilation:
    """All mappings and filters of a configuration, compiled as far as possible.

    :ivar units: the mappings.
    :ivar problems: the errors of mappings and filters; those of the configuration itself aren't among them.
    """

    units: Sequence[MappingUnit]
    filters: FilterChain
    problems: Diagnostics

    @classmethod
    def compile(cls, config: Config, plugins: Plugins) -> "Compilation":
        """Compile every filter, trigger and mapping, also where others, or settings, have errors."""
        problems = Diagnostics()
        units = compile_config(config, plugins, problems)
        return cls(units=units, filters=FilterChain.bind(config, plugins, problems), problems=problems)

    @property
    def routes(self) -> list[Route]:
        """The mappings that can run."""
        return [route for unit in self.units if (route := unit.route()) is not None]


class Pipeline:
    """All event filters and mappings of a configuration, compiled.  It has no state: any thread may use it."""

    def __init__(self, routes: Sequence[Route], filters: FilterChain | None = None) -> None:
        self.routes = routes
        self._router = Router(routes)
        self._filters = filters or FilterChain()
        # All mappings of an event share one budget.  Most configurations can't exhaust it and don't count; asking with
        # each event would be a call more.
        meters = [route.compiled_action.resolve.meter for route in routes]
        is_metered = (
            any(meter.work for meter in meters) or sum(meter.weight for meter in meters) > MAX_UNMETERED_EVENT
        )
        if is_metered:
            # mypy: the methods that take their place have arguments without names.
            self.process = with_budget(self.process)  # type: ignore[assignment, method-assign]
            self.process_by_route = with_budget(self.process_by_route)  # type: ignore[assignment, method-assign]

    @classmethod
    def build(
        cls,
        config: Config,
        plugins: Plugins,
        findings: Diagnostics | None = None,
        compilation: Compilation | None = None,
    ) -> "Pipeline":
        """Compile every filter, trigger and mapping.

        :param config: may have errors of its own: they are raised together with those found here.
        :param findings: takes likely mistakes in triggers and mappings, with which events can be sent all the same, and
            what can never be sent; None if nobody reads them.
        :param compilation: the configuration's, if it is compiled already.
        :raises ConfigError: with every error in any of them.
        :raises PluginError: if a plugin was refused that the configuration uses or may use.
        """
        if may_need_refused(config, plugins):
            plugins.require_all()
        compilation = compilation or Compilation.compile(config, plugins)
        diagnostics = Diagnostics([*config.errors, *compilation.problems])
        if diagnostics.errors:
            plugins.require_all()  # what is missing may be in a plugin that was refused
            raise ConfigError(diagnostics.errors)
        for refusal in plugins.refused:
            LOG.warning("%s; it isn't used here", refusal)
        if findings is not None:
            for unit in compilation.units:
                lint_unit(unit, plugins.directives, findings)
        return cls(compilation.routes, compilation.filters)

    def restricted_to(self, destinations: Collection[str]) -> "Pipeline":
        """Return a pipeline that passes events to these destinations alone.

        :param destinations: names in the configuration.
        """
        routes = [route for route in self.routes if route.destination_name in destinations]
        return Pipeline(routes, self._filters.restricted_to(destinations))

    def process(self, event: JsonObject, now: float) -> list[Outcome]:
        """Turn one event into items.

        For each destination, an event is held back by a filter, or no mapping takes it, or there is an item or a
        refusal for each mapping that takes it.

        :param event: a checked event, see :func:`~capi_actions.codec.check_event`.  It is not changed.
        :param now: Unix seconds, for deadlines.
        """
        filtered = self._filters.apply(event)
        if filtered is None:
            outcomes: list[Outcome] = []
            for route, decided in self._router.candidates(event):
                if decided or route.trigger.matches(event):
                    try:  # as _outcome() does, which costs a call
                        outcomes.append(route.item(event, now, event))
                    except EventError as error:
                        outcomes.append(_refusal(route, event, error))
            return outcomes
        return [outcome for _, _, outcome in self._route(filtered, event, now)]

    def process_by_route(self, event: JsonObject, now: float) -> list[RoutedOutcome]:
        """Turn one event into items as :meth:`process` does, each with the route that made it, and its notes."""
        filtered = self._filters.apply(event)
        if filtered is None:
            filtered = dict.fromkeys((route.destination_name for route in self.routes), event)
        steps = self._route(filtered, event, now)
        outcomes: list[RoutedOutcome] = []
        while True:
            notes = Notes()
            with collect_notes(notes):
                step = next(steps, None)
            if step is None:
                return outcomes
            outcomes.append(RoutedOutcome(*step, notes))

    def _route(
        self, filtered: Mapping[str, JsonObject | HeldBack], original: JsonObject, now: float
    ) -> Iterator[tuple[Route | None, JsonObject, Outcome]]:
        """Yield what becomes of an event after filters: route, event and outcome, as :class:`RoutedOutcome` has them.

        :param filtered: see :meth:`FilterChain.apply`.
        :param original: the event before filters.
        """
        for name, event in filtered.items():
            if isinstance(event, HeldBack):
                yield None, original, event
                continue
            for route, decided in self._router.candidates(event):
                if route.destination_name == name and (decided or route.trigger.matches(event)):
                    yield route, event, _outcome(route, event, original, now)


def _outcome(route: Route, event: JsonObject, original: JsonObject, now: float) -> Item | Refusal:
    """Return the item that a route makes of an event, or why it makes none.

    :param original: the event before filters.
    """
    try:
        return route.item(event, now, original)
    except EventError as error:
        return _refusal(route, event, error)


def _refusal(route: Route, event: JsonObject, error: EventError) -> Refusal:
    return Refusal(
        destination=route.destination_name,
        action=route.action.name,
        message_id=message_id(event),
        error=detach(error),
    )


def check_mappings(config: Config, plugins: Plugins, diagnostics: Diagnostics) -> Compilation:
    """Compile and lint every mapping, also where others, or settings, have errors.

    :param diagnostics: takes errors and warnings; those of ``config`` itself aren't added.
    """
    compilation = Compilation.compile(config, plugins)
    diagnostics.extend(compilation.problems)
    for unit in compilation.units:
        lint_unit(unit, plugins.directives, diagnostics)
    return compilation
