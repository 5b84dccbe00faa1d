"""Put a configuration to work: pipeline, outbox, transport and deliverer, opened and closed together."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, Self

from attrs import frozen

from capi_actions.config import Config
from capi_actions.delivery import Deliverer, Options
from capi_actions.errors import CapiError, PluginError, where
from capi_actions.model import Destination, Observer, Outbox, OutboxFactory, Transport, TransportFactory
from capi_actions.pipeline.pipeline import Pipeline
from capi_actions.plugins import Plugins

_FILES = ("path", "ca_file")  # options that name a file, relative to the configuration's folder


@frozen(kw_only=True)
class Assembly:
    """Everything that takes part in sending.  A context manager: leaving it closes outbox and transport.

    :ivar destinations: the accounts by their names.
    """

    destinations: Mapping[str, Destination]
    pipeline: Pipeline
    outbox: Outbox
    transport: Transport
    deliverer: Deliverer

    @classmethod
    def of(cls, config: Config, plugins: Plugins) -> "Assembly":
        """Open what a configuration asks for.

        :param config: may have problems of its own: they are raised together with those of its mappings.
        :raises ConfigError: when anything in it is wrong; nothing is opened then.
        :raises OutboxError: when the outbox can't be opened.
        :raises PluginError: when a plugin can't make what it offers.
        """
        pipeline = Pipeline.build(config, plugins)
        with ExitStack() as opened:
            outbox = open_outbox(config, plugins)
            opened.callback(outbox.close)
            transport: Transport = _open(plugins, "transport", config.transport, config)
            opened.callback(transport.close)
            observers = [_observer(plugin, make, outbox) for plugin, make in plugins.makers()]
            opened.pop_all()
        destinations = {each.name: each.destination for each in config.destinations}
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
        return cls(
            destinations=destinations,
            pipeline=pipeline,
            outbox=outbox,
            transport=transport,
            deliverer=deliverer,
        )

    def close(self) -> None:
        """Release the outbox and the connections."""
        self.transport.close()
        self.outbox.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def open_outbox(config: Config, plugins: Plugins) -> Outbox:
    """Open the outbox alone, to look after it.

    :raises OutboxError: when it can't be opened.
    :raises PluginError: when a plugin can't make what it offers.
    """
    outbox: Outbox = _open(plugins, "outbox", config.outbox, config)
    return outbox


def _open(plugins: Plugins, kind: str, options: Mapping[str, Any], config: Config) -> Any:
    """Open the outbox or the transport."""
    factories: Mapping[str, OutboxFactory | TransportFactory] = (
        plugins.outboxes if kind == "outbox" else plugins.transports
    )
    arguments = {
        key: str(config.folder / value) if key in _FILES and isinstance(value, str) else value
        for key, value in options.items()
        if key != "type"
    }
    name = options["type"]
    try:
        return factories[name].make(**arguments)
    except CapiError:
        raise
    except Exception as error:
        plugin = plugins.provider("capi_outboxes" if kind == "outbox" else "capi_transports", name)
        raise PluginError(plugin, f"its {kind} {name!r} can't be opened: {_fault(error)}") from error


def _observer(plugin: str, make: Callable[[], Observer], outbox: Outbox) -> Observer:
    try:
        observer = make()
        if (watch := getattr(observer, "watch", None)) is not None:
            watch(outbox.stats)
    except CapiError:
        raise
    except Exception as error:
        raise PluginError(plugin, f"its observer can't be made: {_fault(error)}") from error
    if not callable(getattr(observer, "observe", None)):
        problem = (
            f"capi_report(): what it makes must have a method observe(report), but {type(observer).__name__}"
        )
        raise PluginError(plugin, f"{problem} has none")
    return observer


def _fault(error: Exception) -> str:
    """Say what the system says; other texts may quote an option that is secret."""
    return f"{where(error)}: {error.strerror}" if isinstance(error, OSError) else where(error)
