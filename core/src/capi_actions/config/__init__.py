"""The configuration file ``capi.toml``: read, checked and completed, all problems at once."""

from capi_actions.config.factories import DEFAULT_TYPES
from capi_actions.config.files import outbox_problems
from capi_actions.config.load import load_config, read_config
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
