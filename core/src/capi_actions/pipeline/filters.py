"""Event filters at work: what becomes of an event at each destination before its triggers read it."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from attrs import frozen

from capi_actions.codec import copy_json, event_from_python, message_id, replace_surrogates
from capi_actions.config import Config, DestinationConfig
from capi_actions.errors import Diagnostics, EventError, PluginError, json_path
from capi_actions.model import EventFilter, EventFunction, Held, JsonObject
from capi_actions.plugins import Plugins
from capi_actions.tracebacks import where

_MAX_REASON = 200  # characters


@frozen(kw_only=True)
class HeldBack:
    """An event that a filter keeps from a destination.

    :ivar destination: the destination's name in the configuration.
    :ivar message_id: the event's ``messageId``, when it has one.
    :ivar filter: the filter's name.
    :ivar reason: why; without personal data.
    :ivar failed: True if the filter failed, so that nobody knows whether the event may go on.
    """

    destination: str
    message_id: str | None
    filter: str
    reason: str
    failed: bool = False


@frozen
class Objection:
    """Why a filter holds an event back; see :class:`HeldBack`."""

    filter: str
    reason: str
    failed: bool = False


@frozen(kw_only=True)
class BoundFilter:
    """A filter's function, for all destinations or for one.

    :ivar trusted: True for the core's own, which never change an event: they get the event itself, not a copy.
    """

    name: str
    plugin: str
    function: EventFunction
    trusted: bool

    def run(self, event: JsonObject) -> JsonObject | Objection:
        """Return the event that goes on: the same object only if it is unchanged; or why none does."""
        try:
            result: object = self.function(event if self.trusted else copy_json(event))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  a plugin may raise anything
            return self._failure(f"failed ({where(error)})")
        if isinstance(result, Held):
            return Objection(self.name, replace_surrogates(result.reason[:_MAX_REASON]))
        if self.trusted and result is event:
            return event
        if not isinstance(result, dict):
            return self._failure(f"must return an event or Held, but returned {type(result).__name__}")
        try:
            return event_from_python(result)  # a copy: the filter may have kept the one that it returned
        except EventError as error:
            return self._failure(f"returned what is no event: {error.loggable}")

    def _failure(self, problem: str) -> Objection:
        return Objection(
            self.name, f"the filter {self.name} of plugin {self.plugin!r} {problem}", failed=True
        )


class FilterChain:
    """The filters of a configuration.  It has no state: any thread may use it."""

    def __init__(
        self, shared: Sequence[BoundFilter] = (), own: Mapping[str, Sequence[BoundFilter]] | None = None
    ) -> None:
        """Put filters in a row.

        :param shared: filters for all destinations, which come first.
        :param own: further filters of each destination, by its name.
        """
        self._shared = shared
        self._own = own or {}
        filters = [*shared, *(bound for own_filters in self._own.values() for bound in own_filters)]
        self._functions = [bound.function for bound in filters]
        self._is_trusted = all(bound.trusted for bound in filters)

    @classmethod
    def bind(cls, config: Config, plugins: Plugins, diagnostics: Diagnostics) -> "FilterChain":
        """Bind the filters of all plugins to the destinations of a configuration.

        :param diagnostics: takes errors of filters that can't be bound.
        """
        filters = plugins.event_filters()
        shared = [
            BoundFilter(
                name=event_filter.name,
                plugin=plugin,
                function=event_filter.apply,
                trusted=plugins.is_core(plugin),
            )
            for plugin, event_filter in filters
            if event_filter.apply is not None
        ]
        own = {
            destination.name: list(_bind_own(destination, filters, plugins, diagnostics))
            for destination in config.destinations
        }
        return cls(shared, own)

    def restricted_to(self, destinations: Collection[str]) -> "FilterChain":
        """Return the filters of these destinations alone."""
        own = {name: filters for name, filters in self._own.items() if name in destinations}
        return FilterChain(self._shared, own)

    def apply(self, event: JsonObject) -> Mapping[str, JsonObject | HeldBack] | None:
        """Return what becomes of an event at each destination; None if it goes on to all, unchanged."""
        if self._is_trusted:
            try:
                for function in self._functions:
                    if function(event) is not event:
                        break
                else:
                    return None
            except KeyboardInterrupt:
                raise
            except BaseException:  # noqa: BLE001, S110  what comes next names the filter
                pass
        return self._apply_all(event)

    def _apply_all(self, event: JsonObject) -> Mapping[str, JsonObject | HeldBack]:
        shared = _run_all(self._shared, event)
        results: dict[str, JsonObject | HeldBack] = {}
        for name, filters in self._own.items():
            result = shared if isinstance(shared, Objection) else _run_all(filters, shared)
            if isinstance(result, Objection):
                results[name] = HeldBack(
                    destination=name,
                    message_id=message_id(event),
                    filter=result.filter,
                    reason=result.reason,
                    failed=result.failed,
                )
            else:
                results[name] = result
        return results


def _run_all(filters: Sequence[BoundFilter], event: JsonObject) -> JsonObject | Objection:
    for bound in filters:
        result = bound.run(event)
        if isinstance(result, Objection):
            return result
        event = result
    return event


def _bind_own(
    destination: DestinationConfig,
    filters: Sequence[tuple[str, EventFilter]],
    plugins: Plugins,
    diagnostics: Diagnostics,
) -> Iterator[BoundFilter]:
    """Bind the filters that have a function for each destination."""
    for plugin, event_filter in filters:
        if event_filter.apply_for is None:
            continue
        try:
            function: object = event_filter.apply_for(destination.info)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  a plugin may raise anything
            problem: str | None = f"failed ({where(error)})"
        else:
            if function is None:
                continue
            is_callable = callable(function)
            problem = (
                None if is_callable else f"must return a function, but returned {type(function).__name__}"
            )
        if problem:
            message = f"apply_for of its event filter {event_filter.name!r} {problem}"
            path = json_path(("destinations", destination.name))
            diagnostics.add(str(PluginError(plugin, message)), path)
            continue
        yield BoundFilter(
            name=event_filter.name,
            plugin=plugin,
            function=function,  # type: ignore[arg-type]  # callable, as was just checked
            trusted=plugins.is_core(plugin),
        )
