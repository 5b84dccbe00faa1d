"""The profile ``webhook``: how personal values are written before they are hashed."""

from capi_actions import Normalizer


def normalize_email(text: str) -> str | None:
    """Return an e-mail address in lower case, without white space around it; None if it is none."""
    address = text.strip().lower()
    return address if "@" in address else None


def normalize_phone(text: str) -> str | None:
    """Return the digits of a phone number, without leading zeros; None if there are none."""
    digits = "".join(character for character in text if character in "0123456789").lstrip("0")
    return digits or None


NORMALIZERS = [
    Normalizer(profile="webhook", key="em", normalize=normalize_email, otherwise="drop"),
    Normalizer(profile="webhook", key="ph", normalize=normalize_phone, otherwise="drop"),
]
