"""Tags that differ from python-liquid's own, or are switched off."""

from typing import Any, TextIO

from liquid import Node, RenderContext, Tag, Token, TokenStream
from liquid.ast import BlockNode
from liquid.builtin.expressions import parse_identifier
from liquid.exceptions import LiquidSyntaxError
from liquid.parser import get_parser
from liquid.token import (
    TOKEN_ASSIGN,
    TOKEN_COLON,
    TOKEN_COMMA,
    TOKEN_EOF,
    TOKEN_EXPRESSION,
    TOKEN_OUTPUT,
    TOKEN_TAG,
)

from capi_actions.mapping.liquid.expressions import Evaluate, parse_plain, parse_value
from capi_actions.mapping.liquid.values import is_true, text


class _Do(Node):
    """Runs a function, and writes what it gives."""

    __slots__ = ("run",)

    def __init__(self, token: Token, run: Evaluate) -> None:
        super().__init__(token)
        self.run = run

    def render_to_output(self, context: Any, buffer: TextIO) -> int:
        """Write the value."""
        return buffer.write(text(context.work, self.run(context)))


class OutputTag(Tag):
    """``{{ value }}``."""

    name = TOKEN_OUTPUT
    block = False

    def parse(self, stream: TokenStream) -> Node:
        """Read it."""
        token = stream.eat(TOKEN_OUTPUT)
        return _Do(token, parse_value(self.env, stream.into_inner(tag=token, eat=False)))


class EchoTag(Tag):
    """``{% echo value %}``."""

    name = "echo"
    block = False

    def parse(self, stream: TokenStream) -> Node:
        """Read it."""
        token = stream.eat(TOKEN_TAG)
        return _Do(token, parse_value(self.env, stream.into_inner(tag=token, eat=False)))


class AssignTag(Tag):
    """``{% assign name = value %}``."""

    name = "assign"
    block = False

    def parse(self, stream: TokenStream) -> Node:
        """Read it."""
        token = stream.eat(TOKEN_TAG)
        tokens = stream.into_inner(tag=token, eat=False)
        name = str(parse_identifier(self.env, tokens, allow_trailing_question_mark=False))
        tokens.eat(TOKEN_ASSIGN)
        value = parse_value(self.env, tokens)

        def run(context: RenderContext) -> str:
            context.assign(name, value(context))  # type: ignore[arg-type]  # template.py renders with our Context only
            return ""

        return _Do(token, run)


class CycleTag(Tag):
    """``{% cycle "a", "b" %}``: the next of some values every time."""

    name = "cycle"
    block = False

    def parse(self, stream: TokenStream) -> Node:
        """Read it."""
        token = stream.eat(TOKEN_TAG)
        tokens = stream.into_inner(tag=token, eat=False)
        source = stream.current.value
        group = None
        if tokens.peek.kind == TOKEN_COLON:
            group = parse_plain(self.env, tokens)
            tokens.eat(TOKEN_COLON)
        values = []
        while tokens.current.kind != TOKEN_EOF:
            values.append(parse_plain(self.env, tokens))
            if tokens.current.kind != TOKEN_EOF:
                tokens.eat(TOKEN_COMMA)
        if not values:
            raise LiquidSyntaxError("expected at least one value", token=token)

        def run(context: Any) -> Any:
            key = (text(context.work, group(context)), "") if group else ("", source)
            return values[context.cycle(key, len(values)) % len(values)](context)

        return _Do(token, run)


class _Branches(Node):
    """The first branch whose condition holds."""

    __slots__ = ("branches",)

    def __init__(self, token: Token, branches: list[tuple[Evaluate, BlockNode]]) -> None:
        super().__init__(token)
        self.branches = branches

    def render_to_output(self, context: Any, buffer: TextIO) -> int:
        """Render the branch."""
        for holds, block in self.branches:
            if holds(context):
                return block.render(context, buffer)
        return 0


class IfTag(Tag):
    """``{% if value %}…{% elsif value %}…{% else %}…{% endif %}``."""

    name = "if"
    end = "endif"
    holds = staticmethod(is_true)

    def parse(self, stream: TokenStream) -> Node:
        """Read it up to its end."""
        token = stream.eat(TOKEN_TAG)
        branches = [self._branch(stream, self.holds, token)]
        while stream.current.is_tag("elsif"):
            tag = stream.eat(TOKEN_TAG)
            branches.append(self._branch(stream, is_true, tag))
        if stream.current.is_tag("else"):
            if stream.peek.kind == TOKEN_EXPRESSION:
                raise LiquidSyntaxError("else takes no condition, elsif does", token=stream.peek)
            stream.eat(TOKEN_TAG)
            branches.append((lambda context: True, self._block(stream)))
        _expect_end(stream, self.end, token)
        return _Branches(token, branches)

    def _branch(self, stream: TokenStream, holds: Any, tag: Token) -> tuple[Evaluate, BlockNode]:
        value = parse_value(self.env, stream.into_inner(tag=tag))
        return (lambda context: holds(value(context))), self._block(stream)

    def _block(self, stream: TokenStream) -> BlockNode:
        return get_parser(self.env).parse_block(stream, (self.end, "elsif", "else", TOKEN_EOF))


class UnlessTag(IfTag):
    """``{% unless value %}…{% endunless %}``."""

    name = "unless"
    end = "endunless"

    @staticmethod
    def holds(value: Any) -> bool:
        """Say whether the branch is taken."""
        return not is_true(value)


class BlockTag(Tag):
    """``{% block name %}…{% endblock %}``, which without layouts is just its content."""

    name = "block"
    end = "endblock"

    def parse(self, stream: TokenStream) -> Node:
        """Read it up to its end."""
        token = stream.eat(TOKEN_TAG)
        if stream.current.kind == TOKEN_EXPRESSION:
            stream.eat(TOKEN_EXPRESSION)
        block = get_parser(self.env).parse_block(stream, (self.end, TOKEN_EOF))
        _expect_end(stream, self.end, token)
        return block


def _expect_end(stream: TokenStream, end: str, tag: Token) -> None:
    if not stream.current.is_tag(end):
        raise LiquidSyntaxError(f"expected {{% {end} %}} for the tag {tag.value}", token=tag)


class UnknownTag(Tag):
    """Any tag that isn't registered."""

    name = "illegal"
    block = False

    def parse(self, stream: TokenStream) -> Node:
        """Refuse it."""
        raise LiquidSyntaxError(f'tag "{stream.current.value}" not found', token=stream.current)


def _disabled(tag: str) -> type[Tag]:
    class DisabledTag(Tag):
        """A tag that the reference switched off."""

        name = tag
        block = False

        def parse(self, stream: TokenStream) -> Node:
            raise LiquidSyntaxError(f'tag "{tag}" is disabled', token=stream.current)

    return DisabledTag


TAGS: tuple[type[Tag], ...] = (
    OutputTag,
    EchoTag,
    AssignTag,
    CycleTag,
    IfTag,
    UnlessTag,
    BlockTag,
    *map(_disabled, ("case", "for", "include", "layout", "render", "tablerow")),
)
