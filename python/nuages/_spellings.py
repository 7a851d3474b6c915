"""How a secret may be written in a text, and what finds all of it there."""

from __future__ import annotations

import json
import re
from base64 import b64encode, encodebytes
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

#: Shorter values, and encodings of shorter values, stand in texts that have nothing to do with them.
_SHORTEST_WITHIN = 6

#: Of what is longer there is no encoding but JSON: each costs time for every character.
_LONGEST_ENCODED = 8_192

#: A line of base64 that is wrapped.
_SHORTEST_LINE = 16

#: How often a text is quoted within a text that is quoted.
_DEEPEST = 3

_BYTE, _SIGN = 8, 6


def of(value: str) -> set[str]:
    """A value as it stands in an object's representation, in bytes, JSON, URLs, base64 and hex; itself too."""
    forms = {value, _of_bytes(value)}
    forms.update(quoted(value, errors="surrogatepass") for quoted in (quote, quote_plus))
    forms.add(quote(value, safe="", errors="surrogatepass"))
    if len(value) > _LONGEST_ENCODED:
        return forms | {form for quoted in _QUOTED for form in (quoted(value),)}
    forms |= _quoted(value)
    if len(value) >= _SHORTEST_WITHIN:
        octets = value.encode("utf-8", "surrogatepass")
        forms.update((octets.hex(), octets.hex().upper()))
        for encoded in set(_base64(octets)):
            urlsafe = encoded.translate(_URLSAFE)
            forms.update((encoded, urlsafe, quote(encoded, safe="")))
    return forms


def pattern(forms: Iterable[str]) -> re.Pattern[str] | None:
    """What finds the longest of them at each place of a text."""
    by_sign: dict[str, list[str]] = {}
    for form in sorted((form for form in forms if len(form) >= _SHORTEST_WITHIN), key=len, reverse=True):
        by_sign.setdefault(form[0], []).append(re.escape(form[1:]))
    # At most places the first sign decides; without these groups each form would be tried at each.
    groups = (f"{re.escape(sign)}(?:{'|'.join(rests)})" for sign, rests in by_sign.items())
    return re.compile("|".join(groups)) if by_sign else None


def _of_bytes(value: str) -> str:
    return repr(value.encode("utf-8", "surrogatepass"))[2:-1]


def _json(value: str) -> str:
    return json.dumps(value)[1:-1]


def _json_as_text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)[1:-1]


def _repr(value: str) -> str:
    return repr(value)[1:-1]


def _ascii(value: str) -> str:
    return ascii(value)[1:-1]


_QUOTED: tuple[Callable[[str], str], ...] = (_json, _json_as_text, _repr, _ascii)


def _quoted(value: str) -> set[str]:
    """The value quoted, and quoted again: JSON within JSON, and that within a representation."""
    forms, last = {value}, {value}
    for _ in range(_DEEPEST):
        last = {quoted(form) for form in last for quoted in _QUOTED} - forms
        forms |= last
    return forms


_URLSAFE = str.maketrans("+/", "-_")


def _base64(octets: bytes) -> Iterator[str]:
    """By itself, with the line break that `echo` adds, wrapped, and within something longer that is encoded."""
    for whole in (octets, octets + b"\n"):
        encoded = b64encode(whole).decode("ascii")
        yield encoded
        yield encoded.rstrip("=")
        lines = encodebytes(whole).decode("ascii").splitlines()
        yield from (line for line in lines if len(line) >= _SHORTEST_LINE)
    for before in range(3):
        # The signs that only its own bits make: those at its ends have bits of what is beside it.
        first = -(-before * _BYTE // _SIGN)
        end = (before + len(octets)) * _BYTE // _SIGN
        yield b64encode(bytes(before) + octets).decode("ascii")[first:end]
