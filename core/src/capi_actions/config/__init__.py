"""The configuration file ``capi.toml``: read and checked, all problems at once."""

from capi_actions.config.lint import check_outbox_file
from capi_actions.config.load import DEFAULT_TYPES, load_config, read_config
from capi_actions.config.model import (
    Config,
    DeliveryConfig,
    DestinationConfig,
    DestinationDraft,
    MappingConfig,
    MappingDraft,
)
from capi_actions.config.plugins import PluginsConfig, may_need_refused
from capi_actions.config.tables import check_tables

__all__ = [
    "DEFAULT_TYPES",
    "Config",
    "DeliveryConfig",
    "DestinationConfig",
    "DestinationDraft",
    "MappingConfig",
    "MappingDraft",
    "PluginsConfig",
    "check_outbox_file",
    "check_tables",
    "load_config",
    "may_need_refused",
    "read_config",
]
