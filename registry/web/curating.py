"""The pages for curators beside the open questions: signing in, runs that were held, and sources that are proposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request

from registry.ledger import Ledger, Run, SourceState, proposals, releases, runs
from registry.ledger.proposals import Proposal
from registry.web.pages import Pages


@dataclass(frozen=True)
class Waiting:
    """What waits for a curator, as the head of each of these pages says, and who is signed in."""

    curator: str
    pairs: int
    runs: int
    proposals: int


@dataclass(frozen=True)
class HeldRun:
    """A run that was held, and whether it has been released since."""

    source: SourceState
    run: Run
    released: bool
    last_complete: Run | None


def waiting(ledger: Ledger, curator: str) -> Waiting:
    from registry.identity.review import open_questions  # brings all that compares, which no other page needs

    return Waiting(curator, open_questions(ledger), len(_held(ledger)), len(proposals.every(ledger.db)))


def held_page(pages: Pages, request: Request, ledger: Ledger, desk: Waiting) -> bytes:
    """Every source whose last run was held."""
    return pages.render(request, "held.html", desk=desk, held=_held(ledger))


def proposals_page(pages: Pages, request: Request, open_: Sequence[Proposal], desk: Waiting) -> bytes:
    """Every open proposal, with whom to ask and what was found when it was tried."""
    return pages.render(request, "proposals.html", desk=desk, proposals=open_)


def sign_in_page(pages: Pages, request: Request) -> bytes:
    """Asks for a curator's token."""
    return pages.render(request, "sign-in.html")


def _held(ledger: Ledger) -> list[HeldRun]:
    db = ledger.db
    return [
        HeldRun(
            state, state.last_run, releases.released(db, state.id, state.last_run.id), runs.last_complete(db, state.id)
        )
        for state in ledger.sources()
        if state.state == "held" and state.last_run
    ]
