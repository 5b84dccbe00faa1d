"""The configuration file ``capi.toml``: read, checked and completed, all problems at once."""

from capi_actions.config.lint import outbox_problems
from capi_actions.config.load import DEFAULT_TYPES, load_config, read_config
from capi_actions.config.model import (
    Config,
    DeliveryConfig,
    DestinationConfig,
    DestinationDraft,
    MappingConfig,
)

__all__ = [
    "DEFAULT_TYPES",
    "Config",
    "DeliveryConfig",
    "DestinationConfig",
    "DestinationDraft",
    "MappingConfig",
    "load_config",
    "outbox_problems",
    "read_config",
]
