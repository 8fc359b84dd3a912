"""What requests say that write, for schemathesis (`SCHEMATHESIS_HOOKS`): RDF that holds, RDF that nearly does, noise.

What a record says is about one of a few keys, so that many requests hit what others have written. Of requests to other
sources most are sent to the one that the token is for: whoever is refused at the door finds nothing behind it. So are
forms mostly filled in with what there is to choose from (`ORTE_FORMS`, the document of `curating`).
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import strategies as st

from benchmarks.generate import BASE
from registry.terms import ORTE, SCHEMA, TYPE, XSD
from tests.pushed import PARTNER

KEYS = ("haus-1", "haus-2", "haus%2F3")
ROOT = f"{BASE}/sources/{PARTNER}/records/"
_KINDS = ("CooperationSite", "InnovationSite", "Network", "Service", "Organisation", "Haus")
_PROPERTIES = (
    "schema:url <https://haus.example/>",
    "schema:url 7",
    'schema:telephone "+49 341 1"',
    'schema:openingHours "Mo-Fr 08:00-18:00"',
    'orte:floorArea "33.00"^^xsd:decimal',
    'orte:floorArea "viel"^^xsd:decimal',
    'schema:foundingDate "2026"^^xsd:gYear',
    'schema:foundingDate "2026-13-45"^^xsd:date',
    f"orte:partOf <{ROOT}haus-1#it>",
    f"schema:memberOf <{ROOT}haus-2#it>",
    "schema:geo <#geo>",
    "orte:phase <https://w3id.org/orte/concept/phase/operating>",
    "orte:region <https://w3id.org/orte/region/14713>",
    "orte:offers [ schema:name 1 ]",
)
_PREFIXES = f"@prefix orte: <{ORTE}> . @prefix schema: <{SCHEMA}> . @prefix xsd: <{XSD}> .\n"
_names = st.one_of(st.sampled_from(("Alte Mühle", "Haus", "")), st.text(max_size=40))
_kinds = st.sampled_from(_KINDS)
_keys = st.sampled_from(KEYS)
_subjects = st.one_of(st.just("#it"), st.just("#it"), _keys.map(lambda key: f"{ROOT}{key}#it"))


def _turtle(subject: str, kind: str, name: str, properties: list[str]) -> str:
    said = " ; ".join([f"a orte:{kind}", f"schema:name {json.dumps(name, ensure_ascii=False)}@de", *properties])
    return f"{_PREFIXES}<{subject}> {said} .\n"


def _lines(key: str, kind: str, name: str, end: str) -> str:
    return (
        f"<{ROOT}{key}#it> {TYPE} <{ORTE}{kind}>{end} .\n"
        f"<{ROOT}{key}#it> <{SCHEMA}name> {json.dumps(name, ensure_ascii=False)}@de{end} .\n"
    )


def _jsonld(key: str, kind: str, name: str) -> str:
    said = {"@context": f"{BASE}/context.jsonld", "id": f"{ROOT}{key}#it", "type": kind, "name": {"de": name}}
    return json.dumps(said, ensure_ascii=False)


def _xml(key: str, kind: str, name: str) -> str:
    return (
        f'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:o="{ORTE}" xmlns:s="{SCHEMA}">'
        f'<o:{kind} rdf:about="{ROOT}{key}#it"><s:name xml:lang="de">{name}</s:name></o:{kind}></rdf:RDF>'
    )


def _csv(keys: list[str], name: str) -> str:
    return "id;name\n" + "".join(f'{key};"{name}"\n' for key in keys)


def _sent(good: st.SearchStrategy[str]) -> st.SearchStrategy[bytes]:
    """The good ones mostly; some cut off somewhere, some mere noise."""
    whole = good.map(lambda text: text.encode("utf-8", "surrogatepass"))
    return st.one_of(
        whole,
        whole,
        whole,
        st.tuples(whole, st.integers(1, 60)).map(lambda cut: cut[0][: -cut[1]]),
        st.binary(max_size=80),
    )


_some = st.lists(st.sampled_from(_PROPERTIES), max_size=4)
_rdf = st.builds(_turtle, _subjects, _kinds, _names, _some)
schemathesis.openapi.media_type("text/turtle", _sent(_rdf))
schemathesis.openapi.media_type("application/trig", _sent(_rdf))
schemathesis.openapi.media_type("application/n-triples", _sent(st.builds(_lines, _keys, _kinds, _names, st.just(""))))
_graphs = st.sampled_from(("", f" <{ROOT}haus-1>", " <http://fremd.example/>"))
schemathesis.openapi.media_type("application/n-quads", _sent(st.builds(_lines, _keys, _kinds, _names, _graphs)))
schemathesis.openapi.media_type("application/ld+json", _sent(st.builds(_jsonld, _keys, _kinds, _names)))
schemathesis.openapi.media_type("application/rdf+xml", _sent(st.builds(_xml, _keys, _kinds, _names)))
schemathesis.openapi.media_type("text/csv", _sent(st.builds(_csv, st.lists(_keys, max_size=3), _names)))

_WRITES = "/sources/{name}/records"
_OFTEN = 0.8
_dice = random.Random(1)
_forms: dict[str, Any] = json.loads(Path(os.environ["ORTE_FORMS"]).read_text()) if "ORTE_FORMS" in os.environ else {}


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Send it where it may be accepted, mostly."""
    if case.path.startswith(_WRITES) and case.method in ("PUT", "POST", "DELETE") and _dice.random() < _OFTEN:
        case.path_parameters |= {"name": PARTNER}
        if "key" in case.path_parameters:
            case.path_parameters |= {"key": _dice.choice(("haus-1", "haus-2"))}
        if case.headers and _dice.random() < _OFTEN:
            case.headers.pop("If-Match", None)
    fields = _forms.get("paths", {}).get(case.path, {}).get("post", {}).get("requestBody")
    if fields and case.method == "POST" and isinstance(case.body, dict):
        properties = fields["content"]["application/x-www-form-urlencoded"]["schema"]["properties"]
        for name, schema in properties.items():
            if _dice.random() < _OFTEN:
                case.body[name] = _dice.choice(schema["anyOf"][0]["enum"])
