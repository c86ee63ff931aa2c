"""Check a claimed perfect Bayesian equilibrium of a signalling game from its definition.

Nothing here comes from a solver: exact arithmetic on the payoffs, one condition after the other.
The sender moves once and each message is one information set of the receiver, so perfect Bayesian
and sequential equilibrium are the same thing here (Fudenberg & Tirole 1991).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from negotiation.errors import CertificateError
from negotiation.games.signalling_game import SignallingGame

__all__ = ["check_signalling", "signalling_payoffs"]

Rows = Sequence[Sequence[Fraction]]
"""One distribution a row."""


def check_signalling(
    game: SignallingGame, strategy: Rows, replies: Rows, beliefs: Rows
) -> tuple[tuple[Fraction, ...], Fraction]:
    """Check an assessment by the definition; return the payoffs that it earns.

    Parameters
    ----------
    game
        One game.
    strategy
        ``strategy[t][m]``: chance that type t sends m.
    replies
        ``replies[m][a]``: chance that m is answered with a.
    beliefs
        ``beliefs[m][t]``: what the receiver believes after m.

    Returns
    -------
    tuple
        Payoff of each type, and of the receiver before the draw; exact.

    Raises
    ------
    CertificateError
        If a row is not a distribution, a type gains by another message, a response in use is not
        best at the belief, or a belief after a message that is sent is not Bayes' rule.
    """
    n = len(game.messages)
    _distributions(strategy, [n] * len(game.types), "a type's strategy")
    _distributions(replies, [len(names) for names in game.responses], "a reply")
    _distributions(beliefs, [len(game.types)] * n, "a belief")
    earned, received = signalling_payoffs(game, strategy, replies)
    for t, name in enumerate(game.types):
        for m, message in enumerate(game.messages):
            if _mean(replies[m], game.sender[t][m]) > earned[t]:
                raise CertificateError(f"type {name!r} gains by sending {message!r}")
    for m, message in enumerate(game.messages):
        _receiver_is_best(game, m, replies[m], beliefs[m])
        sent = [p * row[m] for p, row in zip(game.prior, strategy, strict=True)]
        total = sum(sent, Fraction(0))
        if total > 0 and any(
            belief * total != x for belief, x in zip(beliefs[m], sent, strict=True)
        ):
            raise CertificateError(f"the belief after {message!r} is not Bayes' rule")
    return earned, received


def signalling_payoffs(
    game: SignallingGame, strategy: Rows, replies: Rows
) -> tuple[tuple[Fraction, ...], Fraction]:
    """Return each type's payoff and the receiver's before the draw.

    Parameters
    ----------
    game, strategy, replies
        As in `check_signalling`.
    """
    earned, received = [], Fraction(0)
    for t, p in enumerate(game.prior):
        own = Fraction(0)
        for m, chance in enumerate(strategy[t]):
            own += chance * _mean(replies[m], game.sender[t][m])
            received += p * chance * _mean(replies[m], game.receiver[t][m])
        earned.append(own)
    return tuple(earned), received


def _receiver_is_best(
    game: SignallingGame, m: int, reply: Sequence[Fraction], belief: Sequence[Fraction]
) -> None:
    values = [
        _mean(belief, [rows[m][a] for rows in game.receiver]) for a in range(len(game.responses[m]))
    ]
    for chance, value, name in zip(reply, values, game.responses[m], strict=True):
        if chance > 0 and value < max(values):
            raise CertificateError(f"{name!r} is not a best reply to {game.messages[m]!r}")


def _mean(chances: Sequence[Fraction], values: Sequence[Fraction]) -> Fraction:
    return sum((c * v for c, v in zip(chances, values, strict=True)), Fraction(0))


def _distributions(rows: Rows, lengths: Sequence[int], what: str) -> None:
    if [len(row) for row in rows] != list(lengths):
        raise CertificateError(f"{what} has the wrong length")
    for row in rows:
        if min(row) < 0 or sum(row) != 1:
            raise CertificateError(f"{what} is not a probability distribution")
