"""`orte judge`, `orte judgements` and `orte review`: people decide what the rules cannot."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from registry.cli.terminal import cell, plain, say
from registry.config import load
from registry.identity import judge as judging
from registry.identity import sssom
from registry.identity.evidence import Sign
from registry.identity.judge import JudgementError
from registry.identity.resolve import Resolver
from registry.identity.review import FACTS, Question, facts, open_questions, questions
from registry.identity.sssom import SssomError
from registry.ledger import Ledger, judgements, records
from registry.ledger.judgements import Verdict
from registry.publishing import publish

group = typer.Typer(help="Judgements as text: list, export, import.", no_args_is_help=True)

By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who judges.")]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="On what grounds.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print as JSON.")]


class Wanted(StrEnum):
    """What can be judged."""

    SAME = "same"
    DIFFERENT = "different"
    PART_OF = "part-of"
    PREFER = "prefer"
    UNDO = "undo"


_VERDICTS: dict[Wanted, Verdict] = {
    Wanted.SAME: "same",
    Wanted.DIFFERENT: "different",
    Wanted.PART_OF: "part-of",
    Wanted.PREFER: "prefer",
}


def judge(
    context: typer.Context,
    verdict: Annotated[Wanted, typer.Argument(help="same, different: A and B; part-of: A is inside B;"
                                              " prefer: record A has the say on property B; undo: judgement A.")],
    a: Annotated[str, typer.Argument(metavar="A", help="IRI or path of a record or entity, source:key of a record;"
                                     " the number of a judgement to undo.")],
    b: Annotated[str, typer.Argument(metavar="[B]", help="The other one; the IRI of a property to prefer.")] = "",
    by: By = "",
    why: Why = "",
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Decide about two records or entities; it holds over the rules and over earlier judgements."""
    with _ledger(context) as ledger:
        if verdict is Wanted.UNDO:
            if not a.isdigit() or b:
                raise typer.BadParameter("undo takes the number of a judgement; see: orte judgements list")
            number = judging.undo(ledger, int(a), by=by, why=why)
        elif not b:
            raise typer.BadParameter(f"{verdict.value} needs two: orte judge {verdict.value} A B --by … --why …")
        else:
            number = judging.judge(ledger, _VERDICTS[verdict], a, b, by=by, why=why)
        publish(ledger)
        if as_json:
            made = judgements.get(ledger.db, number)
            assert made is not None
            say(orjson.dumps(asdict(made), option=orjson.OPT_INDENT_2))
        else:
            say(f"judgement {number} holds; `orte judge undo {number} --by … --why …` takes it back")


def explain(
    context: typer.Context,
    a: Annotated[str, typer.Argument(metavar="A", help="IRI, path or source:key of a record.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The other record.")],
    as_json: AsJson = False,
) -> None:
    """Say what speaks for and against two records being the same, and how that ends."""
    with _ledger(context) as ledger:
        (one,), (two,) = (_one_record(ledger, name) for name in (a, b))
        if one == two:
            raise JudgementError(f"{a} and {b} are the same record")
        first, second = records.get(ledger.db, one), records.get(ledger.db, two)
        assert first is not None
        assert second is not None
        resolver = Resolver(ledger)
        profiles = resolver.profile(first.id), resolver.profile(second.id)
        if profiles[0] is None or profiles[1] is None:
            raise JudgementError("the records have not been compared yet; run `orte harvest` or `orte rebuild`")
        decision, held = resolver.decide(profiles[0], profiles[1]), judgements.ruling(ledger.db, one, two)
        if as_json:
            said = {
                "verdict": decision.verdict,
                "score": decision.score,
                "judgement": held[0] if held else None,
                "signs": [_sign(sign) for sign in decision.signs],
            }
            say(orjson.dumps(said, option=orjson.OPT_INDENT_2))
            return
        for sign in decision.signs:
            say(f"{sign.points:+6.2f}  {sign.says('en')}")
        say(f"{decision.score:+6.2f}  {decision.verdict} by the rules")
        if held:
            say(f"but: {held[0]} by judgement {held[1]}")


@group.command(name="list")
def listing(context: typer.Context, as_json: AsJson = False) -> None:
    """List all judgements in the order in which they were made, those undone included."""
    with _ledger(context) as ledger:
        rows = [{**asdict(one), "holds": judgements.holds(ledger.db, one.number)} for one in judgements.all_(ledger.db)]
    if as_json:
        say(orjson.dumps(rows, option=orjson.OPT_INDENT_2))
        return
    for row in rows:
        state = "" if row["holds"] else " (undone)"
        say(f"{row['number']}\t{row['verdict']}{state}\t{row['subject']}\t{row['object']}\t{row['author']}"
                   f"\t{row['made'][:10]}\t{row['why']}")  # fmt: skip


