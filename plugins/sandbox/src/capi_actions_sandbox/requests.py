"""Decode a request: parameters from the query, a form or a JSON body, and the events in them."""

import hmac
import zlib
from binascii import a2b_qp
from collections.abc import AsyncGenerator, Mapping
from typing import Any

import orjson
from python_multipart.exceptions import FormParserError
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.types import Receive

from capi_actions_sandbox.checks.shape import wrong_value
from capi_actions_sandbox.options import SandboxOptions
from capi_actions_sandbox.refusals import Failure, RefusedError, variants

MAX_PARAMETERS = 1000  # in one form
_DRAIN_FACTOR = 8  # times the longest body that is read and dropped, so that the client gets the response
_GZIP = 16 + zlib.MAX_WBITS

# The first three texts were seen in responses of Meta; the others are ours.
MISSING = Failure(code=100, message="(#100) The parameter data is required")
NOT_A_LIST = Failure(code=100, message="(#100) Param data must be an array.")
EMPTY = Failure(code=100, message="(#100) param data must be non-empty.")
UNREADABLE = Failure(code=100, message="(#100) The body of the request can't be read")
# As the Graph API answers in public reports, in these words or similar ones.
NO_PROOF = Failure(
    code=100,
    type="GraphMethodException",
    message="API calls from the server require an appsecret_proof argument",
)
WRONG_PROOF = Failure(
    code=100,
    type="GraphMethodException",
    message="Invalid appsecret_proof provided in the API argument",
)
NO_TOKEN = Failure(code=104, message="An access token is required to request this resource.")


async def read_body(receive: Receive, headers: Headers, options: SandboxOptions) -> bytes:
    """Return a request's body, decompressed.

    :raises RefusedError: when it is too long, broken off, or with an encoding that isn't accepted.
    """
    encoding = headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("", "identity") and not (encoding == "gzip" and options.gzip):
        await _receive(receive, 0)
        raise RefusedError(_unreadable_failure("its Content-Encoding isn't accepted"))
    body = await _receive(receive, options.max_body)
    if body is None:
        raise RefusedError(_too_long_failure(options))
    return _decompress(body, options) if encoding == "gzip" else body


async def _receive(receive: Receive, limit: int) -> bytes | None:
    chunks: list[bytes] = []
    size = 0
    more = True
    while more and size <= limit * _DRAIN_FACTOR + 2**20:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RefusedError(_unreadable_failure("it broke off"))
        chunk = message.get("body", b"")
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        more = message.get("more_body", False)
    return b"".join(chunks) if size <= limit else None


def _decompress(body: bytes, options: SandboxOptions) -> bytes:
    decompressor = zlib.decompressobj(_GZIP)
    try:
        content = decompressor.decompress(body, options.max_body)
    except zlib.error:
        raise RefusedError(_unreadable_failure("it isn't gzip")) from None
    if decompressor.unconsumed_tail:
        raise RefusedError(_too_long_failure(options))
    if not decompressor.eof:
        raise RefusedError(_unreadable_failure("its gzip breaks off"))
    return content


def _unreadable_failure(reason: str) -> Failure:
    return Failure(code=UNREADABLE.code, message=f"{UNREADABLE.message}: {reason}")


def _too_long_failure(options: SandboxOptions) -> Failure:
    return Failure(code=100, status=413, message=f"(#100) The body is longer than {options.max_body} bytes")


async def read_parameters(query: bytes, headers: Headers, body: bytes) -> Mapping[str, Any]:
    """Return the parameters of query and body; those of the body win.

    :raises RefusedError: when the body doesn't match its content type.
    """
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    parameters: dict[str, Any] = read_form(query)
    if kind == "application/json":
        parameters |= _read_json(body)
    elif kind == "application/x-www-form-urlencoded":
        parameters |= read_form(body)
    elif kind == "multipart/form-data":
        parameters |= await _read_multipart(headers, body)
    return parameters


