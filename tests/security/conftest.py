"""A registry that has harvested nothing but hostile entries, past the shapes, behind a client."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from fastapi.testclient import TestClient

from registry.api import create_app
from registry.config import Config, Limits
from registry.ledger import Finding
from registry.record import Record
from tests.registry.conftest import BASE, Ground, raw

MARK = "xss7331"
PAYLOADS = (
    f"<script>{MARK}</script>", f'"><{MARK} on{MARK}=1>', f"'><{MARK} on{MARK}='1'>", f"</script><{MARK}>",
    f"</title></textarea></style><{MARK}>", f"]]><{MARK}/>", f"<!--<{MARK}>-->", f"<img src={MARK} onerror={MARK}>",
    f'" on{MARK}="1', f"' on{MARK}='1", f"` on{MARK}=`1", f"{{{{ 7*7 }}}}{{% for x in {MARK} %}}",
    f'=HYPERLINK("http://{MARK}.example";"x")', f"+1+cmd|' /C {MARK}'!A0", f"@SUM({MARK})", f"-2+{MARK}",
    f"\u2028{MARK}\u2029", f"javascript:{MARK}()", f"<{MARK}>\r\nX-{MARK}: 1", f"&lt;{MARK}&gt;<{MARK}>",
    f"\\\"><{MARK}>",
    f"ａ＜{MARK}＞", f"\u202e<{MARK}>", f"<svg/onload={MARK}>", f"<a href=javascript:{MARK}>",
)  # fmt: skip


class Lenient:
    """In place of the shapes: finds a fault with everything, quoting it, and lets it pass all the same."""

    def check(self, records: Sequence[Record]) -> dict[str, list[Finding]]:
        return {record.iri: [_fault(record)] for record in records}


def _fault(record: Record) -> Finding:
    evil = PAYLOADS[len(record.iri) % len(PAYLOADS)]
    return Finding(
        "warning", f"https://w3id.org/orte/finding/{record.kind}", evil, evil, focus=f"{record.iri}#it",
        path="https://schema.org/name", value=evil,
    )  # fmt: skip


@pytest.fixture(scope="package")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("hostile")
    ground = Ground(folder, Lenient())  # type: ignore[arg-type]
    title = f'"><{MARK} on{MARK}=1>'
    ground.configure(
        title={"de": title, "en": title}, publisher=title, attribution=title, homepage=f"javascript:{MARK}", note=title
    )  # fmt: skip
    ground.harvest(
        [raw(f"{number}{evil}", name=evil, text=evil, desk=True) for number, evil in enumerate(PAYLOADS)]
        + [raw(f"n{number}", name=f"Ort {number}", text=evil, phone=evil) for number, evil in enumerate(PAYLOADS)]
    )
    limits = Limits(query_seconds=5.0, query_workers=2, page_size_max=500)
    app = create_app(Config(data=folder, base_url=BASE, limits=limits, publisher=title, contact=f"javascript:{MARK}"))
    with TestClient(app, base_url=BASE, follow_redirects=False) as client:
        yield client
    ground.ledger.close()
