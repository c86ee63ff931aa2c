"""The page of `negotiate deal`: which terms hold, and those that stand out."""

from __future__ import annotations

from negotiation.deals.deal import Deal, DealAnalysis
from negotiation.reporting.blocks import Block
from negotiation.solution.units import units_of
from negotiation.solution.verdict import listed, number, patience

__all__ = ["kind_names", "pages", "stated", "unit_of"]

_MEANINGS = {
    "nash": "Nash bargain: the largest product of both sides' gains over no deal",
    "kalai_smorodinsky": "Kalai-Smorodinsky: gains in proportion to the most each could gain",
    "egalitarian": "equal gains: the smaller gain as large as possible",
    "alternating_offers": "alternating offers: the Nash bargain with the weights that haggling by "
    "turns gives, more to the more patient",
    "largest_margin": "safest: the most that both sides lose by breaking it",
    "least_patience": "least patience: holds with the lowest discount factor for both",
    "most_robust": "most robust: the largest margin in the worst sampled case",
}


def kind_names(study: DealAnalysis, kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Return what people call the kinds of a deal, in few words."""
    first, second = study.contract.model.players
    short = {k: text.partition(":")[0] for k, text in _MEANINGS.items()}
    short |= {
        "best_for_first": f"best for {first}",
        "best_for_second": f"best for {second}",
        "file": "the file's own terms",
    }
    return tuple(short[k] for k in kinds)


def unit_of(study: DealAnalysis) -> str:
    """Return the unit of payoffs in full, such as "USD bn per year", without any in brackets."""
    return units_of(study.contract.model).in_full.partition(" (")[0] or "payoff units"


def stated(study: DealAnalysis, one: Deal) -> str:
    """Return the terms of a deal in words: fee 0.25, cap 0.6."""
    return ", ".join(
        f"{name} {number(x)}" for name, x in zip(study.contract.names, one.terms, strict=True)
    )


def pages(study: DealAnalysis) -> tuple[Block, ...]:
    """Return what `negotiate deal` prints, the answer first."""
    blocks = (
        _answer(study),
        _table(study),
        _no_deal(study),
        _sure(study),
        _method(study),
    )
    return tuple(b for b in blocks if b.lines or b.rows)


def _answer(study: DealAnalysis) -> Block:
    outcome = study.contract.outcome
    title = "TERMS THAT HOLD" if study.exists else "NO TERMS HOLD"
    lines = [_holds(study) if study.exists else _fails(study), _own(study)]
    nash = study.deal("nash")
    if nash is not None:
        first, second = study.contract.model.players
        lines.append(
            f"The Nash bargain is {stated(study, nash)}: {first} gets {number(nash.payoffs[0])}, "
            f"{second} {number(nash.payoffs[1])}, in {unit_of(study)}."
        )
    return Block(f"{title}: {outcome}", lines=tuple(lines))


def _holds(study: DealAnalysis) -> str:
    unit = unit_of(study)
    safest = study.deal("largest_margin")
    start = f"Given these payoffs, there are terms at which {study.contract.outcome} holds"
    if safest is None:
        return f"{start}, and the margin grows without end, because a term has no bound."
    if study.margin <= 0 or not safest.sustained:
        return f"{start}, but only just: no terms leave both sides a margin."
    return (
        f"{start}: at the safest, {stated(study, safest)}, each side would lose at least "
        f"{number(study.margin)} (on average, {unit}) by breaking it."
    )


def _fails(study: DealAnalysis) -> str:
    names, unit = study.contract.model.players, unit_of(study)
    alone = [names[i] for i in (0, 1) if study.alone[i] < 0]
    start = (
        f"Given these payoffs, no terms make {study.contract.outcome} hold: at the closest, some "
        f"side would still gain {number(-study.margin)} (on average, {unit}) by breaking it."
    )
    if len(alone) == 2:
        return f"{start} Neither side would keep to it at any terms."
    if alone:
        return f"{start} {alone[0]} would break it at any terms."
    return f"{start} Each would keep to it at some terms, but not both at the same."


def _own(study: DealAnalysis) -> str:
    own, names = study.own, study.contract.model.players
    start = f"At the file's own terms ({stated(study, own)}) it "
    if own.slack is None:
        return f"{start}fails: no punishment is credible there."
    worse = min((0, 1), key=lambda i: own.slack[i] if own.slack else 0.0)
    unit = unit_of(study)
    if own.sustained:
        least = f"{number(own.slack[worse])} {unit}"
        return f"{start}holds, and {names[worse]} has least to lose: {least}."
    short = listed(
        f"{names[i]} by {number(-own.slack[i])} {unit}" for i in (0, 1) if own.slack[i] < 0
    )
    return f"{start}fails: {short} better off breaking it."


def _table(study: DealAnalysis) -> Block:
    names = study.contract.model.players
    sampled = study.sample is not None
    header = (
        "deal",
        *study.contract.names,
        *(f"{p}\ngets" for p in names),
        *(f"{p} loses by\nbreaking it" for p in names),
        *((f"holds in, of\n{study.sample.cases} cases",) if study.sample is not None else ()),
    )
    rows = []
    for one in (*study.deals, study.own):
        slack = ("-", "-") if one.slack is None else tuple(map(number, map(_flat, one.slack)))
        rows.append(
            (
                "\n".join(kind_names(study, one.kinds)) + ("" if one.sustained else "\n(fails)"),
                *map(number, one.terms),
                *map(number, one.payoffs),
                *slack,
                *((str(one.holds_in),) if sampled else ()),
            )
        )
    kinds = [k for one in study.deals for k in one.kinds if k in _MEANINGS]
    notes = [f"{'; '.join(_MEANINGS[k] for k in kinds)}."] if kinds else []
    notes = [n[:1].upper() + n[1:] for n in notes]
    notes += [f"No {_name(study, kind)}: {why}." for kind, why in _grouped(study)]
    notes.append(
        f"Payoffs and losses in {unit_of(study)}; losses are averages, counting the gain of the "
        "first period."
    )
    return Block("Deals that stand out", header=header, rows=tuple(rows), notes=tuple(notes))


def _flat(x: float) -> float:
    return 0.0 if abs(x) < 1e-6 else x


def _name(study: DealAnalysis, kinds: tuple[str, ...]) -> str:
    return (
        listed(kind_names(study, kinds)) if len(kinds) == 1 else ", ".join(kind_names(study, kinds))
    )


def _grouped(study: DealAnalysis) -> list[tuple[tuple[str, ...], str]]:
    groups: dict[str, list[str]] = {}
    for kind, why in study.missing.items():
        groups.setdefault(why, []).append(kind)
    return [(tuple(kinds), why) for why, kinds in groups.items()]


def _no_deal(study: DealAnalysis) -> Block:
    names, (first, second) = study.contract.model.players, study.disagreement_point
    what = {
        "worst": "the worst that can credibly follow a breach",
        "stage": "its worst equilibrium of playing once",
        "minmax": "what it can guarantee itself",
    }[study.disagreement]
    lines = [
        f"Without a deal each side is taken to get {what}: {number(first)} for {names[0]}, "
        f"{number(second)} for {names[1]}.",
        "If the two sides haggle by turns and answer quickly, their patience gives them "
        f"{100 * study.weights[0]:.0f} and {100 * study.weights[1]:.0f} % of the weight.",
    ]
    against: dict[int, list[str]] = {}
    for one in (*study.deals, study.own):
        for i in one.prefers_none:
            against.setdefault(i, []).append(kind_names(study, one.kinds)[0])
    for i, deals in sorted(against.items()):
        lines.append(
            f"- {names[i]} would rather have no deal than {listed(deals)}: playing once, "
            f"equilibrium gives it {number(study.one_shot[i])} or more."
        )
    if not against:
        lines.append(
            "- Neither side gets less from any of these deals than in its worst equilibrium of "
            "playing once."
        )
    return Block("If there is no deal", lines=tuple(lines))


def _sure(study: DealAnalysis) -> Block:
    if study.sample is None or study.robust is None:
        return Block("")
    sample, robust, names = study.sample, study.robust, study.contract.model.players
    most = max(study.deals, key=lambda d: d.holds_in or 0)
    same = [kind_names(study, d.kinds)[0] for d in study.deals if d.holds_in == most.holds_in]
    lines = [
        f"{len(sample.names)} uncertain numbers were varied together over the file's ranges, "
        f"{sample.cases} cases (seed {sample.seed}). A share of cases is not a probability.",
    ]
    if most.holds_in is not None and most.broken_by is not None:
        share = "in all" if most.holds_in == sample.cases else f"in {most.holds_in} of"
        broken = (
            f"; {names[0]} would break it in {most.broken_by[0]}, {names[1]} in {most.broken_by[1]}"
        )
        lines.append(
            f"Of these deals, {listed(same)} {'hold' if len(same) > 1 else 'holds'} most widely, "
            f"{share} {sample.cases} cases{broken if len(same) == 1 else ''}."
        )
    worst = number(robust.margin)
    case = "keeps a margin of" if robust.margin >= 0 else "falls short by"
    lines.append(
        f"The most robust terms are {stated(study, _robust(study))}: in the worst of the cases "
        f"the tighter side {case} {worst.lstrip('-')} {unit_of(study)}"
        + (
            ", and no terms do better."
            if robust.exact
            else "; these were searched, and better ones may exist."
        )
    )
    return Block("How sure", lines=tuple(lines))


def _robust(study: DealAnalysis) -> Deal:
    one = study.deal("most_robust")
    assert one is not None, "a sample gives a most robust deal"
    return one


def _method(study: DealAnalysis) -> Block:
    if study.method == "search":
        text = (
            f"Searched, since {study.reason}: {study.looked_at} terms on a grid, then climbing "
            "from the best. Nothing proves that no better terms lie between them."
        )
    else:
        text = (
            "Exact, by linear programs: payoffs are affine in the terms or in their products, and "
            "what follows a breach does not move with them."
        )
    needs = max((max(d.needs) for d in study.deals if d.sustained), default=None)
    more = (
        "" if needs is None else f" The most patience that one of them needs is {patience(needs)}."
    )
    return Block(
        "How it was found",
        lines=(f"{text} Every deal shown was solved again with its terms.{more}",),
    )