def _read_json(body: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise RefusedError(_unreadable_failure("it isn't JSON")) from None
    if not isinstance(value, dict):
        raise RefusedError(_unreadable_failure("it isn't a JSON object"))
    return value


def read_form(body: bytes) -> dict[str, str]:
    """Return the fields of a query or an urlencoded form; of several values of one name the last counts.

    :raises RefusedError: when it has more than 1,000 fields.
    """
    pairs = body.split(b"&", MAX_PARAMETERS)
    if len(pairs) > MAX_PARAMETERS:
        raise RefusedError(variants(105, None)[0])
    return {
        _unescape(name): _unescape(value)
        for name, _, value in (pair.partition(b"=") for pair in pairs if pair)
    }


def _unescape(text: bytes) -> str:
    # Decoded as quoted-printable, in C: 4 µs an event, where urllib's parse_qsl takes 70.
    printable = text.replace(b"+", b" ").replace(b"=", b"=3D").replace(b"%", b"=")
    return a2b_qp(printable).decode("utf-8", "replace")


async def _read_multipart(headers: Headers, body: bytes) -> dict[str, str]:
    async def stream() -> AsyncGenerator[bytes, None]:
        yield body

    # Parts can't be longer than the body, whose length was checked.
    parser = MultiPartParser(
        headers, stream(), max_files=8, max_fields=MAX_PARAMETERS, max_part_size=len(body)
    )
    parser.spool_max_size = len(body)  # in memory: no part of a request may be written to a disk
    try:
        form = await parser.parse()
    except (MultiPartException, FormParserError):
        raise RefusedError(_unreadable_failure("it isn't a form of parts")) from None
    fields: dict[str, str] = {}
    for name, value in form.multi_items():
        fields[name] = (
            (await value.read()).decode("utf-8", "replace") if isinstance(value, UploadFile) else value
        )
    await form.close()
    return fields


def read_events(parameters: Mapping[str, Any], options: SandboxOptions) -> list[Any]:
    """Return the events: a list, or its JSON text, of objects or of their JSON texts.

    :raises RefusedError: when there are none or too many, or one isn't an object.
    """
    data = parameters.get("data")
    if data is None:
        raise RefusedError(MISSING)
    if isinstance(data, str):
        try:
            data = orjson.loads(data)
        except orjson.JSONDecodeError:
            raise RefusedError(NOT_A_LIST) from None
    if not isinstance(data, list):
        raise RefusedError(NOT_A_LIST)
    if not data:
        raise RefusedError(EMPTY)
    if len(data) > options.max_events:
        raise RefusedError(
            Failure(code=100, message=f"(#100) Param data must have at most {options.max_events} elements.")
        )
    return [_read_event(event, index) for index, event in enumerate(data)]


def _read_event(value: object, index: int) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            value = None
    if not isinstance(value, dict):
        raise RefusedError(wrong_value("an object", index))
    return value


def read_token(parameters: Mapping[str, Any], headers: Headers) -> str:
    """Return the access token: from the header, else from the parameters.

    :raises RefusedError: when there is none.
    """
    scheme, _, token = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    parameter = parameters.get("access_token")
    if isinstance(parameter, str) and parameter:
        return parameter
    raise RefusedError(NO_TOKEN)


def check_proof(parameters: Mapping[str, Any], token: str, options: SandboxOptions) -> None:
    """Check that the sender knows the app's secret, if there is one: HMAC-SHA256 of the token, in hex.

    :raises RefusedError: when the proof is missing or wrong.
    """
    if options.app_secret is None:
        return
    proof = parameters.get("appsecret_proof")
    if proof is None:
        raise RefusedError(NO_PROOF)
    expected = hmac.new(options.app_secret.encode(), token.encode(), "sha256").hexdigest()
    if not (isinstance(proof, str) and hmac.compare_digest(proof.encode(), expected.encode())):
        raise RefusedError(WRONG_PROOF)
