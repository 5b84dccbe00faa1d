"""Signatures are those of Standard Webhooks, and nothing but the message that was sent passes."""

import hmac
from base64 import b64decode, b64encode
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from capi_actions_webhook import SignatureError, verify
from capi_actions_webhook.signature import sign

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, STAMP, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
HEADERS = {
    "webhook-id": ID,
    "webhook-timestamp": str(STAMP),
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}


def test_a_published_example_is_verified() -> None:
    """The one of the specification's own libraries."""
    assert ID == verify(HEADERS, BODY, SECRET, now=STAMP + 1.0)


@given(st.binary(min_size=24, max_size=64), st.text(min_size=1), st.integers(0, 10**11), st.binary())
def test_a_signature_is_the_hmac_of_id_time_and_body(key: bytes, id_: str, stamp: int, body: bytes) -> None:
    """Written down once more, as a receiver in another language would."""
    try:
        message = id_.encode() + b"." + str(stamp).encode() + b"." + body
    except UnicodeEncodeError:
        return
    expected = "v1," + b64encode(hmac.new(key, message, sha256).digest()).decode()

    assert expected == sign(key, id_, stamp, body)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"webhook-id": "msg_other"}, "the signature is another one"),
        ({"webhook-timestamp": str(STAMP + 1)}, "the signature is another one"),
        ({"webhook-timestamp": "soon"}, "should be Unix seconds"),
        ({"webhook-timestamp": "9" * 5000}, "should be Unix seconds"),
        ({"webhook-timestamp": "\u0661"}, "should be Unix seconds"),
        ({"webhook-signature": "v1,AAAA"}, "the signature is another one"),
        ({"webhook-signature": "v1,\udcff"}, "the signature is another one"),
        (
            {"webhook-signature": "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
            "the signature is another one",
        ),
        ({"webhook-signature": ""}, "has no webhook-id, webhook-timestamp or webhook-signature"),
        ({"webhook-id": ""}, "has no webhook-id"),
    ],
)
def test_a_message_with_another_header_is_refused(changes: dict[str, str], message: str) -> None:
    """Each of them is part of what is signed."""
    with pytest.raises(SignatureError, match=message):
        verify({**HEADERS, **changes}, BODY, SECRET, now=float(STAMP))


@given(st.binary())
def test_any_other_body_is_refused(body: bytes) -> None:
    """Byte for byte: a proxy that formats JSON breaks it, and should."""
    if body != BODY:
        with pytest.raises(SignatureError):
            verify(HEADERS, body, SECRET, now=float(STAMP))


@pytest.mark.parametrize("seconds", [-301, 301])
def test_an_old_message_is_refused(seconds: int) -> None:
    """It may be a copy that somebody has kept."""
    assert ID == verify(HEADERS, BODY, SECRET, now=STAMP + seconds * 300 / 301)
    with pytest.raises(SignatureError, match="more than 300 seconds away"):
        verify(HEADERS, BODY, SECRET, now=float(STAMP + seconds))


def test_secrets_can_be_replaced_one_by_one() -> None:
    """The receiver knows both for a while; a message may have several signatures as well."""
    headers = {**HEADERS, "webhook-signature": f"v1a,xyz {HEADERS['webhook-signature']} v2,abc"}

    assert ID == verify(headers, BODY, "a new one of any text", SECRET, now=float(STAMP))


@pytest.mark.parametrize("secrets", [(), ("",), (SECRET, "")])
def test_no_secret_is_not_a_secret(secrets: tuple[str, ...]) -> None:
    """An unset variable must not let everybody in."""
    with pytest.raises(ValueError, match="name the secret"):
        verify(HEADERS, BODY, *secrets, now=float(STAMP))


def test_a_secret_that_is_not_base64_is_told() -> None:
    """What was pasted in part, say."""
    assert b64decode(SECRET.removeprefix("whsec_"))
    with pytest.raises(ValueError, match="should be Base64"):
        verify(HEADERS, BODY, "whsec_%%%", now=float(STAMP))
