"""Open what a configuration asks for, and close it: pipeline, outbox, transport and deliverer; and check it before."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from inspect import signature
from typing import Any, Self, TypeVar

from attrs import frozen

from capi_actions.config import Config, check_outbox_file, check_tables
from capi_actions.config.structure import anchor_paths
from capi_actions.config.tables import run_check
from capi_actions.contracts import require_observer, require_transport
from capi_actions.delivery import Deliverer, Options
from capi_actions.delivery.reporting import Observers
from capi_actions.errors import CapiError, Diagnostics, PluginError, Problem
from capi_actions.intake import Intake
from capi_actions.model import Destination, Observer, Outbox, OutboxFactory, Transport, TransportFactory
from capi_actions.outbox_guard import LOG, guard_outbox
from capi_actions.pipeline import check_mappings
from capi_actions.pipeline.pipeline import Compilation, Pipeline
from capi_actions.plugins import Plugins
from capi_actions.status import Monitor
from capi_actions.tracebacks import where

T = TypeVar("T")

_FILE_OPTIONS = ("path", "ca_file")  # relative to the configuration's folder, also as plain text


@frozen(kw_only=True)
class Runtime:
    """Everything that takes part in sending.  A context manager: leaving it closes outbox and transport.

    :ivar destinations: the accounts by their names.
    :ivar intake: passes events through the pipeline, and counts what becomes of them.
    :ivar monitor: has the counts.
    :ivar observers: those of plugins, and the monitor.
    """

    destinations: Mapping[str, Destination]
    pipeline: Pipeline
    outbox: Outbox
    transport: Transport
    deliverer: Deliverer
    intake: Intake
    monitor: Monitor
    observers: Observers

    @classmethod
    def open(cls, config: Config, plugins: Plugins, pipeline: Pipeline | None = None) -> "Runtime":
        """Open what a configuration asks for.

        :param config: may have problems: they are raised together with those of its mappings.
        :param pipeline: the configuration's, if it is built already.
        :raises ConfigError: when anything in it is wrong; nothing is opened then.
        :raises OutboxError: when the outbox can't be opened.
        :raises PluginError: when a plugin fails to make what it offers.
        """
        pipeline = pipeline or Pipeline.build(config, plugins)
        with ExitStack() as stack:
            outbox = open_outbox(config, plugins)
            stack.callback(outbox.close)
            transport = open_transport(config, plugins)
            stack.callback(_close_and_log, transport)
            monitor = Monitor()
            observers: list[Observer] = [monitor]
            stack.callback(lambda: Observers(observers).notify("close"))
            for plugin, make in plugins.observer_factories():
                observers.append(_make_observer(plugin, make))
                _configure_observer(plugin, observers[-1], outbox, config)
            stack.pop_all()
        destinations = {configured.name: configured.destination for configured in config.destinations}
        deliverer = Deliverer(
            outbox,
            destinations,
            transport,
            observers,
            options=Options(
                workers=config.delivery.workers,
                drop_refused_field=config.delivery.drop_refused_field,
                keep_dead_letters=config.delivery.keep_dead_days * 86_400.0,
            ),
        )
        deliverer.observers.notify("expect", tuple(destinations))
        return cls(
            destinations=destinations,
            pipeline=pipeline,
            outbox=outbox,
            transport=transport,
            deliverer=deliverer,
            intake=Intake(pipeline, deliverer.observers),
            monitor=monitor,
            observers=deliverer.observers,
        )

    def close(self) -> None:
        """Close the connections and the outbox."""
        self.observers.notify("close")
        try:
            _close_and_log(self.transport)
        finally:
            self.outbox.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def open_outbox(config: Config, plugins: Plugins) -> Outbox:
    """Open the outbox alone, to look after it.

    :raises OutboxError: when it can't be opened.
    :raises PluginError: when a plugin fails to make it.
    """
    name = config.outbox["type"]
    plugin = plugins.provider("capi_outboxes", name)
    outbox: Outbox = _make(plugins, "outbox", config.outbox, config)
    return outbox if plugins.is_core(plugin) else guard_outbox(outbox, plugin, name)


def check_config(config: Config, plugins: Plugins) -> list[Problem]:
    """Return errors and warnings of a configuration, of its mappings and triggers, and of the tables that plugins read.

    It is what ``capi check`` finds, but for plugins that can't be loaded and the transport.  Nothing is opened or
    created.

    :param config: as :func:`capi_actions.load_config` returns it with ``strict=False``.
    """
    problems, _ = check_and_compile(config, plugins)
    return problems


def check_and_compile(config: Config, plugins: Plugins) -> tuple[list[Problem], Compilation]:
    """Return what :func:`check_config` returns, and the mappings that it has compiled."""
    diagnostics = Diagnostics(config.problems)
    compilation = check_mappings(config, plugins, diagnostics)
    check_tables(config, plugins, diagnostics)
    check_outbox(config, plugins, diagnostics)
    return list(diagnostics), compilation


def check_outbox(config: Config, plugins: Plugins, diagnostics: Diagnostics) -> None:
    """Add why the outbox can't be opened, as far as that can be said without opening it: nothing is created.

    :param diagnostics: has the problems of the configuration.  Options with errors aren't handed to the factory's
        ``check``, which may fail then; it isn't called at all if it names one of them.
    """
    check_outbox_file(config, diagnostics)
    name = config.outbox["type"]
    factory = plugins.outboxes.get(name) if isinstance(name, str) else None
    if factory is None or factory.check is None:
        return
    wrong = {
        problem.path.removeprefix("$.outbox.")
        for problem in diagnostics.errors
        if problem.path.startswith("$.outbox.")
    }
    if not wrong.isdisjoint(_parameter_names(factory.check)):
        return
    problems, fault = run_check(factory.check, **_arguments(config.outbox, config))
    if fault is not None and not wrong:  # it is no reason not to send
        plugin = plugins.provider("capi_outboxes", name)
        diagnostics.warn(f"the check of its outbox {name!r} failed: {_describe(fault)}", f"plugin {plugin!r}")
    diagnostics.under("$.outbox").extend(problems)


def _parameter_names(function: Callable[..., object]) -> Collection[str]:
    try:
        return signature(function).parameters
    except (TypeError, ValueError):  # built-in functions may have no signature
        return ()


def open_transport(config: Config, plugins: Plugins) -> Transport:
    """Open the transport alone, to ask a platform something.

    :raises PluginError: when a plugin fails to make it.
    """
    name = config.transport["type"]
    transport: object = _make(plugins, "transport", config.transport, config)
    return require_transport(transport, plugins.provider("capi_transports", name), name)


def close_transport(transport: Transport) -> str:
    """Close a transport, and return where it failed; "" if it didn't."""
    return _attempt(lambda: transport.close())[1]


