"""The certificate that the kit makes for its check of transports is a sound one, and new each time."""

import ssl
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from capi_actions.testing import certificates
from capi_actions.testing.certificates import self_signed
from capi_actions.testing.hostile_server import serving

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


def server_context(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Return the context of a server, and its certificate's file."""
    certificate, key = self_signed()
    (folder / "certificate.pem").write_text(certificate, encoding="ascii")
    (folder / "key.pem").write_text(key, encoding="ascii")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return context, folder / "certificate.pem"


def test_only_who_knows_the_certificate_talks_to_its_server(tmp_path: Path) -> None:
    """So a transport refuses it because nobody vouches for it: name, dates and signature are right."""
    context, certificate = server_context(tmp_path)
    knowing = ssl.create_default_context(cafile=certificate)
    knowing.verify_flags &= ~ssl.VERIFY_X509_STRICT  # Python 3.13: it is no certificate of an authority
    with serving(ANSWER, context) as server:
        with pytest.raises(URLError, match="CERTIFICATE_VERIFY_FAILED"):
            urlopen(server.url, context=ssl.create_default_context())
        assert b"ok" == urlopen(server.url, context=knowing).read()
        assert 1 == len(server.requests)


def test_no_two_keys_are_equal() -> None:
    """One that is known would be as good as one that is shipped."""
    (first, first_key), (second, second_key) = self_signed(), self_signed()

    assert first != second
    assert first_key != second_key


MULTIPLES = {
    1: (
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    ),
    2: (
        0x7CF27B188D034F7E8A52380304B51AC3C08969E277F21B35A60B48FC47669978,
        0x07775510DB8ED040293D9AC69F7430DBBA7DADE63CE982299E04B79D227873D1,
    ),
    3: (
        0x5ECBE4D1A6330A44C8F7EF951D4BF165E6C6B721EFADA985FB41661BC6E7FD6C,
        0x8734640C4998FF7E374B06CE1A64A2ECD82AB036384FB83D9A79B127A27D5032,
    ),
    112233445566778899: (
        0x339150844EC15234807FE862A86BE77977DBFB3AE3D96F4C22795513AEAAB82F,
        0xB1C14DDFDC8EC1B2583F51E85A5EB3A155840F2034730E9B5ADA38B674336A21,
    ),
}


@pytest.mark.parametrize("factor", MULTIPLES)
def test_known_multiples_of_the_generator(factor: int) -> None:
    """Published test vectors of the curve pin the arithmetic itself."""
    assert MULTIPLES[factor] == certificates._multiple(factor)
