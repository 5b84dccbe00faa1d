"""Text for a terminal."""


def printable(text: str) -> str:
    """Replace what could steer a terminal: an address can hold anything."""
    return "".join(character if character.isprintable() else "?" for character in text)


def count_noun(number: int, noun: str, plural: str = "") -> str:
    """Return a number with the noun that it counts.

    >>> count_noun(1, "event"), count_noun(2, "event"), count_noun(2, "person", "people")
    ('1 event', '2 events', '2 people')
    """
    return f"{number} {noun if number == 1 else plural or f'{noun}s'}"
