"""A report as a `sh:ValidationReport` (SHACL §3.6): triples, and JSON-LD with a context of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import pyoxigraph as ox

from registry.formats import Context, Description, node
from registry.ledger import Severity
from registry.ledger.findings import IRI
from registry.report.model import Line, Report, record_address
from registry.terms import DCT, ORTE, PROV, SH, TYPE, XSD

_SEVERITY: Mapping[Severity, ox.NamedNode] = {
    "violation": SH["Violation"],
    "warning": SH["Warning"],
    "info": SH["Info"],
}

_IRI_VALUED = {"@type": "@id"}
CONTEXT: Mapping[str, Any] = {
    "@version": 1.1,
    "id": "@id",
    "type": "@type",
    "sh": str(SH),
    "shape": "https://w3id.org/orte/shapes#",
    "orte": str(ORTE),
    "prov": str(PROV),
    "dct": str(DCT),
    "xsd": str(XSD),
    "ValidationReport": "sh:ValidationReport",
    "ValidationResult": "sh:ValidationResult",
    "conforms": {"@id": "sh:conforms", "@type": "xsd:boolean"},
    "source": {"@id": "dct:source", **_IRI_VALUED},
    "generatedBy": {"@id": "prov:wasGeneratedBy", **_IRI_VALUED},
    "newFindings": {"@id": "orte:newFindings", "@type": "xsd:integer"},
    "fixedFindings": {"@id": "orte:fixedFindings", "@type": "xsd:integer"},
    "result": {"@id": "sh:result", "@container": "@set", **_IRI_VALUED},
    "resultSeverity": {"@id": "sh:resultSeverity", **_IRI_VALUED},
    "resultMessage": {"@id": "sh:resultMessage", "@container": "@language"},
    "focusNode": {"@id": "sh:focusNode", **_IRI_VALUED},
    "resultPath": {"@id": "sh:resultPath", **_IRI_VALUED},
    "value": {"@id": "sh:value"},
    "sourceShape": {"@id": "sh:sourceShape", **_IRI_VALUED},
    "sourceConstraintComponent": {"@id": "sh:sourceConstraintComponent", **_IRI_VALUED},
    "key": {"@id": "dct:identifier"},
    "page": {"@id": "prov:wasDerivedFrom", **_IRI_VALUED},
    "firstSeen": {"@id": "orte:firstSeen", "@type": "xsd:dateTime"},
}
"""Sent inside the document, so that whoever reads it needs to fetch nothing."""

_TERMS = Context().extended(CONTEXT)


def description(report: Report, address: str | None = None) -> Description:
    """The report and its results; without an address of its own the report is a blank node."""
    root = ox.NamedNode(address) if address else ox.BlankNode("report")
    return Description(str(root) if address is None else address, _triples(root, report))


def document(report: Report, address: str | None = None) -> bytes:
    """The report as JSON-LD with its context inside, UTF-8."""
    return orjson.dumps({"@context": CONTEXT, **node(description(report, address), _TERMS)})


def _triples(root: ox.NamedNode | ox.BlankNode, report: Report) -> Iterator[ox.Triple]:
    yield ox.Triple(root, TYPE, SH["ValidationReport"])
    yield ox.Triple(root, SH["conforms"], ox.Literal(report.conforms))
    if report.run is not None:
        base = report.about.rpartition("/sources/")[0]
        yield ox.Triple(root, DCT["source"], ox.NamedNode(report.about))
        yield ox.Triple(root, PROV["wasGeneratedBy"], ox.NamedNode(f"{base}/runs/{report.run.id}"))
        yield ox.Triple(root, ORTE["newFindings"], ox.Literal(report.new))
        yield ox.Triple(root, ORTE["fixedFindings"], ox.Literal(report.fixed_count))
    for number, line in enumerate(report.lines):
        result: ox.NamedNode | ox.BlankNode = ox.BlankNode(f"result{number}")
        if line.number is not None:
            result = ox.NamedNode(f"{report.about}/report#{line.number}")
        yield ox.Triple(root, SH["result"], result)
        yield from _result(result, line, report.about)


def _result(result: ox.NamedNode | ox.BlankNode, line: Line, about: str) -> Iterator[ox.Triple]:
    one = line.finding
    yield ox.Triple(result, TYPE, SH["ValidationResult"])
    yield ox.Triple(result, SH["resultSeverity"], _SEVERITY[one.severity])
    yield ox.Triple(result, SH["focusNode"], _focus(line, about))
    if one.path is not None:
        yield ox.Triple(result, SH["resultPath"], ox.NamedNode(one.path))
    value = _value(one.value, one.datatype)
    if value is not None:
        yield ox.Triple(result, SH["value"], value)
    if one.component is not None:
        yield ox.Triple(result, SH["sourceShape"], ox.NamedNode(one.rule))
    # what no shape said was said by a function of ours, which then is the component
    yield ox.Triple(result, SH["sourceConstraintComponent"], ox.NamedNode(one.component or one.rule))
    yield ox.Triple(result, SH["resultMessage"], ox.Literal(one.message_de, language="de"))
    yield ox.Triple(result, SH["resultMessage"], ox.Literal(one.message_en, language="en"))
    if line.key is not None:
        yield ox.Triple(result, DCT["identifier"], ox.Literal(line.key))
    if (page := _iri(line.page)) is not None:
        yield ox.Triple(result, PROV["wasDerivedFrom"], page)
    if line.first_seen is not None:
        yield ox.Triple(result, ORTE["firstSeen"], ox.Literal(line.first_seen, datatype=XSD["dateTime"]))


def _focus(line: Line, about: str) -> ox.NamedNode | ox.BlankNode:
    """The node; where the entry as a whole is meant, the record it becomes, or all that was checked."""
    focus = line.finding.focus
    if focus is not None and focus.startswith("_:"):
        return ox.BlankNode(focus[2:])
    if focus is None:
        focus = about if line.key is None else record_address(about, line.key)
    return _iri(focus) or ox.BlankNode()


def _value(text: str | None, datatype: str | None) -> ox.NamedNode | ox.BlankNode | ox.Literal | None:
    """The offending value as what it was."""
    if text is None:
        return None
    if datatype == IRI:
        return _iri(text) or ox.Literal(text)
    if datatype == "_:":
        return ox.BlankNode(text)
    if datatype is None:
        return ox.Literal(text)
    try:
        if datatype.startswith("@"):
            return ox.Literal(text, language=datatype[1:])
        return ox.Literal(text, datatype=ox.NamedNode(datatype))
    except ValueError:
        return ox.Literal(text)


def _iri(text: str | None) -> ox.NamedNode | None:
    try:
        return None if text is None else ox.NamedNode(text)
    except ValueError:
        return None