@group.command(name="export")
def export(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="Without it, standard output.")] = None,
) -> None:
    """Write all judgements that hold as SSSOM TSV."""
    with _ledger(context) as ledger:
        text = sssom.write(ledger)
    if file is None:
        sys.stdout.write(text)
    else:
        file.write_text(text, encoding="utf-8")


@group.command(name="import")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="SSSOM TSV; - for standard input.")],
    by: By = "",
    as_json: AsJson = False,
) -> None:
    """Take over judgements from SSSOM TSV, all or none; those that hold already are left alone."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{file} is not text in UTF-8") from None
    with _ledger(context) as ledger:
        rows = sssom.read(text, by)
        validated = sssom.validate(text)
        done = sssom.take_in(ledger, rows)
        publish(ledger)
    if as_json:
        say(orjson.dumps({"added": done.added, "known": done.known, "validated": validated}))
    else:
        how = "valid by the sssom library" if validated else "not checked by the sssom library, which is not installed"
        say(f"{done.added} judgements taken over, {done.known} held already; the file is {how}")


def review(
    context: typer.Context,
    by: By = "",
    as_json: Annotated[bool, typer.Option("--json", help="Only print the open questions as JSON.")] = False,
) -> None:
    """Walk through the pairs that the rules are unsure about, side by side, and judge them."""
    with _ledger(context) as ledger:
        if as_json:
            say(orjson.dumps([_question(one) for one in questions(ledger)], option=orjson.OPT_INDENT_2))
            return
        if not by:
            raise typer.BadParameter("say who judges: orte review --by NAME")
        console, skipped, judged = Console(), set[frozenset[str]](), 0
        while True:
            left = (one for one in questions(ledger) if frozenset((one.a.iri, one.b.iri)) not in skipped)
            if (question := next(left, None)) is None:
                break
            answer = _ask(console, question, open_questions(ledger))
            if answer == "q":
                break
            if answer == "k":
                skipped.add(frozenset((question.a.iri, question.b.iri)))
                continue
            _judge(ledger, question, answer, by, typer.prompt("why", default=""))
            publish(ledger)
            judged += 1
        console.print(f"{judged} judged; {open_questions(ledger)} questions are open")


_ANSWERS = {"s": "same", "d": "different", "a": "A is part of B", "b": "B is part of A", "k": "skip", "q": "quit"}


def _ask(console: Console, one: Question, left: int) -> str:
    """Show a question and read the answer."""
    table = Table("", "A", "B", title=f"{left} open · {one.score:+.2f} points", show_lines=False)
    first, second = facts(one.a), facts(one.b)
    for fact in FACTS:
        if first[fact] or second[fact]:
            table.add_row(fact, cell(first[fact]), cell(second[fact]))
    console.print(table)
    for sign in one.signs:
        console.print(f"{sign.points:+6.2f}  {plain(sign.says('en'))}", markup=False, highlight=False)
    options = ", ".join(f"[{key}] {text}" for key, text in _ANSWERS.items())
    console.print(options, markup=False, highlight=False)
    while True:
        answer = str(typer.prompt("", prompt_suffix="> ")).strip().lower()[:1]
        if answer in _ANSWERS:
            return answer


def _judge(ledger: Ledger, one: Question, answer: str, by: str, why: str) -> None:
    assert one.a.entity is not None
    assert one.b.entity is not None
    a, b = (one.a.entity, one.b.entity) if answer != "b" else (one.b.entity, one.a.entity)
    verdict: Verdict = "same" if answer == "s" else "different" if answer == "d" else "part-of"
    judging.judge(ledger, verdict, a, b, by=by, why=why)


@contextmanager
def _ledger(context: typer.Context) -> Iterator[Ledger]:
    config = load(context.obj)
    ledger = Ledger.open(config.ledger, config.base_url)
    try:
        yield ledger
    except (JudgementError, SssomError) as error:
        raise typer.BadParameter(str(error)) from None
    finally:
        ledger.close()


def _one_record(ledger: Ledger, name: str) -> list[str]:
    found = list(judging.records_of(ledger, name))
    if len(found) != 1:
        raise JudgementError(f"{name} is made of several records; name one: {', '.join(found)}")
    return found


def _question(one: Question) -> dict[str, Any]:
    first, second = facts(one.a), facts(one.b)
    return {
        "a": {"record": one.a.iri, "entity": one.a.entity, **first},
        "b": {"record": one.b.iri, "entity": one.b.entity, **second},
        "score": one.score,
        "signs": [_sign(sign) for sign in one.signs],
    }


def _sign(sign: Sign) -> dict[str, Any]:
    return {"sign": sign.name, "points": sign.points, "de": sign.says("de"), "en": sign.says("en")}
