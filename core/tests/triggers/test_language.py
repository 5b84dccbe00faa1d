"""Reading and writing: every spelling of a tree gives that tree."""

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from capi_actions.errors import TriggerError
from capi_actions.triggers import compile_trigger
from capi_actions.triggers.parser import parse
from capi_actions.triggers.syntax import AllOf, AnyOf, Comparison, Node, Not, Search, unparse

TOKENS = [
    *(
        "type",
        "event",
        "a.b",
        "[0]",
        "\\",
        ".",
        "=",
        "==",
        "!=",
        "!",
        "<",
        ">=",
        "(",
        ")",
        ",",
        "and",
        "OR",
        "not",
    ),
    *(
        "contains(",
        "match(a,",
        "null",
        "true",
        "5",
        "-.5e",
        '"x"',
        "'y'",
        '"',
        "'",
        " ",
        "\n",
        "é",
        "“",
        "\x00",
    ),
]


class Speller:
    """Writes a tree in one of its many spellings."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def gap(self, least: int = 0) -> str:
        return "".join(self.random.choices(" \t\r\n\u00a0", k=self.random.randint(least, 2)))

    def keyword(self, word: str) -> str:
        return "".join(self.random.choice([char.upper(), char]) for char in word)

    def quoted(self, text: str) -> str:
        quote = self.random.choice("\"'")
        return quote + text.replace("\\", "\\\\").replace(quote, "\\" + quote) + quote

    def path(self, path: tuple[str, ...]) -> str:
        text = "".join(f"\\{char}" for char in path[0])
        for key in path[1:]:
            form = self.random.choice(["{0}.{0}{1}", "{0}[{0}{1}{0}]"])
            text += form.format(self.gap(), self.quoted(key))
        return text + self.gap()

    def value(self, value: object) -> str:
        if isinstance(value, str):
            return self.quoted(value)
        if isinstance(value, bool) or value is None:
            return self.keyword({None: "null", True: "true", False: "false"}[value])
        return str(value)

    def part(self, node: Node, *grouped: type) -> str:
        """Put parentheses around what needs them, and sometimes around what doesn't."""
        text = self.spell(node)
        return f"({text})" if isinstance(node, grouped) or self.random.random() < 0.2 else text

    def spell(self, node: Node) -> str:
        no = self.random.choice(["!", "! ", self.keyword("not") + self.gap(1)])
        match node:
            case Search(function, path, text, negated):
                arguments = f"({self.gap()}{self.path(path)},{self.gap()}{self.quoted(text)}{self.gap()})"
                text = f"{no if negated else ''}{function}{self.gap()}{arguments}"
            case Comparison(path, operator, value):
                text = f"{self.path(path)}{operator}{self.gap()}{self.value(value)}"
            case Not(part):
                plain = isinstance(part, Search) and not part.negated
                text = no + self.part(part, AllOf, AnyOf, *([Search] if plain else []))
            case AllOf(parts):
                joiner = self.random.choice([",", f" {self.keyword('and')} "])
                text = joiner.join(self.part(part, AnyOf) for part in parts)
            case AnyOf(parts):
                text = f" {self.keyword('or')}{self.gap(1)}".join(self.part(part) for part in parts)
        return self.gap() + text + self.gap()


@settings(deadline=None)
@given(st.data(), st.randoms(use_true_random=False))
def test_all_spellings_mean_the_same(
    trees: st.SearchStrategy[Node], data: st.DataObject, random: Random
) -> None:
    """White space, quotes, brackets, backslashes, case of keywords, needless parentheses: all free."""
    tree = data.draw(trees)

    assert repr(tree) == repr(parse(Speller(random).spell(tree)))


@settings(deadline=None)
@given(st.data())
def test_what_is_written_reads_back(trees: st.SearchStrategy[Node], data: st.DataObject) -> None:
    """The canonical spelling loses nothing (repr, because to Python 1, 1.0 and True are equal)."""
    tree = data.draw(trees)
    written = unparse(tree)

    assert repr(tree) == repr(parse(written))
    assert written == str(compile_trigger(written))


def read(text: str) -> Any:
    try:
        return compile_trigger(text)
    except TriggerError as error:
        return error


@settings(deadline=None)
@given(st.lists(st.sampled_from(TOKENS) | st.characters(), max_size=12).map("".join))
def test_any_text_is_read_or_refused_with_a_position(text: str) -> None:
    """No other error, whatever people paste; and the position is always one in the text, or its end."""
    result = read(text)

    if isinstance(result, TriggerError):
        assert 0 <= result.position <= len(text)
        assert "but found" in result.message
    else:
        assert repr(result.tree) == repr(parse(str(result)))


@settings(deadline=None)
@given(st.data())
def test_a_beginning_of_a_trigger_is_wrong_only_at_its_end(
    trees: st.SearchStrategy[Node], data: st.DataObject
) -> None:
    """The position never blames what can stay as it is (a keyword that is cut in two counts as one word)."""
    text = unparse(data.draw(trees))
    beginning = text[: data.draw(st.integers(0, len(text)))]
    result = read(beginning)

    if isinstance(result, TriggerError):
        assert result.position >= len(beginning) - len("no")
