"""Text for a terminal."""


def printable(text: str) -> str:
    """Replace what could steer a terminal: an address can hold anything."""
    return "".join(character if character.isprintable() else "?" for character in text)
