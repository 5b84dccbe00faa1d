"""Numbers with the nouns that they count, for answers and pages."""


def count_noun(number: float, noun: str) -> str:
    """Return a number with the noun that it counts.

    >>> count_noun(1, "second"), count_noun(0.5, "second"), count_noun(2_000, "character")
    ('1 second', '0.5 seconds', '2,000 characters')
    """
    return f"{number:,.15g} {noun if number == 1 else f'{noun}s'}"
