"""What SHACL itself says of a validation report (section 3.6), as shapes; and whether its terms are SHACL's own."""

from __future__ import annotations

import pickle
from functools import cache
from pathlib import Path

import pyshacl
import rdflib
from rdflib import RDF, SH

SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

[] a sh:NodeShape ; sh:targetClass sh:ValidationReport ;
  sh:property [ sh:path sh:conforms ; sh:minCount 1 ; sh:maxCount 1 ; sh:datatype xsd:boolean ] ,
    [ sh:path sh:result ; sh:class sh:ValidationResult ; sh:nodeKind sh:BlankNodeOrIRI ] ;
  sh:xone ( [ sh:property [ sh:path sh:conforms ; sh:hasValue true ] , [ sh:path sh:result ; sh:maxCount 0 ] ]
            [ sh:property [ sh:path sh:conforms ; sh:hasValue false ] , [ sh:path sh:result ; sh:minCount 1 ] ] ) .

[] a sh:NodeShape ; sh:targetClass sh:ValidationResult ;
  sh:property [ sh:path sh:focusNode ; sh:minCount 1 ; sh:maxCount 1 ] ,
    [ sh:path sh:resultPath ; sh:maxCount 1 ; sh:nodeKind sh:BlankNodeOrIRI ] ,
    [ sh:path sh:value ; sh:maxCount 1 ] ,
    [ sh:path sh:resultSeverity ; sh:minCount 1 ; sh:maxCount 1 ; sh:in ( sh:Violation sh:Warning sh:Info ) ] ,
    [ sh:path sh:sourceConstraintComponent ; sh:minCount 1 ; sh:maxCount 1 ; sh:nodeKind sh:IRI ] ,
    [ sh:path sh:sourceShape ; sh:maxCount 1 ; sh:nodeKind sh:BlankNodeOrIRI ] ,
    [ sh:path sh:resultMessage ; sh:minCount 2 ; sh:uniqueLang true ; sh:nodeKind sh:Literal ] ,
    [ sh:path [ sh:inversePath sh:result ] ; sh:minCount 1 ; sh:maxCount 1 ] .
"""


@cache
def _shapes() -> rdflib.Graph:
    return rdflib.Graph().parse(data=SHAPES, format="turtle")


@cache
def _terms() -> frozenset[str]:
    """Everything that SHACL's own vocabulary defines, as pyshacl brings it along."""
    file = Path(pyshacl.__file__).parent / "assets" / "shacl.pickle"
    store, name = pickle.loads(file.read_bytes())
    return frozenset(str(subject) for subject in rdflib.Graph(store, name).subjects(RDF.type))


def faults_of_report(content: bytes, media_type: str) -> list[str]:
    """What is wrong with a report as a report; nothing, it is to be hoped."""
    kind = {"text/turtle": "turtle", "application/ld+json": "json-ld", "application/n-triples": "nt"}
    graph = rdflib.Graph().parse(data=content, format=kind[media_type.partition(";")[0]])
    assert len(list(graph.subjects(RDF.type, SH.ValidationReport))) == 1
    conforms, _, text = pyshacl.validate(graph, shacl_graph=_shapes())
    terms = {str(term) for triple in graph for term in triple if str(term).startswith(str(SH))}
    unknown = [f"SHACL knows no {term}" for term in sorted(terms - _terms())]
    return unknown + ([] if conforms else [text])
