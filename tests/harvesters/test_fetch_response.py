"""What readers see of an answer: text decoded honestly, JSON taken strictly, links made absolute."""

from __future__ import annotations

import gzip
import json

import pytest

from harvesters.fetch import BadContent, Response
from harvesters.fetch.decoding import decode
from tests.standins import Reply, StandIn, fetcher_for

GERMAN = "Die Alte Rösterei in Grimma: geöffnet für Künstler, Gäste und Gründer; Größe ca. 420 m²"
SHORT = ["Müller", "Straße", "Café", "Döbeln", "Gößnitz", "Große Märkerstraße 5", "Beucha – Süd", "5 €"]


def response(content: bytes, content_type: str = "application/json", **headers: str) -> Response:
    return Response("http://example.org/list", 200, {"Content-Type": content_type, **headers}, content)


@pytest.mark.parametrize("text", [GERMAN, *SHORT])
@pytest.mark.parametrize("label", ["utf-8", "UTF8", None, '"utf-8"', "x-unknown", "base64", "rot13", "idna"])
def test_latin_1_labelled_utf_8_is_read_right_and_said(text: str, label: str | None) -> None:
    decoded = decode(text.encode("cp1252"), label)
    assert decoded.text == text
    assert decoded.encoding == "cp1252"
    assert decoded.note is not None
    assert "windows-1252" in decoded.note
    if label is not None:
        assert f"labelled {label} but is" in decoded.note


@pytest.mark.parametrize("text", [GERMAN, *SHORT])
@pytest.mark.parametrize("label", ["iso-8859-1", "latin1", "us-ascii", "windows-1252", "utf-8", None])
def test_utf_8_is_read_right_under_any_label(text: str, label: str | None) -> None:
    decoded = decode(text.encode(), label)
    assert (decoded.text, decoded.encoding) == (text, "utf-8")
    assert (decoded.note is None) == (label in ("utf-8", None))


@pytest.mark.parametrize(
    ("label", "encoding"),
    [
        *(
            ("iso-8859-1", "cp1252"),
            ("windows-1252", "cp1252"),
            ("iso-8859-15", "iso8859-15"),
            ("utf-16le", "utf-16-le"),
        ),
        *(("macintosh", "mac_roman"), ("windows-1250", "cp1250"), ("koi8-r", "koi8-r")),
    ],
)
def test_a_true_label_is_believed_without_a_note(label: str, encoding: str) -> None:
    text = "Größe – ж" if label == "koi8-r" else "Müller Straße"
    text = text if label != "koi8-r" else "дом"
    decoded = decode(text.encode(encoding), label)
    assert (decoded.text, decoded.note) == (text, None)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("label", [None, "iso-8859-1", "utf-8"])
def test_a_byte_order_mark_outranks_every_label(encoding: str, label: str | None) -> None:
    assert decode(GERMAN.encode(encoding), label).text == GERMAN


@pytest.mark.parametrize(
    "document",
    [
        '<?xml version="1.0" encoding="ISO-8859-15"?><a>5 € für Gäste</a>',
        "<html><head><meta charset=iso-8859-15><title>5 € für Gäste</title>",
        '<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-15">5 € für Gäste',
    ],
)
def test_a_document_may_declare_itself(document: str) -> None:
    decoded = decode(document.encode("iso-8859-15"))
    assert (decoded.text, decoded.note) == (document, None)


def test_a_utf_8_declaration_inside_latin_1_is_overruled() -> None:
    document = f'<?xml version="1.0" encoding="UTF-8"?><a>{GERMAN}</a>'
    decoded = decode(document.encode("cp1252"))
    assert decoded.text == document
    assert decoded.note == "labelled UTF-8 but is windows-1252"


def test_utf_8_with_single_stray_bytes_keeps_its_umlauts() -> None:
    content = (GERMAN * 3).encode() + b" M\xfcller"
    decoded = decode(content, "utf-8")
    assert decoded.text == GERMAN * 3 + " Müller"
    assert decoded.note == "1 byte is not UTF-8 and read as windows-1252"


def test_what_is_not_western_is_told_by_statistics() -> None:
    text = "Дом культуры и творчества, улица Карла Либкнехта, город Лейпциг"
    assert decode(text.encode("cp1251"), "utf-8").text == text


@pytest.mark.parametrize("encoding", ["mac_roman", "cp850"])
def test_other_western_encodings_are_told_by_their_text(encoding: str) -> None:
    text = GERMAN.replace("²", "2")
    assert decode(text.encode(encoding)).text == text


def test_decoding_large_broken_text_takes_no_quadratic_time() -> None:
    # Megabytes in which every tenth byte is wrong; a pass per error would take an hour.
    decoded = decode(b"f\xfcr alle " * 300_000, "utf-8")
    assert decoded.text.count("ü") == 300_000


@pytest.mark.parametrize(
    "content", [b"", b"\x00", b"\xff", b"\xfe\xff\x00", b"\x81\x8d", bytes(range(256)), b"\xef\xbb\xbf\xff"]
)
def test_any_bytes_become_some_text(content: bytes) -> None:
    assert isinstance(decode(content, "utf-8").text, str)
    assert isinstance(decode(content).text, str)