def read_notes(transport: Transport) -> tuple[Sequence[str], str]:
    """Return what a transport has to say that is no problem, and where it failed to; "" if it didn't.

    Transports needn't have ``notes``.
    """
    notes, fault = _attempt(lambda: _only_texts(getattr(transport, "notes", ())))
    return notes or (), fault


def _only_texts(notes: object) -> Sequence[str]:
    return [note for note in notes if isinstance(note, str)] if isinstance(notes, list | tuple) else ()


def _close_and_log(transport: Transport) -> None:
    if fault := close_transport(transport):
        LOG.error("the transport's close() failed (%s)", fault)


def _attempt(function: Callable[[], T]) -> tuple[T | None, str]:
    """Call a plugin's function, and return its result, or None and where it failed."""
    try:
        return function(), ""
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  a plugin may raise anything; what comes after it is done all the same
        return None, where(error)


def _make(plugins: Plugins, kind: str, options: Mapping[str, Any], config: Config) -> Any:
    """Return the outbox or transport that a table of the configuration describes.

    :param kind: ``"outbox"`` or ``"transport"``.
    """
    factories: Mapping[str, OutboxFactory | TransportFactory] = (
        plugins.outboxes if kind == "outbox" else plugins.transports
    )
    name = options["type"]
    try:
        return factories[name].make(**_arguments(options, config))
    except (CapiError, KeyboardInterrupt):
        raise
    except BaseException as error:
        plugin = plugins.provider("capi_outboxes" if kind == "outbox" else "capi_transports", name)
        raise PluginError(plugin, f"its {kind} {name!r} can't be opened: {_describe(error)}") from error


def _arguments(options: Mapping[str, Any], config: Config) -> dict[str, Any]:
    """Return the options as keyword arguments of a factory, their paths made to start in the configuration's folder."""
    return {
        key: str(config.folder / value)
        if key in _FILE_OPTIONS and isinstance(value, str)
        else anchor_paths(value, config.folder)
        for key, value in options.items()
        if key != "type"
    }


def _make_observer(plugin: str, make: Callable[[], Observer]) -> Observer:
    try:
        made: object = make()
    except (CapiError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise PluginError(plugin, f"its observer can't be made: {_describe(error)}") from error
    return require_observer(made, plugin)


def _configure_observer(plugin: str, observer: Observer, outbox: Outbox, config: Config) -> None:
    try:
        if (configure := getattr(observer, "configure", None)) is not None:
            configure(config)
        if (watch := getattr(observer, "watch", None)) is not None:
            watch(outbox.stats)
    except (CapiError, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise PluginError(plugin, f"its observer can't be made: {_describe(error)}") from error


def _describe(error: BaseException) -> str:
    """Return where an error was raised, and the text of the operating system's.

    Other errors' texts are left out: they may quote an option that is secret.
    """
    problem = error.strerror if isinstance(error, OSError) else None
    return f"{where(error)}: {problem}" if problem else where(error)
