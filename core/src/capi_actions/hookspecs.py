"""Everything that a plugin may implement, in one file.

A plugin is a module (or any object) behind an entry point of the group ``capi_actions``.  It
implements one or more of these hooks with :data:`hookimpl`.  Every hook takes no arguments and
returns a list of what the plugin offers.  Hooks are called once, when plugins are loaded: return the
same things every time, read no configuration and touch no network or disk.

Of the options of ``hookimpl``, ``specname`` and ``optionalhook`` work as pluggy describes them.
Those that order or wrap calls (``tryfirst``, ``trylast``, ``wrapper``, ``hookwrapper``) would have no
effect and are refused.
"""

from collections.abc import Callable, Iterable

import click
import pluggy

from capi_actions.model import (
    Action,
    ConfigTable,
    Destination,
    Directive,
    EventFilter,
    InputFormat,
    Normalizer,
    Observer,
    OutboxFactory,
    TransportFactory,
)

PROJECT = "capi_actions"  #: pluggy's project name and the entry-point group
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def capi_destinations() -> Iterable[type[Destination]]:
    """Offer destination types, each a subclass of :class:`~capi_actions.Destination`.

    Its ``name`` is the ``type`` in the configuration and the first part of its actions' names.
    """
    return ()


@hookspec
def capi_actions() -> Iterable[Action | type]:
    """Offer actions, for a destination type of this plugin or of another.

    Each is a class declared with :func:`capi_actions.action`, or an :class:`capi_actions.Action`.
    Its name starts with the destination type: ``acme.purchase``.
    """
    return ()


@hookspec
def capi_events() -> Iterable[EventFilter]:
    """Offer filters and enrichers of events, which come before triggers.

    Those with ``apply`` come first, then those with ``apply_for``, each in the alphabetical order of their names;
    the core's own, which checks consent, comes last.
    """
    return ()


@hookspec
def capi_directives() -> Iterable[Directive]:
    """Offer mapping directives, such as ``@phone_e164``."""
    return ()


@hookspec
def capi_normalizers() -> Iterable[Normalizer]:
    """Offer normalizers: a further profile, or with ``replaces=True`` a better one for a key."""
    return ()


@hookspec
def capi_transports() -> Iterable[TransportFactory]:
    """Offer transports, which send requests, chosen by ``type`` in the configuration's ``[transport]``."""
    return ()


@hookspec
def capi_outboxes() -> Iterable[OutboxFactory]:
    """Offer outboxes, which store items, chosen by ``type`` in the configuration's ``[outbox]``."""
    return ()


@hookspec
def capi_inputs() -> Iterable[InputFormat]:
    """Offer formats of files, chosen by ``--format``, such as the bodies of a shop system's webhooks."""
    return ()


@hookspec
def capi_tables() -> Iterable[ConfigTable]:
    """Offer tables of the configuration, for commands of this plugin."""
    return ()


@hookspec
def capi_commands() -> Iterable[click.Command]:
    """Offer commands for ``capi``."""
    return ()


@hookspec
def capi_report() -> Iterable[Callable[[], Observer]]:
    """Offer observers, which get a report of what was delivered, retried and buried.

    Each is a factory: a callable without arguments, called once for every running deliverer.
    """
    return ()
