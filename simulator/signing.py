"""Webhook bodies as bytes, and their signatures (reference 9.2)."""

from collections.abc import Mapping, Sequence
import hashlib
import hmac
import json

from .json_types import Json, JsonObject
from .misbehavior import Misbehavior, Signing


def compact(value: Json) -> bytes:
    """Return JSON as `JSON.stringify` writes it."""
    text = json.dumps(_whole(value), ensure_ascii=False, separators=(",", ":"))
    return text.encode()


def pretty(value: Json) -> bytes:
    """Return indented JSON whose numbers keep their ".0"."""
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _whole(value: Json) -> Json:
    """Return `value` with whole numbers as integers, because that is all JavaScript has."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: _whole(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_whole(item) for item in value]
    return value


def sign(token: str, raw: bytes) -> str:
    """Return the lower-case hex HMAC-SHA256 that `SC-Signature` and a VERIFY answer hold."""
    return hmac.new(token.encode(), raw, hashlib.sha256).hexdigest()


def write(body: JsonObject, token: str, wrong: Misbehavior) -> tuple[bytes, str | None]:
    """Return the bytes of a body and their signature, if it has one."""
    indented = wrong.pretty or wrong.signature is Signing.COMPACT
    raw = pretty(body) if indented else compact(body)
    match wrong.signature:
        case Signing.RIGHT:
            return raw, sign(token, raw)
        case Signing.WRONG:
            return raw, sign(f"not {token}", raw)
        case Signing.NONE:
            return raw, None
        case Signing.UPPER:
            return raw, sign(token, raw).upper()
        case Signing.COMPACT:
            return raw, sign(token, compact(body))
