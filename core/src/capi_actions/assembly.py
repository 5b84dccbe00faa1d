"""Put a configuration to work: pipeline, outbox, transport and deliverer, opened and closed together."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from attrs import frozen

from capi_actions.config import Config
from capi_actions.delivery import Deliverer, Options
from capi_actions.errors import ConfigError
from capi_actions.model import OutboxFactory, Transport, TransportFactory
from capi_actions.outbox import Outbox
from capi_actions.pipeline import Pipeline
from capi_actions.plugins import Plugins

_DEFAULT_PATH = "capi-outbox.sqlite3"


@frozen(kw_only=True)
class Assembly:
    """Everything that takes part in sending.  A context manager: leaving it closes outbox and transport."""

    pipeline: Pipeline
    outbox: Outbox
    transport: Transport
    deliverer: Deliverer

    @classmethod
    def of(cls, config: Config, plugins: Plugins) -> "Assembly":
        """Open what a configuration asks for.

        :raises ConfigError: when a mapping, trigger or option is wrong.
        :raises OutboxError: when the outbox can't be opened.
        """
        pipeline = Pipeline.build(config, plugins)
        outbox = open_outbox(config, plugins)
        transport = _open(plugins.transports, config.transport, "transport")
        observers = [make() for make in plugins.observers]
        for observer in observers:
            if (watch := getattr(observer, "watch", None)) is not None:
                watch(outbox.stats)
        deliverer = Deliverer(
            outbox,
            {each.name: each.destination for each in config.destinations},
            transport,
            observers,
            options=Options(
                workers=config.delivery.workers,
                mend=config.delivery.mend,
                keep_dead=config.delivery.keep_dead_days * 86_400.0,
            ),
        )
        return cls(pipeline=pipeline, outbox=outbox, transport=transport, deliverer=deliverer)

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

    :raises ConfigError: when an option is wrong.
    :raises OutboxError: when it can't be opened.
    """
    options = dict(config.outbox)
    if options.get("type") == "sqlite":
        options.setdefault("path", _DEFAULT_PATH)
    if isinstance(options.get("path"), str):
        options["path"] = config.folder / Path(options["path"])
    outbox: Outbox = _open(plugins.outboxes, options, "outbox")
    return outbox


def _open(
    factories: Mapping[str, OutboxFactory] | Mapping[str, TransportFactory],
    options: Mapping[str, Any],
    table: str,
) -> Any:
    arguments = {key: value for key, value in options.items() if key != "type"}
    try:
        return factories[options["type"]].make(**arguments)
    except TypeError as error:
        raise ConfigError.of(
            f"has an option that {options['type']} doesn't take: {error}", f"$.{table}"
        ) from error
