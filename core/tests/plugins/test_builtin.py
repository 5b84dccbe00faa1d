"""The core's own plugin keeps the contract that it asks of others."""

from capi_actions import builtin
from capi_actions.testing import DirectiveTests, EventFilterTests


class TestDirectives(DirectiveTests):
    """The reference's 13 directives."""

    plugin = builtin
    directive_examples = {  # noqa: RUF012  as authors write it
        "@case": [({"operator": "lower", "value": {"@path": "$.event"}}, {"event": "Ping"}, "ping")],
        "@flatten": [({"value": {"@path": "$.t"}, "separator": "."}, {"t": {"a": {"b": 1}}}, {"a.b": 1})],
        "@if": [({"exists": {"@path": "$.userId"}, "then": "known", "else": "unknown"}, {}, "unknown")],
        "@json": [({"mode": "encode", "value": {"@path": "$.t"}}, {"t": [1]}, "[1]")],
        "@merge": [
            (
                {"direction": "right", "objects": [{"a": 1}, {"@path": "$.t"}]},
                {"t": {"b": 2}},
                {"a": 1, "b": 2},
            )
        ],
        "@replace": [({"pattern": "a", "replacement": "b", "value": {"@path": "$.t"}}, {"t": "aha"}, "bhb")],
        "@transform": [
            ({"apply": {"@path": "$.t"}, "mapping": {"x": {"@path": "$.a"}}}, {"t": {"a": 1}}, {"x": 1})
        ],
    }


class TestConsent(EventFilterTests):
    """The check of consent."""

    plugin = builtin
