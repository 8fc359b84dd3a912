"""The coverage as a data cube: one observation for each district and day on which something changed."""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox

from registry.coverage.coverage import Coverage
from registry.terms import DCT, ORTE, QB, REGION, TYPE, XSD

MEASURES = ("operatingSites", "sitesWithoutPhase", "plannedSites", "populationPlaced", "populationReached")
SHARE = "shareReached"
_DIMENSIONS = ("region", "observedOn")


def graph_name(base: str) -> str:
    """The graph that holds the observations in the engine."""
    return f"{base}/graph/coverage"


def quads(states: list[Coverage], base: str) -> Iterator[ox.Quad]:
    """The data set, its structure and all observations of the states, in the graph of the coverage."""
    graph = ox.NamedNode(graph_name(base))
    for triple in triples(states, base):
        yield ox.Quad(triple.subject, triple.predicate, triple.object, graph)


def triples(states: list[Coverage], base: str) -> Iterator[ox.Triple]:
    """The same without a graph."""
    dataset, structure = ox.NamedNode(f"{base}/coverage"), ox.NamedNode(f"{base}/coverage#structure")
    yield ox.Triple(dataset, TYPE, QB["DataSet"])
    yield ox.Triple(dataset, DCT["title"], ox.Literal("Abdeckung der Kreise mit Kooperationsorten", language="de"))
    yield ox.Triple(
        dataset, DCT["title"], ox.Literal("Coverage of the districts with cooperation sites", language="en")
    )
    yield ox.Triple(dataset, QB["structure"], structure)
    yield ox.Triple(structure, TYPE, QB["DataStructureDefinition"])
    components = [("dimension", name) for name in _DIMENSIONS] + [("measure", name) for name in (*MEASURES, SHARE)]
    for kind, name in components:
        component = ox.NamedNode(f"{base}/coverage#{name}")
        yield ox.Triple(structure, QB["component"], component)
        yield ox.Triple(component, QB[kind], ORTE[name])
    for state in states:
        yield from _observed(state, dataset)


def _observed(state: Coverage, dataset: ox.NamedNode) -> Iterator[ox.Triple]:
    for district in state.districts:
        node = ox.NamedNode(f"{dataset.value}#{district.ags}-{state.day}")
        yield ox.Triple(node, TYPE, QB["Observation"])
        yield ox.Triple(node, QB["dataSet"], dataset)
        yield ox.Triple(node, ORTE["region"], REGION[district.ags])
        yield ox.Triple(node, ORTE["observedOn"], ox.Literal(state.day, datatype=XSD["date"]))
        if state.population_date:
            yield ox.Triple(node, ORTE["populationDate"], ox.Literal(state.population_date, datatype=XSD["date"]))
        values = (district.operating, district.unstated, district.planned, district.population, district.reached)
        for name, value in zip(MEASURES, values, strict=True):
            if value is not None:
                yield ox.Triple(node, ORTE[name], ox.Literal(value))
        if district.share is not None:
            yield ox.Triple(node, ORTE[SHARE], ox.Literal(f"{district.share:.4f}", datatype=XSD["decimal"]))
