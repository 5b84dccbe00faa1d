"""Whether a text is a regular expression, without ever running it."""

import re

_GROUP = re.compile(r"\((?:\?(?:[:=!]|<[=!]|<[A-Za-z_$][\w$]*>))?")
_CLASS = re.compile(r"\[\^?(?:\\.|[^\]\\])*\]", re.DOTALL)
_ESCAPE = re.compile(r"\\.", re.DOTALL)
_QUANTIFIER = re.compile(r"(?:[*+?]|\{[0-9]+(?:,[0-9]*)?\})\??")


def is_regex(text: str) -> bool:
    r"""Say whether a text is well-formed as ECMAScript has it.

    Groups and classes are closed, escapes complete, and each quantifier has something to repeat.
    Python's own ``re`` is no judge of that: it lacks ``(?<name>…)`` and ``\p{L}``, and deeply nested
    groups exhaust its stack.

    >>> [is_regex(each) for each in (r"(?<year>[0-9]{4})-\p{L}+", "(", "[", "a)", "*", "\\")]
    [True, False, False, False, False, False]
    """
    depth, index, repeatable = 0, 0, False
    while index < len(text):
        character = text[index]
        pattern = _PATTERNS.get(character)
        if pattern is None:
            quantifier = _QUANTIFIER.match(text, index)
            if quantifier and not repeatable:
                return False
            repeatable = not quantifier and character not in "|^"
            index = quantifier.end() if quantifier else index + 1
            if character == ")":
                depth -= 1
        else:
            found = pattern.match(text, index)
            if not found or found.group() + text[found.end() : found.end() + 1] == "(?":
                return False
            depth += character == "("
            repeatable = character != "("
            index = found.end()
        if depth < 0:
            return False
    return depth == 0


_PATTERNS = {"(": _GROUP, "[": _CLASS, "\\": _ESCAPE}
