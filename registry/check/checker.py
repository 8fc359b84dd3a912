"""Check records against the shapes: pyshacl, prepared once per process, over batches with a small context graph.

A batch is validated in one graph of its own, never inside the catalogue: pyshacl's cost grows with the graph it looks
at, a record's by what is beside it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import pyoxigraph as ox
import pyshacl.shape
import rdflib
from pyshacl.constraints import ALL_CONSTRAINT_PARAMETERS, CONSTRAINT_PARAMETERS_MAP
from pyshacl.constraints.constraint_component import ConstraintComponent
from pyshacl.graph_abstraction import DataGraph
from pyshacl.monkey import apply_patches
from pyshacl.validator import Validator, assign_baked_in
from rdflib.namespace import RDF, RDFS, SH

from registry import assets
from registry.check.forms import Form, Forms
from registry.check.prepared import prepared_shapes
from registry.check.still import StillGraph
from registry.check.verdict import BATCH, distinct
from registry.ledger.findings import IRI, Finding, Severity
from registry.record import Record, parse
from registry.terms import FINDING, XSD

# rdflib logs a traceback for each literal that its datatype does not allow; a finding says the same to those it is for.
logging.getLogger("rdflib.term").setLevel(logging.ERROR)

VALUE = 2000
"""Characters of an offending value that a finding keeps."""

_SEVERITY: dict[rdflib.term.Node, Severity] = {SH.Violation: "violation", SH.Warning: "warning", SH.Info: "info"}


class Checker:
    """The shapes, parsed and prepared; `check` may be called any number of times."""

    def __init__(self) -> None:
        apply_patches()  # type: ignore[no-untyped-call]
        assign_baked_in()  # type: ignore[no-untyped-call]
        # pyshacl looks every predicate of a shape up in a list, at every focus node; a set is faster
        parameters = (frozenset(ALL_CONSTRAINT_PARAMETERS), CONSTRAINT_PARAMETERS_MAP)
        setattr(pyshacl.shape, "CONSTRAINT_PARAMS", parameters)  # noqa: B010 - an undeclared attribute of the module
        # pyshacl also tells every result, even inside sh:or, as a text that nobody reads, which takes its time
        setattr(ConstraintComponent, "make_v_result_description", _no_description)  # noqa: B010 - a method
        for markup in (RDF.XMLLiteral, RDF.HTML):  # rdflib would parse them, entity bombs included
            rdflib.term._toPythonMapping.pop(markup, None)
        shapes = prepared_shapes()
        self._messages = messages_of(shapes)
        self._context = _context(shapes)
        empty = DataGraph.from_rdflib_graph(rdflib.Graph())
        self._prepared = Validator(empty, shacl_graph=shapes).shacl_graph
        _ = self._prepared.shapes  # gathers them now, not at the first record
        self._forms = Forms(shapes, self._context)

    def check(self, records: Sequence[Record]) -> dict[str, list[Finding]]:
        """Findings by record IRI; a record that fits every shape has an empty list."""
        forms = {record.iri: self._forms.of(record) for record in records}
        firsts: dict[Form, Record] = {}
        odd = []
        for record in records:
            form = forms[record.iri]
            if form is None:
                odd.append(record)
            elif self._forms.verdict(form, record) is None:
                firsts.setdefault(form, record)
        found = self._validated([*odd, *firsts.values()])
        for form, record in firsts.items():
            self._forms.learn(form, record, found[record.iri])
        rest = []
        for record in records:
            form = forms[record.iri]
            if form is not None and record.iri not in found:
                known = self._forms.verdict(form, record)
                if known is None:
                    rest.append(record)
                else:
                    found[record.iri] = known
        return found | self._validated(rest)

    def _validated(self, records: Sequence[Record]) -> dict[str, list[Finding]]:
        """Findings by record IRI, of records that are validated themselves."""
        found: dict[str, list[Finding]] = {record.iri: [] for record in records}
        for start in range(0, len(records), BATCH):
            for finding in self._findings(records[start : start + BATCH]):
                if finding.record in found:
                    found[finding.record].append(finding)
        return found

    def _findings(self, records: Sequence[Record]) -> list[Finding]:
        """One bad record never spoils the others: where the batch fails, its records are checked one by one."""
        try:
            return self.check_triples(quad.triple for record in records for quad in parse(record.nquads))
        except Exception as error:  # rdflib and pyshacl document none; whatever it is, it is about this data
            if len(records) == 1:
                german, english = "Der Datensatz konnte nicht geprüft werden", "The record could not be checked"
                rule, focus, value = f"{FINDING}check", records[0].iri, str(error)[:VALUE]
                return [Finding("violation", rule, f"{german}: {error}", f"{english}: {error}", focus, value=value)]
            return [finding for record in records for finding in self._findings([record])]

    def check_triples(self, triples: Iterable[ox.Triple]) -> list[Finding]:
        """Findings about a graph as it is, each fault once, in order of their focus nodes."""
        graph = rdflib.Graph()
        for known in self._context:
            graph.add(known)
        for triple in triples:
            graph.add((_term(triple.subject), _term(triple.predicate), _term(triple.object)))
        validator = Validator(DataGraph.from_rdflib_graph(graph), shacl_graph=rdflib.Graph(), options={"inplace": True})
        validator.shacl_graph = self._prepared
        _conforms, report, _text = validator.run()  # type: ignore[no-untyped-call]
        return sorted(
            results_of(report, self._messages),
            key=lambda finding: (finding.focus or "", finding.path or "", finding.rule, finding.value or ""),
        )


def results_of(report: rdflib.Graph, messages: Mapping[str, Mapping[str, str]]) -> Iterator[Finding]:
    """The faults in a report of pyshacl, each once. `messages` are those of the rules by language: pyshacl drops the
    languages where a rule is written in SPARQL."""
    results = report.subjects(RDF.type, SH.ValidationResult)
    return distinct(_finding(report, one, messages) for one in results if (None, SH.detail, one) not in report)


def messages_of(shapes: rdflib.Graph) -> dict[str, dict[str, str]]:
    """What each rule tells people, by language."""
    found: dict[str, dict[str, str]] = {}
    for rule, message in shapes.subject_objects(SH.message):
        if isinstance(message, rdflib.Literal):
            found.setdefault(str(rule), {})[message.language or ""] = str(message)
    return found


def _finding(report: rdflib.Graph, result: rdflib.term.Node, messages: Mapping[str, Mapping[str, str]]) -> Finding:
    rule = str(report.value(result, SH.sourceShape))
    spoken = messages.get(rule) or {"": "does not fit the shape"}
    fallback = next(iter(spoken.values()))
    focus, path = report.value(result, SH.focusNode), report.value(result, SH.resultPath)
    value = report.value(result, SH.value)
    component = report.value(result, SH.sourceConstraintComponent)
    return Finding(
        severity=_SEVERITY.get(report.value(result, SH.resultSeverity) or SH.Violation, "violation"),
        rule=rule,
        message_de=spoken.get("de", fallback),
        message_en=spoken.get("en", fallback),
        focus=f"_:{focus}" if isinstance(focus, rdflib.BNode) else str(focus),
        path=str(path) if isinstance(path, rdflib.URIRef) else None,
        value=str(value)[:VALUE] if value is not None else None,
        datatype=_datatype(value),
        component=str(component) if component is not None else None,
    )


def _datatype(value: rdflib.term.Node | None) -> str | None:
    match value:
        case rdflib.Literal():
            return f"@{value.language}" if value.language else str(value.datatype) if value.datatype else None
        case rdflib.URIRef():
            return IRI
        case rdflib.BNode():
            return "_:"
        case _:
            return None


def _context(shapes: rdflib.Graph) -> list[tuple[rdflib.term.Node, rdflib.term.Node, rdflib.term.Node]]:
    """What the shapes need to know beside the records: which class is below which, and the members of those they name.

    Nothing else: whatever lies in the graph of a batch is looked at with every batch.
    """
    graph = StillGraph(sorted(assets.ontology_dir().glob("*.ttl")))
    wanted = [
        *graph.triples((None, RDFS.subClassOf, None)),
        *(
            triple
            for kind in set(shapes.objects(None, SH["class"]))
            for triple in graph.triples((None, RDF.type, kind))
        ),
    ]
    return [t for t in wanted if not isinstance(t[0], rdflib.BNode) and not isinstance(t[2], rdflib.BNode)]


def _term(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> rdflib.term.IdentifiedNode | rdflib.Literal:
    match term:
        case ox.NamedNode():
            return _iri(term.value)
        case ox.Literal():
            if term.language:
                return rdflib.Literal(term.value, lang=term.language)
            datatype = term.datatype.value
            plain = datatype == f"{XSD}string"
            # as it was written: the report quotes it
            return rdflib.Literal(term.value, datatype=None if plain else _iri(datatype), normalize=False)
        case ox.BlankNode():
            return rdflib.BNode(term.value)
        case _:
            raise ValueError("a triple about a triple is nothing the shapes know")


@lru_cache(maxsize=8192)
def _iri(text: str) -> rdflib.URIRef:
    return rdflib.URIRef(text)


def _no_description(*_args: object, **_more: object) -> str:
    return ""
