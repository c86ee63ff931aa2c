"""Solutions of a batch of repeated games as plain arrays.

What compiled loops can settle beyond doubt they settle; every other game (ties, values within
rounding of a change) is finished by the exact single-game path, so no answer is less right in a
batch than alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from negotiation.equilibria.repeated.batch_sets import solve_chunk
from negotiation.equilibria.repeated.discounts.critical_discounts import (
    critical_discounts_batch,
    critical_discounts_by_player_batch,
)
from negotiation.equilibria.repeated.payoff_rings import spread_out
from negotiation.equilibria.repeated.screening import (
    Bools,
    Codes,
    Facts,
    empty_facts,
    patience,
    tightest_player,
)
from negotiation.equilibria.repeated.transfers import critical_discounts_with_transfers
from negotiation.errors import GameError
from negotiation.games.game import (
    Array,
    Game,
    best_other_payoffs,
)
from negotiation.solution.regimes import REGIMES
from negotiation.solution.regimes import Facts as RegimeFacts
from negotiation.solution.regimes import regime as regime_of

__all__ = ["REGIME_NAMES", "BatchSolution", "OutcomeBatch", "named_cells", "solve_batch"]

REGIME_NAMES = tuple(name for name, _ in REGIMES)
"""What the codes in `BatchSolution.regime` stand for; -1 is undecided."""


@dataclass(frozen=True, eq=False)
class OutcomeBatch:
    """Result on sustaining one named profile, at every point of a batch.

    Attributes
    ----------
    name, profile, truce
        As in the file.
    payoffs
        Shape ``(..., 2)``, a period.
    sustained
        Shape ``(...)``: whether it is the path of a subgame-perfect equilibrium.
    slack
        Shape ``(..., 2)``: what each player loses on average a period by deviating; negative where
        it gains, NaN where no pure-strategy equilibrium exists.
    margin
        Shape ``(..., 2)``: each player's discount factor less the one at which it would be
        indifferent, given the punishments available now; infinite for a player who is not tempted,
        -inf where no patience is enough.
    tightest_player
        Shape ``(...)``: the tempted player with the smaller margin; -1 if neither is tempted.
    """

    name: str
    profile: tuple[int, int]
    truce: bool
    payoffs: Array
    sustained: Bools
    slack: Array
    margin: Array
    tightest_player: Codes


@dataclass(frozen=True, eq=False)
class BatchSolution:
    """Solutions of a batch of games, one array for each quantity.

    Attributes
    ----------
    game
        The batch, leading shape ``(...)``.
    pure_equilibria
        Shape ``(..., n0, n1)``: which cells are equilibria of one round.
    worst_stage
        Shape ``(..., 2)``: each player's worst equilibrium payoff of one round, mixed included.
    status
        Shape ``(...)``: index into `polygon.STATUSES`, -1 where rounding decides.
    min_spe_payoffs
        Shape ``(..., 2)``: each player's worst subgame-perfect payoff; NaN where there is none.
    gap
        Shape ``(...)``: bound on the distance of the payoff set found to the true one.
    sustained
        Shape ``(..., n0, n1)``: which cells can be played for ever.
    regime
        Shape ``(...)``: index into `REGIME_NAMES`, -1 where undecided.
    finished_exactly
        Shape ``(...)``: which games were left to the exact single-game path.
    """

    game: Game
    pure_equilibria: Bools
    worst_stage: Array
    status: Codes
    min_spe_payoffs: Array
    gap: Array
    sustained: Bools
    regime: Codes
    finished_exactly: Bools

    @property
    def cells(self) -> tuple[tuple[str, tuple[int, int], bool], ...]:
        """Name, profile and truce of every named cell, in file order; all cells if none is."""
        return named_cells(self.game)

    @cached_property
    def nash_reversion(self) -> Array:
        """Common critical discount factor under Nash reversion.

        Shape ``(..., n0, n1)``; inf where none below 1 is enough.
        """
        need = patience(self.game, self.worst_stage).max(axis=-3)
        return np.where(need < 1, need, np.inf)

    @cached_property
    def penal_code(self) -> Array:
        """Common critical discount factor under an optimal penal code.

        Shape ``(..., n0, n1)``; inf where none below 1 is enough, NaN where rounding decides.
        Found when first asked for.
        """
        return critical_discounts_batch(self.game)

    @cached_property
    def penal_code_by_player(self) -> Array:
        """Unilateral critical discount factors, the other as it is; else as `penal_code`.

        Shape ``(..., 2, n0, n1)``.
        """
        return critical_discounts_by_player_batch(self.game)

    @cached_property
    def transfers(self) -> Array:
        """Common critical discount factor with side payments.

        Shape ``(..., n0, n1)``; inf where none below 1 is enough.
        """
        critical = critical_discounts_with_transfers(self.game)
        return np.where(critical < 1, critical, np.inf)

    def outcome(self, profile: tuple[int, int]) -> OutcomeBatch:
        """Return the result on one action profile."""
        name, truce = next(
            ((n, t) for n, p, t in self.cells if p == profile), (str(profile), False)
        )
        game, (a, b) = self.game, profile
        payoffs = game.payoffs[..., :, a, b]
        other = best_other_payoffs(game)[..., :, a, b]
        slack = payoffs - (1 - game.discount) * other - game.discount * self.min_spe_payoffs
        margin, tightest = tightest_player(game, profile, self.min_spe_payoffs)
        sustained = self.sustained[..., a, b]
        return OutcomeBatch(name, profile, truce, payoffs, sustained, slack, margin, tightest)


def named_cells(game: Game) -> tuple[tuple[str, tuple[int, int], bool], ...]:
    """Return name, profile and truce of every named cell, or of every cell if none is named."""
    named = tuple((o.name, p, o.truce) for o in game.outcomes for p in o.profiles)
    return named or tuple(
        (f"{first} / {second}", (a, b), False)
        for a, first in enumerate(game.actions[0])
        for b, second in enumerate(game.actions[1])
    )


def solve_batch(
    game: Game,
    *,
    payoff_sets: bool = True,
    regimes: bool = True,
    threads: int | None = None,
    chunk: int = 1024,
) -> BatchSolution:
    """Solve every game of a batch.

    Parameters
    ----------
    game
        A batch: payoffs ``(..., 2, n0, n1)`` and discount factors ``(..., 2)``.
    payoff_sets
        Whether to find every game's payoff set, rather than only where something else depends on
        it. Without, some `status` and `gap` stay open (-1, NaN); all else is the same.
    regimes
        Whether to find every regime. Without, and without sets, only `threats`, `sustained` and
        what follows from them is sure to be found; other regimes stay undecided (-1).
    threads
        How many; by default one for each core.
    chunk
        Games at a time in each thread; it bounds the memory used besides the results.

    Raises
    ------
    GameError
        If `game` is a single game.

    Examples
    --------
    >>> pd = Game.from_tables([[9, 1], [10, 3]], [[9, 10], [1, 3]])
    >>> pds = Game(np.broadcast_to(pd.payoffs, (3, 2, 2, 2)), np.array([[0.1], [0.4], [0.75]]))
    >>> [REGIME_NAMES[code] for code in solve_batch(pds).regime]
    ['no cooperation', 'partial cooperation', 'partial cooperation']
    """
    if not game.batch:
        raise GameError("expected a batch of games, not a single one; use solve")
    n0, n1 = game.shape
    payoffs, discount = game.payoffs.reshape(-1, 2, n0, n1), game.discount.reshape(-1, 2)
    truces = np.zeros(game.shape, dtype=np.bool_)
    for _, cell, truce in named_cells(game):
        truces[cell] |= truce
    facts = empty_facts(len(payoffs), n0, n1)

    def work(rows: slice) -> None:
        chunk_games = Game(payoffs[rows], discount[rows])
        wanted = {"payoff_sets": payoff_sets, "regimes": regimes or payoff_sets}
        solve_chunk(chunk_games, truces, facts.part(rows), **wanted)

    spread_out(work, len(payoffs), chunk, threads)
    return _solution(game, facts, truces)


def _solution(game: Game, facts: Facts, truces: Bools) -> BatchSolution:
    """Reshape the results to the batch, and name the regime of each game."""
    regime = _regimes(
        (facts.cells & truces).any(axis=(-2, -1)),
        (facts.held & truces).any(axis=(-2, -1)),
        facts.better,
        facts.any,
    )
    regime = np.where(facts.decided, regime, -1).astype(np.int8)

    def shaped(x: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return x.reshape(*game.batch, *x.shape[1:])

    return BatchSolution(
        game=game,
        pure_equilibria=shaped(facts.cells),
        worst_stage=shaped(facts.worst),
        status=shaped(facts.status),
        min_spe_payoffs=shaped(facts.min_spe_payoffs),
        gap=shaped(facts.gap),
        sustained=shaped(facts.held),
        regime=shaped(regime),
        finished_exactly=shaped(facts.exact),
    )


def _regimes(*conditions: npt.ArrayLike) -> Codes:
    """Apply the table of regimes to the conditions of `regimes.Facts`, in their order."""
    table = np.empty((2,) * len(conditions), dtype=np.int8)
    for case in np.ndindex(table.shape):
        table[case] = REGIME_NAMES.index(regime_of(RegimeFacts(*map(bool, case))))
    return table[tuple(np.asarray(c, dtype=np.intp) for c in conditions)]
