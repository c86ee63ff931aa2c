"""A report on a signalling game: one Markdown file with its figures, the same every time."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

from negotiation import __version__
from negotiation.analysis.signalling import SignalSensitivity, analyse_signals
from negotiation.files.locks import claimed
from negotiation.files.writing import unwritable, write_whole
from negotiation.payoff_file.model import PayoffFile
from negotiation.payoff_file.signalling import PrivateInformation
from negotiation.reporting.figures.drawing import Picture, save
from negotiation.reporting.figures.signalling import map_figure, prior_figure, tree_figure
from negotiation.reporting.markdown import (
    Text,
    bullets,
    code,
    document,
    fenced,
    fixed,
    from_block,
    heading,
    image,
    table,
)
from negotiation.reporting.pages.signalling import (
    equilibria_block,
    prior_block,
    proposals_block,
)
from negotiation.reporting.pages.signalling_lists import sensitivity_page
from negotiation.reporting.tables import assumption_table, parameter_table, references
from negotiation.solution.signalling.solution import SignallingSolution, solve_signals
from negotiation.solution.signalling.verdict import (
    belief_sentences,
    signalling_verdict,
    worth_sentence,
)
from negotiation.solution.units import units_of
from negotiation.sweeps.signalling import signal_map

__all__ = ["write_signalling_report"]

CASES = 128
_SIDE = 48

Section = tuple[str, list[Text]]


def write_signalling_report(
    model: PayoffFile,
    slug: str,
    folder: Path,
    *,
    settings: dict[str, Any],
    seed: int = 0,
    progress: Callable[[str], None] = lambda _: None,
) -> Path:
    """Write ``<folder>/<slug>.md`` and its figures in ``<folder>/figures``.

    Parameters
    ----------
    model
        Of kind "signalling".
    slug, folder, settings, seed, progress
        As for `negotiation.reporting.document.write_report`.

    Raises
    ------
    UsageError
        If the folder cannot be written to.
    """
    progress("all equilibria")
    solution = solve_signals(model, **settings)
    swept = _swept(model, settings, seed, progress)
    progress("figures")
    pictures = [tree_figure(solution), prior_figure(solution), _map(model, settings, swept)]
    made = {p.name: p for p in pictures if p is not None}
    target = folder / f"{slug}.md"
    command = _command(slug, settings, seed)
    try:
        (folder / "figures").mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise unwritable(folder, error) from None
    with claimed(target):
        for picture in made.values():
            save(picture, folder / "figures", slug)
        text = _rendered(solution, _sections(solution, swept, made, slug, command), command, seed)
        write_whole(target, text.encode())
    return target


def _swept(
    model: PayoffFile, settings: dict[str, Any], seed: int, progress: Callable[[str], None]
) -> SignalSensitivity | None:
    if not any(p.range[0] < p.range[1] and p.name not in settings for p in model.parameters):
        return None
    return analyse_signals(model, settings=settings, cases=CASES, seed=seed, progress=progress)


def _map(
    model: PayoffFile, settings: dict[str, Any], swept: SignalSensitivity | None
) -> Picture | None:
    """Draw the map over two numbers that change the list, those of the signal itself first."""
    if swept is None:
        return None
    rules = model.signalling
    about = set()
    if isinstance(rules, PrivateInformation):
        formulas = [t.chance for t in rules.types]
        formulas += [f for m in rules.messages for f in m.costs if f is not None]
        about = {name for f in formulas for name in f.names}
    moving = [line.name for line in swept.lines if len(line.stretches) > 1]
    most = {line.name: len(line.stretches) for line in swept.lines}
    moving.sort(key=lambda n: (n not in about, -most[n] if n in about else 0))
    names = sorted(moving[:2], key=[p.name for p in model.parameters].index)
    if len(names) < 2:
        return None
    spans = {p.name: p.range for n in names for p in model.parameters if p.name == n}
    return map_figure(signal_map(model, spans, settings, _SIDE))


def _command(slug: str, settings: dict[str, Any], seed: int) -> str:
    sets = [f"--set {shlex.quote(f'{k}={float(v):.12g}')}" for k, v in settings.items()]
    return " ".join(["negotiate report", shlex.quote(slug), *sets, f"--seed {seed}", "-o reports/"])


def _figure(made: dict[str, Picture], name: str, slug: str) -> list[Text]:
    if name not in made:
        return []
    picture = made[name]
    return [image(picture.alt, f"figures/{slug}-{name}.png"), picture.caption]


def _sections(
    solution: SignallingSolution,
    swept: SignalSensitivity | None,
    made: dict[str, Picture],
    slug: str,
    command: str,
) -> list[Section]:
    model = solution.model
    values = solution.parameters
    told = [worth_sentence(solution, w) for w in solution.worths]
    first = [s for s in signalling_verdict(solution) if s not in told]
    sections: list[Section] = [
        ("The bottom line", [*first, *told]),
        ("The question", _question(solution)),
        ("The game", _figure(made, "tree", slug)),
        ("All equilibria", [from_block(equilibria_block(solution), title=False)]),
    ]
    if solution.proposals:
        sections.append(
            ("Offers that are refused", [from_block(proposals_block(solution), title=False)])
        )
    hangs = prior_block(solution)
    sections.append(
        (
            "What has to be believed",
            [
                *belief_sentences(solution),
                *_figure(made, "prior", slug),
                *([from_block(hangs, title=False)] if hangs.rows else []),
            ],
        )
    )
    if swept is not None:
        sections.append(("What it hangs on", [*_figure(made, "map", slug), *_hangs(swept)]))
    sections += [
        ("The numbers", [parameter_table(model, values, None)] if model.parameters else []),
        ("Limits, and what is assumed", _limits(solution)),
        ("How to make this report again", _again(solution, command)),
    ]
    return [(title, parts or ["Nothing to show."]) for title, parts in sections]


def _question(solution: SignallingSolution) -> list[Text]:
    game, about = solution.game, solution.model.about
    said = (
        f"{game.players[0]} knows whether it is {_or(game.types)}; {game.players[1]} does not. "
        f"{game.players[0]} can send {_or([repr(m) for m in game.messages])}; {game.players[1]} "
        "sees that, and answers. What can the one tell the other, and what does it take?"
    )
    return [*([about] if about else []), said]


def _or(names: Any) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else str(last)


def _hangs(swept: SignalSensitivity) -> list[Text]:
    first, *rest = sensitivity_page(swept)
    return [from_block(first, title=False), *(from_block(b) for b in rest)]


def _limits(solution: SignallingSolution) -> list[Text]:
    model = solution.model
    parts: list[Text] = []
    if model.not_modelled:
        parts += ["This model leaves out:", bullets(model.not_modelled)]
    parts.append(
        "Every result counts on both sides knowing all numbers but the type, on one message and "
        "one answer, and on the answer standing. Types are told apart before anything is played."
    )
    if model.parameters:
        parts += [heading(3, "What is assumed"), assumption_table(model, solution.parameters)]
    return parts


def _again(solution: SignallingSolution, command: str) -> list[Text]:
    model = solution.model
    return [
        fenced(command, "sh"),
        fixed(
            "Made with negotiate {version} from the file with SHA-256 {digest}.",
            version=__version__,
            digest=code(model.sha256),
        ),
        *([heading(3, "References"), references(model)] if model.sources else []),
    ]


def _rendered(
    solution: SignallingSolution, sections: list[Section], command: str, seed: int
) -> str:
    model = solution.model
    file = Path(model.path).name
    digest = code(f"{model.sha256[:16]}…")
    unit = units_of(model).in_full
    count = str(len(solution.equilibria.classes))
    facts: list[tuple[Text, ...]] = [
        ("equilibria", fixed("**{count}**, all of them", count=count)),
        ("date of the model", model.date or "not given"),
        *([("amounts", f"in {unit}")] if unit else []),
        ("file", fixed("{file}, SHA-256 {digest}", file=code(file), digest=digest)),
        ("version", f"negotiate {__version__}, seed {seed}"),
        ("command", code(command)),
    ]
    front: dict[str, str | int] = {
        "title": model.title,
        "subtitle": "What a message can and cannot say",
        "date": model.date,
        "model": file,
        "sha256": model.sha256,
        "version": __version__,
        "seed": seed,
        "command": command,
    }
    parts: list[Text] = [
        heading(1, f"{model.title}: what can a message say?"),
        table(("", ""), facts),
    ]
    for name, own in sections:
        parts += [heading(2, name), *own]
    return document(front, "en", parts)
