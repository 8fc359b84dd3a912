"""Parse standard input, write plain N-Quads, and expect to be killed. Run by file name; imports nothing of ours.

Arguments: syntax, base IRI, 1 for lenient, most quads, most seconds. Exit code 2, with a sentence on standard error,
when the document is not valid.
"""

from __future__ import annotations

import resource
import sys

import pyoxigraph as ox

_MEMORY = 2 << 30
_FORMATS = {
    "turtle": ox.RdfFormat.TURTLE,
    "n-triples": ox.RdfFormat.N_TRIPLES,
    "n-quads": ox.RdfFormat.N_QUADS,
    "trig": ox.RdfFormat.TRIG,
    "rdf-xml": ox.RdfFormat.RDF_XML,
    "json-ld": ox.RdfFormat.JSON_LD,
}
_BATCH = 10_000
_MOST_BYTES = 256 << 20  # a long prefix repeated makes gigabytes of a small document


def main() -> None:
    syntax, base, lenient, most, seconds = sys.argv[1:6]
    content = sys.stdin.buffer.read()
    cpu = int(float(seconds)) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))  # nothing to open, nobody to call
    batch: list[ox.Quad] = []
    count = written = 0
    try:
        for quad in ox.parse(content, format=_FORMATS[syntax], base_iri=base, lenient=lenient == "1"):
            if isinstance(quad.subject, ox.Triple) or isinstance(quad.object, ox.Triple):
                _refuse("contains triple terms (RDF 1.2), which are not read.")
            batch.append(quad)
            if len(batch) == _BATCH:
                count += len(batch)
                if count > int(most):
                    _refuse(f"has more than {int(most):,} statements.")
                written += _write(batch)
                if written > _MOST_BYTES:
                    _refuse("expands to more than 256 MiB.")
                batch.clear()
    except (SyntaxError, ValueError) as error:
        _refuse(f"is not valid {_FORMATS[syntax].name}: {error.msg if isinstance(error, SyntaxError) else error}")
    except MemoryError:
        sys.exit(3)
    if count + len(batch) > int(most):
        _refuse(f"has more than {int(most):,} statements.")
    _write(batch)
    sys.stdout.buffer.flush()


def _write(batch: list[ox.Quad]) -> int:
    return sys.stdout.buffer.write(ox.serialize(batch, format=ox.RdfFormat.N_QUADS) or b"")


def _refuse(sentence: str) -> None:
    sys.stderr.write(sentence)
    sys.stderr.flush()
    sys.exit(2)


main()
