"""Every rule in plain German with an example, from the shapes themselves: the middle of docs/partners.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import rdflib
from rdflib.collection import Collection
from rdflib.namespace import RDF, RDFS, SH, SKOS, XSD

from registry import assets
from registry.terms import GEO, PREFIXES

BEGIN = "<!-- Regeln: Anfang. Aus den Shapes geschrieben von: orte rules --into docs/partners.md -->"
END = "<!-- Regeln: Ende -->"
"""What stands around the rules in the guide for partners."""

_SHAPE = "https://w3id.org/orte/shapes#"
_TARGETS = (SH.targetClass, SH.targetSubjectsOf)
_SEVERITY: dict[rdflib.term.Node | None, str] = {SH.Violation: "Fehler", SH.Warning: "Warnung", SH.Info: "Hinweis"}
_FILES = ("thing", "site", "place", "network", "service", "organisation", "record", "source", "region")
_KINDS = {
    XSD.string: "ein Text ohne Sprache",
    RDF.langString: "ein Text mit Sprache",
    XSD.decimal: "eine Dezimalzahl",
    XSD.integer: "eine ganze Zahl",
    XSD.boolean: "true oder false",
    XSD.dateTime: "ein Zeitpunkt",
    XSD.date: "ein Tag",
    rdflib.URIRef(GEO["wktLiteral"].value): "WKT",
}


class GuideError(Exception):
    """The file has no place for the rules; one sentence for the person who wrote it."""


def guide() -> str:
    """The rules as Markdown: grouped by what they are about, in the order of the shapes."""
    rules = _Rules()
    return "\n".join(line for group in rules.groups() for line in rules.group(group)) + "\n"


def write_into(file: Path) -> bool:
    """Put the rules between the two marks of a guide; True when that changed it. Raises GuideError."""
    text = file.read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise GuideError(f"{file} has no lines »{BEGIN}« and »{END}« between which the rules belong")
    new = f"{before}{BEGIN}\n\n{guide()}\n{END}{after}"
    if new != text:
        file.write_text(new, encoding="utf-8")
    return new != text


class _Rules:
    def __init__(self) -> None:
        self.graph = rdflib.Graph()
        for name in _FILES:
            self.graph.parse(assets.shapes_dir() / f"{name}.ttl")
        self.told: dict[rdflib.term.Node, str] = {}

    def groups(self) -> Iterator[rdflib.term.Node]:
        """Node shapes with a target, in the order of the files."""
        for name in _FILES:
            shapes = rdflib.Graph().parse(assets.shapes_dir() / f"{name}.ttl")
            text = (assets.shapes_dir() / f"{name}.ttl").read_text(encoding="utf-8")
            for local in re.findall(r"(?m)^shape:(\w+) a sh:NodeShape", text):
                node = rdflib.URIRef(_SHAPE + local)
                if any((node, target, None) in shapes for target in _TARGETS):
                    yield node

    def group(self, node: rdflib.term.Node) -> Iterator[str]:
        """One heading, or for a node shape that is itself a rule one more rule of the group above."""
        if (node, SH.severity, None) in self.graph:
            yield from self.rule(node, node)
            return
        yield f"### {self.text(node, RDFS.label)}\n"
        if comment := self.text(node, RDFS.comment):
            yield f"{comment}\n"
        again = []
        rules = sorted(self.graph.objects(node, SH.property), key=self.order)
        for rule in rules:
            if rule in self.told:
                again.append(f"[{self.told[rule]}](#{_local(rule)})")
            else:
                yield from self.rule(rule, node)
        if again:
            yield f"Ebenso: {', '.join(again)}.\n"

    def rule(self, rule: rdflib.term.Node, group: rdflib.term.Node) -> Iterator[str]:
        name = self.text(rule, SH.name) or self.text(rule, RDFS.label)
        self.told[rule] = name
        severity = _SEVERITY[self.graph.value(rule, SH.severity)]
        path = self.graph.value(rule, SH.path)
        about = f" · `{_curie(path)}`" if path is not None else ""
        yield f'<a id="{_local(rule)}"></a>**{name}** – {severity}{about}\n'
        conditions = "; ".join(self.conditions(rule))
        message = self.text(rule, SH.message).replace("<", "&lt;").replace(">", "&gt;")
        yield f"{message}{f' *({conditions})*' if conditions else ''}\n"
        yield f"```turtle\n{self.example(rule, group)}\n```\n"

    def conditions(self, rule: rdflib.term.Node) -> Iterator[str]:
        """What the rule demands, where SHACL says it in a way that can be told."""
        say = self.graph
        if (least := say.value(rule, SH.minCount)) is not None and int(str(least)) > 0:
            yield "muss angegeben sein"
        if (most := say.value(rule, SH.maxCount)) is not None:
            yield "höchstens einmal" if int(str(most)) else "wird nicht verwendet"
        if (rule, SH.uniqueLang, None) in say:
            yield "höchstens einmal je Sprache"
        if (kind := say.value(rule, SH.datatype)) is not None:
            yield _KINDS[kind]  # type: ignore[index]
        if say.value(rule, SH.nodeKind) == SH.IRI:
            yield "ein Verweis (IRI)"
        if (form := say.value(rule, SH["class"])) is not None:
            yield f"gegliedert als `{_curie(form)}`"
        for predicate, words in (
            (SH.minInclusive, "mindestens {}"), (SH.minExclusive, "größer als {}"),
            (SH.maxInclusive, "höchstens {}"), (SH.maxExclusive, "kleiner als {}"),
            (SH.maxLength, "höchstens {} Zeichen"),
        ):  # fmt: skip
            if (bound := say.value(rule, predicate)) is not None:
                yield words.format(str(bound).replace(".", ","))
        if (members := say.value(rule, SH["in"])) is not None:
            yield "eines von: " + ", ".join(f"`{str(one).rpartition('/')[2]}`" for one in Collection(say, members))

    def example(self, rule: rdflib.term.Node, group: rdflib.term.Node) -> str:
        """The rule's own; else that of another rule for the same property; else that the thing is what it is."""
        path = self.graph.value(rule, SH.path)
        if (own := self.graph.value(rule, SKOS.example)) is not None:
            return str(own)
        if path is not None:
            near = set(self.graph.objects(group, SH.property))
            others = sorted(self.graph.subjects(SH.path, path), key=lambda one: (one not in near, self.order(one)))
            shown = [example for other in others if (example := self.graph.value(other, SKOS.example)) is not None]
            if shown:
                return str(shown[0])
        return f"a {_curie(self.graph.value(group, SH.targetClass) or SH.NodeShape)}"

    def order(self, rule: rdflib.term.Node) -> tuple[int, str]:
        return int(str(self.graph.value(rule, SH.order) or 0)), str(rule)

    def text(self, node: rdflib.term.Node, predicate: rdflib.term.Node) -> str:
        texts = self.graph.objects(node, predicate)
        return next((str(one) for one in texts if isinstance(one, rdflib.Literal) and one.language == "de"), "")


def _local(rule: rdflib.term.Node) -> str:
    return str(rule).removeprefix(_SHAPE)


def _curie(iri: rdflib.term.Node) -> str:
    for prefix, namespace in PREFIXES.items():
        if str(iri).startswith(namespace):
            return f"{prefix}:{str(iri)[len(namespace) :]}"
    return f"<{iri}>"
