"""All compiled mappings of a configuration, and how one event goes through them."""

from collections.abc import Iterator, Sequence

from attrs import frozen

from capi_actions.codec import content_id, message_id
from capi_actions.config import Config
from capi_actions.errors import ConfigError, EventError, Problem, detached
from capi_actions.model import Item, JsonObject
from capi_actions.pipeline.compile import compile_mappings, compile_routes
from capi_actions.pipeline.lint import lint_route, lint_templates
from capi_actions.pipeline.route import Route, Router
from capi_actions.plugins import Plugins


@frozen(kw_only=True)
class Refusal:
    """An event that an action took but can't send.

    :ivar destination: the destination's name in the configuration.
    :ivar action: the action's full name.
    :ivar message_id: the event's ``messageId``, when it has one.
    :ivar error: why.
    """

    destination: str
    action: str
    message_id: str | None
    error: EventError


class Pipeline:
    """All mappings of a configuration, compiled.  Has no state: use it from any thread."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self.routes = routes
        self._router = Router(routes)

    @classmethod
    def build(cls, config: Config, plugins: Plugins) -> "Pipeline":
        """Compile every trigger and mapping.

        :param config: may have problems of its own: they are reported together with those found here.
        :raises ConfigError: with every problem in any of them.
        """
        problems = [*config.problems]
        routes: list[Route] = []
        for destination in config.destinations:
            routes += compile_routes(destination, plugins, config.folder, problems)
        for draft in config.drafts:
            list(compile_mappings(draft, plugins, config.folder, problems))
        if problems:
            raise ConfigError(problems)
        return cls(routes)

    def warnings(self) -> Iterator[Problem]:
        """Say what is likely to be a mistake: triggers that never match, fields that nothing fills, lost filters."""
        for route in self.routes:
            yield from lint_route(route)
            yield from lint_templates(route)

    def process(self, event: JsonObject, now: float) -> list[Item | Refusal]:
        """Turn one event into items, one for each mapping that takes it.

        :param event: a checked event, see :func:`check_event`.
        :param now: Unix seconds, for deadlines.
        """
        outcomes: list[Item | Refusal] = []
        for route, decided in self._router.candidates(event):
            if not decided and not route.trigger.matches(event):
                continue
            try:
                outcomes.append(route.item(event, now, lambda: content_id(event)))
            except EventError as error:
                outcomes.append(
                    Refusal(
                        destination=route.destination_name,
                        action=route.action.name,
                        message_id=message_id(event),
                        error=detached(error),
                    )
                )
        return outcomes
