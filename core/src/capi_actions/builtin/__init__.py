"""The core's own plugin, registered like any other: directives, a transport, an outbox, consent."""

from collections.abc import Sequence

from capi_actions.builtin.consent import CONSENT
from capi_actions.builtin.outbox import SqliteOutbox
from capi_actions.builtin.outbox.check import check_file
from capi_actions.builtin.transport import open_transport
from capi_actions.hookspecs import hookimpl
from capi_actions.mapping import DIRECTIVES
from capi_actions.model import Directive, EventFilter, OutboxFactory, TransportFactory


@hookimpl
def capi_events() -> Sequence[EventFilter]:
    """Offer the check of consent."""
    return [CONSENT]


@hookimpl
def capi_directives() -> Sequence[Directive]:
    """Offer the reference's 13 directives."""
    return DIRECTIVES


@hookimpl
def capi_transports() -> Sequence[TransportFactory]:
    """Offer HTTP through urllib3."""
    return [TransportFactory(name="urllib3", make=open_transport, description="HTTP with connection pools")]


@hookimpl
def capi_outboxes() -> Sequence[OutboxFactory]:
    """Offer a file with SQLite."""
    return [
        OutboxFactory(
            name="sqlite",
            make=SqliteOutbox,
            check=check_file,
            description="one file, durable, shared by processes",
        )
    ]