def test_latin_1_labelled_utf_8_over_http_is_noted_with_its_address() -> None:
    body = json.dumps({"name": GERMAN}, ensure_ascii=False).encode("latin-1")
    with StandIn() as site:
        site.route("/", Reply(body, headers={"Content-Type": "application/json; charset=UTF-8"}))
        with fetcher_for(site) as fetcher:
            answer = fetcher.get(site.url())
    assert answer.json() == {"name": GERMAN}
    assert answer.note == f"{site.url()} is labelled UTF-8 but is windows-1252."


# JSON


@pytest.mark.parametrize(
    ("content", "content_type", "complaint"),
    [
        (b"<!doctype html><title>Wartung</title>", "text/html", "answered HTML instead of JSON ('<!doctype html>"),
        (b"\n <html>", "application/json", "answered HTML instead of JSON"),
        (b"<?xml version='1.0'?><error/>", "application/xml", "answered XML instead of JSON"),
        (b"", "application/json", "answered nothing instead of JSON"),
        (b"  \n", "application/json", "answered nothing instead of JSON"),
        (b'{"places": [{"name": "Beu', "application/json", "breaks off after 25 characters; the answer is incomplete"),
        (b'{"places": [1, 2', "application/json", "breaks off after 16 characters"),
        (b'{"lat": NaN, "lon', "application/json", "answered NaN or Infinity at line 1, column 9"),
        (b"Fatal error: out of memory", "application/json", "is not JSON ('Fatal error: out of memory')"),
        (b"{'name': 1}", "application/json", "broken JSON at line 1, column 2"),
        (b'{"a": 1} <br> Warning', "application/json", "broken JSON at line 1, column 10"),
        (b'{"a": tru}', "application/json", "broken JSON"),
        (b"callback({})", "application/javascript", "is not JSON"),
        (b"[" * 101 + b"]" * 101, "application/json", "nested deeper than 100 levels"),
        (b"[" * 100_000 + b"]" * 100_000, "application/json", "nested deeper than 100 levels"),
        (b'{"a":' * 500 + b"1" + b"}" * 500, "application/json", "nested deeper than 100 levels"),
        (b"[" * 100_000, "application/json", "nested deeper than 100 levels"),
    ],
)
def test_what_is_no_json_is_refused_in_a_sentence(content: bytes, content_type: str, complaint: str) -> None:
    with pytest.raises(BadContent) as refusal:
        response(content, content_type).json()
    assert complaint in str(refusal.value)
    assert str(refusal.value).startswith("http://example.org/list ")
    assert str(refusal.value).isprintable()


@pytest.mark.parametrize(
    ("content", "document"),
    [
        (b'\xef\xbb\xbf{"a": "\xc3\xa4"}', {"a": "ä"}),
        ('{"a": "ä"}'.encode("utf-16"), {"a": "ä"}),
        (b'[{"a": "[[[{{{"}]' + b" " * 10, [{"a": "[[[{{{"}]),
        (b"[" * 100 + b"]" * 100, None),
        (b"3.5", 3.5),
        (b'"' + b"[" * 500 + b'"', "[" * 500),
        (b'{"a": 1, "a": 2}', {"a": 2}),
    ],
)
def test_json_is_json_whatever_it_is_called(content: bytes, document: object) -> None:
    read = response(content, "text/html").json()
    assert document is None or read == document


def test_wide_json_is_not_deep() -> None:
    wide = [{"tags": [{"n": number}]} for number in range(5000)]
    assert response(json.dumps(wide).encode()).json() == wide


# Links


def test_links_are_absolute_and_by_relation() -> None:
    header = '</list?page=2>; rel="next", <http://other.example/>; rel="help first"; title="x, y", <3>; rel=next'
    links = response(b"[]", Link=header).links
    assert links == {
        "next": "http://example.org/list?page=2",
        "help": "http://other.example/",
        "first": "http://other.example/",
    }
    assert response(b"[]").links == {}
    assert response(b"[]", Link="garbage").links == {}


def test_media_type() -> None:
    assert response(b"", "Text/HTML; Charset=utf-8").media_type == "text/html"
    assert Response("http://example.org/", 200, {}, b"").media_type == ""


def test_gzip_files_are_not_unpacked_by_name() -> None:
    packed = gzip.compress(b"x")
    with StandIn() as site:
        site.route("/dump.gz", Reply(packed, headers={"Content-Type": "application/gzip"}))
        with fetcher_for(site) as fetcher:
            assert fetcher.get(site.url("/dump.gz")).content == packed


@pytest.mark.parametrize(("number", "value"), [("NaN", "nan"), ("-Infinity", "-inf"), ("1e999", "inf")])
def test_nan_and_infinity_cost_only_their_own_record(number: str, value: str) -> None:
    document = response(f'[{{"id": 1, "lat": {number}}}, {{"id": 2}}]'.encode(), "application/json").json()
    assert (str(document[0]["lat"]), document[1]) == (value, {"id": 2})
