"""Tags that differ from python-liquid's own, or are disabled."""

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


class _EvaluateNode(Node):
    """Calls a function and writes its result."""

    __slots__ = ("evaluate",)

    def __init__(self, token: Token, evaluate: Evaluate) -> None:
        super().__init__(token)
        self.evaluate = evaluate

    def render_to_output(self, context: Any, buffer: TextIO) -> int:
        """Write the result."""
        return buffer.write(text(context.budget, self.evaluate(context)))


class OutputTag(Tag):
    """``{{ value }}``."""

    name = TOKEN_OUTPUT
    block = False

    def parse(self, stream: TokenStream) -> Node:
        """Parse the tag."""
        token = stream.eat(TOKEN_OUTPUT)
        return _EvaluateNode(token, parse_value(self.env, stream.into_inner(tag=token, eat=False)))


class EchoTag(Tag):
    """``{% echo value %}``."""

    name = "echo"
    block = False

    def parse(self, stream: TokenStream) -> Node:
        """Parse the tag."""
        token = stream.eat(TOKEN_TAG)
        return _EvaluateNode(token, parse_value(self.env, stream.into_inner(tag=token, eat=False)))


class AssignTag(Tag):
    """``{% assign name = value %}``."""

    name = "assign"
    block = False

    def parse(self, stream: TokenStream) -> Node:
        """Parse the tag."""
        token = stream.eat(TOKEN_TAG)
        tokens = stream.into_inner(tag=token, eat=False)
        name = str(parse_identifier(self.env, tokens, allow_trailing_question_mark=False))
        tokens.eat(TOKEN_ASSIGN)
        value = parse_value(self.env, tokens)

        def evaluate(context: RenderContext) -> str:
            context.assign(name, value(context))  # type: ignore[arg-type]  # template.py renders with our Context only
            return ""

        return _EvaluateNode(token, evaluate)


class CycleTag(Tag):
    """``{% cycle "a", "b" %}``: another of some values each time, in turn."""

    name = "cycle"
    block = False

    def parse(self, stream: TokenStream) -> Node:
        """Parse the tag."""
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

        def evaluate(context: Any) -> Any:
            key = (text(context.budget, group(context)), "") if group else ("", source)
            return values[context.cycle(key, len(values)) % len(values)](context)

        return _EvaluateNode(token, evaluate)


class _BranchesNode(Node):
    """Renders the first branch whose condition holds."""

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
        """Parse the block up to its end."""
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
        return _BranchesNode(token, branches)

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
        """Return whether the branch is taken."""
        return not is_true(value)


class BlockTag(Tag):
    """``{% block name %}…{% endblock %}``: without layouts just its content."""

    name = "block"
    end = "endblock"

    def parse(self, stream: TokenStream) -> Node:
        """Parse the block up to its end."""
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
        """Raise the error for it."""
        raise LiquidSyntaxError(f'tag "{stream.current.value}" not found', token=stream.current)


def _disabled_tag(tag: str) -> type[Tag]:
    class DisabledTag(Tag):
        """A tag that the reference has disabled."""

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
    *map(_disabled_tag, ("case", "for", "include", "layout", "render", "tablerow")),
)
