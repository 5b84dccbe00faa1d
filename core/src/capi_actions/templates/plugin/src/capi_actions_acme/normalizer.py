"""Normalizers: from what people typed to the text that is hashed."""

from collections.abc import Sequence

from capi_actions import Normalizer, hookimpl

PROFILE = "acme"


def normalize_email(text: str) -> str | None:
    """Return an e-mail address in lower case without white space around it; None if it is none."""
    address = text.strip().lower()
    return address if "@" in address else None


def normalize_phone(text: str) -> str | None:
    """Return the digits of a phone number, without leading zeros; None if there are none."""
    digits = "".join(character for character in text if character in "0123456789").lstrip("0")
    return digits or None


@hookimpl
def capi_normalizers() -> Sequence[Normalizer]:
    """Offer a profile; what can't be normalized is left out, instead of being hashed as it is."""
    return [
        Normalizer(profile=PROFILE, key="em", normalize=normalize_email, otherwise="drop"),
        Normalizer(profile=PROFILE, key="ph", normalize=normalize_phone, otherwise="drop"),
    ]
