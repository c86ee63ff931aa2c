"""Check what followers are said to do from the definition of subgame perfection."""

from __future__ import annotations

from itertools import product

from negotiation.errors import CertificateError
from negotiation.games.followers import FollowerPlay

__all__ = ["check_followers"]

_TOLERANCE = 1e-9
"""Of a follower's payoffs in a cell, as a share of the largest: two are the same within it."""


def check_followers(play: FollowerPlay) -> None:
    """Check that no follower gains by another choice, after any history, and that ties are marked.

    After every history of every cell the choices that the plans give lead somewhere; a follower who
    has a say must not be led anywhere better by another choice of its own, and among choices that
    pay the same must take the first; one who has none must take its first.

    Raises
    ------
    CertificateError
        If a choice is not a best reply, or `chosen` and `ties` are not what the plans lead to.
    """
    n0, n1 = play.payoffs[0].shape[-2:]
    for cell in product(range(n0), range(n1)):
        for k in range(len(play.names)):
            for history in product(*(range(len(c)) for c in play.choices[:k])):
                _check_choice(play, cell, history)
        _check_path(play, cell)


def _end(play: FollowerPlay, cell: tuple[int, int], history: tuple[int, ...]) -> tuple[int, ...]:
    """Follow the plans from a history to its end."""
    while len(history) < len(play.names):
        history = (*history, int(play.plans[len(history)][(*history, *cell)]))
    return history


def _worths(
    play: FollowerPlay, cell: tuple[int, int], history: tuple[int, ...]
) -> tuple[list[float], float]:
    """Return what each choice leads the next follower to, and what counts as no difference."""
    k = len(history)
    ends = [_end(play, cell, (*history, c)) for c in range(len(play.choices[k]))]
    worths = [float(play.payoffs[k][(*end, *cell)]) for end in ends]
    return worths, _TOLERANCE * max(1e-300, *(abs(x) for x in worths))


def _check_choice(play: FollowerPlay, cell: tuple[int, int], history: tuple[int, ...]) -> None:
    k = len(history)
    choice = int(play.plans[k][(*history, *cell)])
    where = f"{play.names[k]} at {cell} after {history}"
    if not play.asked[k][(*history, *cell)]:
        if choice != 0:
            raise CertificateError(f"{where} has no say but departs from its first choice")
        return
    worths, same = _worths(play, cell, history)
    if max(worths) - worths[choice] > same:
        raise CertificateError(
            f"{where} would gain {max(worths) - worths[choice]:.3g} by another choice"
        )
    if any(worth > max(worths) - same / 1e4 for worth in worths[:choice]):
        raise CertificateError(f"{where} does not take the first of the choices that pay the same")


def _check_path(play: FollowerPlay, cell: tuple[int, int]) -> None:
    path = _end(play, cell, ())
    for k, name in enumerate(play.names):
        if int(play.chosen[(k, *cell)]) != path[k]:
            raise CertificateError(f"{name} at {cell} is said to do what its plan does not lead to")
        worths, same = _worths(play, cell, path[:k])
        rivals = sum(max(worths) - x <= same for x in worths)
        clear = sum(max(worths) - x <= same / 1e4 for x in worths)
        tied = bool(play.ties[(k, *cell)])
        asked = bool(play.asked[k][(*path[:k], *cell)])
        if (tied and (rivals < 2 or not asked)) or (not tied and asked and clear > 1):
            raise CertificateError(f"{name} at {cell}: ties are not marked as they are")
