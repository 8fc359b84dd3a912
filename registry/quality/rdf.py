"""Measurements in the Data Quality Vocabulary (W3C DQV)."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from registry.formats import Description
from registry.quality.metrics import Measured
from registry.terms import DQV, ORTE, TYPE, XSD


def description(subject: str, measured: Measured) -> Description:
    """The measurements of a source or entity and what would raise them, as nodes of its quality document."""
    return Description(subject, _triples(subject, measured))


def _triples(subject: str, measured: Measured) -> Iterator[ox.Triple]:
    root, document = ox.NamedNode(subject), f"{subject}/quality"
    for name, value in {"qualityScore": measured.score, **measured.values}.items():
        node = ox.NamedNode(f"{document}#{name}")
        yield ox.Triple(root, DQV["hasQualityMeasurement"], node)
        yield ox.Triple(node, TYPE, DQV["QualityMeasurement"])
        yield ox.Triple(node, DQV["isMeasurementOf"], ORTE[name])
        yield ox.Triple(node, DQV["value"], share(value))
    for number, one in enumerate(measured.improvements, 1):
        node = ox.NamedNode(f"{document}#improvement-{number}")
        yield ox.Triple(root, ORTE["improvement"], node)
        yield ox.Triple(node, TYPE, ORTE["Improvement"])
        yield ox.Triple(node, ORTE["improves"], ORTE[one.metric])
        yield ox.Triple(node, ORTE["missingProperty"], ox.NamedNode(one.property))
        yield ox.Triple(node, ORTE["gain"], share(one.gain))
        yield ox.Triple(node, ORTE["affected"], ox.Literal(one.affected))


def share(value: float) -> ox.Literal:
    """A share as people read it: four decimals."""
    return ox.Literal(f"{value:.4f}", datatype=XSD["decimal"])
