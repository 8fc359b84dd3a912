"""Bytes to text, believing what is declared only as long as the bytes agree."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from charset_normalizer import from_bytes

_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_XML_DECLARATION = re.compile(rb"\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:-]{1,40})[\"']")
_HTML_META = re.compile(rb"<meta[^>]{0,400}?charset\s*=\s*[\"']?\s*([A-Za-z0-9._:-]{1,40})", re.IGNORECASE)
# WHATWG: these labels mean windows-1252 in practice.
_LATIN_1 = {"iso8859-1", "ascii", "cp1252"}
# What German texts really come in when they are not UTF-8, the likeliest first.
_GUESSES = ["cp1252", "mac_roman", "cp850"]
_EXAMINED = 65_536
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_UNUSUAL = re.compile("[^\\x00-\\x7fäöüÄÖÜßáàâåãæçéèêëíîïñóôøúûÉÀÇ€§°²³½«»„“”‚‘’–—…·•©®´\\xa0]")
_MISPLACED = re.compile("(?<=[A-Za-z])[„”…§€·•](?=[a-zäöü])")  # umlauts of another encoding
_STRAY = re.compile("[\udc80-\udcff]")


@dataclass(frozen=True)
class Decoded:
    """The text, how it was read, and a note when that is not how it was labelled."""

    text: str
    encoding: str
    note: str | None = None


def decode(content: bytes, declared: str | None = None) -> Decoded:
    """Byte order mark, then the label, then the document's own declaration, then UTF-8, then the bytes themselves.

    `declared` is the charset of the Content-Type. A label that the bytes contradict is overruled, with a note.
    """
    for mark, marked in _BYTE_ORDER_MARKS:
        if content.startswith(mark):
            try:
                return Decoded(content[len(mark) :].decode(marked), marked)
            except UnicodeDecodeError:
                content = content[len(mark) :]
                break
    label = declared or _declared_inside(content)
    encoding = _known(label)
    if encoding in _LATIN_1:
        return _latin_1_or_utf_8(content, label or "")
    for candidate in dict.fromkeys((encoding, "utf-8")):
        if candidate is None:
            continue
        try:
            text = content.decode(candidate)
        except (UnicodeDecodeError, UnicodeError):
            continue
        return Decoded(text, candidate, _note(label, candidate) if candidate != encoding and label else None)
    return _guess(content, label)


def _declared_inside(content: bytes) -> str | None:
    found = _XML_DECLARATION.search(content[:1024]) or _HTML_META.search(content[:4096])
    label = found[1].decode("ascii") if found else None
    # A declaration that was read as ASCII cannot be one of UTF-16.
    return None if label and label.lower().startswith(("utf-16", "utf-32")) else label


def _known(label: str | None) -> str | None:
    """Python's name of a text encoding, `None` for none, unknown ones, and codecs that are not for text."""
    if not label:
        return None
    try:
        info = codecs.lookup(label.strip("\"' ").lower())
        "".encode(info.name)
    except (LookupError, UnicodeError, ValueError, TypeError):
        return None
    return info.name if info.name not in ("idna", "punycode", "unicode_escape", "raw_unicode_escape") else None


def _latin_1_or_utf_8(content: bytes, label: str) -> Decoded:
    # Any bytes are valid Latin-1, but text that happens to be valid UTF-8 with non-ASCII characters is UTF-8.
    if content.isascii():
        return Decoded(content.decode("ascii"), "cp1252")
    try:
        return Decoded(content.decode("utf-8"), "utf-8", _note(label, "utf-8"))
    except UnicodeDecodeError:
        return Decoded(_as_windows_1252(content), "cp1252")


def _guess(content: bytes, label: str | None) -> Decoded:
    if content[:_EXAMINED].count(0) > len(content[:_EXAMINED]) // 4:
        wide = "utf-16-le" if content[1:_EXAMINED:2].count(0) > content[0:_EXAMINED:2].count(0) else "utf-16-be"
        return Decoded(content.decode(wide, "replace"), wide, _note(label, wide))
    escaped = content.decode("utf-8", "surrogateescape")  # bytes that are not UTF-8 become U+DC80 to U+DCFF
    stray = len(_STRAY.findall(escaped))
    if stray * 4 <= len(_BEYOND_ASCII.findall(escaped)):
        note = f"{stray} {'byte is' if stray == 1 else 'bytes are'} not UTF-8 and read as windows-1252"
        return Decoded(
            _STRAY.sub(lambda byte: _as_windows_1252(bytes([ord(byte[0]) - 0xDC00])), escaped), "utf-8", note
        )
    telling = _telling(content)
    encoding = next((guess for guess in _GUESSES if _reads_well(telling.decode(guess, "replace"))), None)
    if encoding is None:
        best = from_bytes(telling).best()
        encoding = best.encoding if best is not None and _known(best.encoding) else "cp1252"
    text = _as_windows_1252(content) if encoding == "cp1252" else content.decode(encoding, "replace")
    return Decoded(text, encoding, _note(label, encoding))


def _reads_well(text: str) -> bool:
    """Whether the characters beyond ASCII are those of western texts: statistics fail on short names."""
    misplaced = len(_MISPLACED.findall(text))
    return (len(_UNUSUAL.findall(text)) + misplaced) * 4 <= len(_BEYOND_ASCII.findall(text))


def _telling(content: bytes) -> bytes:
    """Only the surroundings of bytes beyond ASCII tell encodings apart; a page of markup drowns them."""
    return b" ".join(re.findall(rb"[^\x80-\xff]{0,30}[\x80-\xff]+[^\x80-\xff]{0,30}", content))[:_EXAMINED]


def _as_windows_1252(content: bytes) -> str:
    # Five bytes have no character in windows-1252; WHATWG reads them as C1 controls.
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError:
        return "".join(
            bytes([byte]).decode("cp1252") if byte not in b"\x81\x8d\x8f\x90\x9d" else chr(byte) for byte in content
        )


def _note(label: str | None, encoding: str) -> str:
    shown = {"cp1252": "windows-1252", "mac_roman": "macintosh", "cp850": "ibm850"}.get(encoding, encoding)
    return f"labelled {label} but is {shown}" if label else f"not labelled and not UTF-8, read as {shown}"
