"""Records of one form are validated once, and yet every record gets the findings that it would get by itself."""

from __future__ import annotations

from random import Random

import pytest

from benchmarks.check import records
from registry.check import Checker
from registry.ledger import Finding
from registry.record import Record
from tests.registry.test_check import as_record
from tests.shapes.examples import FOLDER, changed
from tests.shapes.faults import FAULTS, Fault

EXAMPLES = sorted(file.stem for file in FOLDER.glob("*.ttl"))


@pytest.fixture(scope="module")
def thorough() -> Checker:
    """Validates every record itself."""
    checker = Checker()
    checker._forms.usable = False
    return checker


@pytest.fixture
def checker() -> Checker:
    """Knows no form yet."""
    return Checker()


def broken(*faults: Fault, name: str) -> Record:
    drop = dict.fromkeys(one for fault in faults for one in fault.drop)
    add = " ".join(fault.add for fault in faults)
    return as_record(name, changed(faults[0].example, name, tuple(drop), add))


def plain(found: dict[str, list[Finding]]) -> dict[str, list[Finding]]:
    return {iri: sorted(findings, key=repr) for iri, findings in found.items()}


def test_the_shapes_are_such_that_forms_tell_what_they_see(checker: Checker) -> None:
    assert checker._forms.usable
    good = as_record("gut", changed("site", "gut"))
    assert checker._forms.of(good) is not None


def test_what_is_known_of_good_records_hides_no_fault(checker: Checker, thorough: Checker) -> None:
    good = [as_record(f"{example}-{n}", changed(example, f"{example}-{n}")) for n in range(2) for example in EXAMPLES]
    assert not any(checker.check(good).values())
    faulty = [broken(fault, name=fault.slug) for fault in FAULTS]
    expected = plain(thorough.check(faulty))
    assert plain(checker.check(faulty)) == expected
    again = [broken(fault, name=f"{fault.slug}-again") for fault in FAULTS]
    assert plain(checker.check(again)) == plain(thorough.check(again)), "nor does what is known of faulty ones"
    assert not any(checker.check(good).values())


def test_random_faults_in_random_order_are_found_as_they_would_be_alone(checker: Checker, thorough: Checker) -> None:
    chance = Random("forms")
    by_example = {example: [one for one in FAULTS if one.example == example] for example in EXAMPLES}
    several = []
    for number in range(300):
        first = chance.choice(FAULTS)
        others = chance.sample(by_example[first.example], min(len(by_example[first.example]), chance.randrange(3)))
        several.append(broken(first, *others, name=f"viele-{number}"))
    found = plain(checker.check(several[:150])) | plain(checker.check(several[150:]))
    assert found == plain(thorough.check(several))


def test_a_thousand_records_of_a_form_are_validated_once(checker: Checker, monkeypatch: pytest.MonkeyPatch) -> None:
    many = records(1000, faulty=0)
    validated: list[Record] = []
    plain_findings = checker._findings

    def counted(some: list[Record]) -> list[Finding]:
        validated.extend(some)
        return plain_findings(some)

    monkeypatch.setattr(checker, "_findings", counted)
    assert not any(checker.check(many).values())
    assert len(validated) <= 10
    spoilt = Record(**{**vars(many[7]), "nquads": many[7].nquads.replace("51.1", "91.1")})
    (finding,) = checker.check([spoilt])[spoilt.iri]
    assert finding.value == "91.1071"


def test_a_fault_that_names_its_value_names_that_of_each_record(checker: Checker) -> None:
    some = [
        Record(**{**vars(one), "nquads": one.nquads.replace(f'"51.{n % 900 + 100}1"', f'"9{n}.5"')})
        for n, one in enumerate(records(5, faulty=0))
    ]
    values = [{finding.value for finding in checker.check(some)[one.iri]} for one in some]
    assert values == [{"90.5"}, {"91.5"}, {"92.5"}, {"93.5"}, {"94.5"}]


@pytest.mark.parametrize(
    "value", ['"NaN"^^xsd:double', '"INF"^^xsd:double', '"NaN"^^xsd:decimal', '"1e999"^^xsd:double']
)
def test_what_is_no_number_beside_one_is_a_finding_and_no_end_of_the_harvest(
    checker: Checker, thorough: Checker, value: str
) -> None:
    drop = ("#geo schema:latitude", "#geo schema:longitude")
    add = f"<#geo> schema:latitude {value} ; schema:longitude {value} ."
    wrong = as_record("wrong", changed("site", "wrong", drop, add))
    found = checker.check([wrong])
    assert plain(found) == plain(thorough.check([wrong]))
    assert found[wrong.iri]
