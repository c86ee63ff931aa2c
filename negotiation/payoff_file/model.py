"""The model of a payoff file, immutable, and the games that it gives."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from negotiation._numpy import Array, np
from negotiation.errors import GameError, UsageError, near_name
from negotiation.games.followers import FollowerPlay
from negotiation.games.game import ExactTables, Game, Outcome
from negotiation.games.stochastic_game import StochasticGame
from negotiation.payoff_file.backward_induction import Answers
from negotiation.payoff_file.formulas.formula import Formula, evaluate
from negotiation.payoff_file.pieces import (
    MONTHS,
    Follower,
    Lever,
    Observed,
    Parameter,
    Source,
    Watch,
    action_names,
    choices,
    only_available,
)
from negotiation.payoff_file.profiles import (
    Attributes,
    Parts,
    Table,
    answers,
    depends_on,
    exact_payoffs,
    one_play,
    payoff_arrays,
    unweighable,
)
from negotiation.payoff_file.signalling import PlainSignalling, PrivateInformation
from negotiation.payoff_file.transitions import (
    Axis,
    State,
    game_of_states,
    game_on_grid,
    grid,
    start_of,
    wrong_rises,
)
from negotiation.payoff_file.values import (
    batch_shape,
    exact_values,
    in_range,
    merge,
    points,
    reach,
    refuse_too_many,
    values,
)

__all__ = ["PayoffFile"]

POINTS_AT_ONCE, NUMBERS_AT_ONCE = 8192, 2**22


@dataclass(frozen=True, eq=False)
class PayoffFile:
    """Model of a payoff file.

    Attributes
    ----------
    title, about, period, date, payoff_unit, payoff_rate, not_modelled
        For people; payoffs are amounts of `payoff_unit` in a period, or, with a rate such as "per
        year", in a year as long as they last; `not_modelled` lists what the model leaves out.
    path, sha256
        Where it was read from, and the digest of the bytes read.
    parameters, sources
        Every number with its meaning, and where it comes from.
    players, levers, discounts
        Two of each; `discounts` are formulas of parameters, per period.
    definitions
        Names of pieces of payoffs with their formulas, in file order.
    payoffs
        For each player a formula, or a table of formulas ``[a0][a1]``.
    followers
        Who answers what both do, in the order in which they move.
    observed
        What was played when, in order of time.
    outcomes
        Named cells; every cell belongs to at most one.
    terms, deal, watch
        Parameters that the two sides bargain over, each with its bounds, and the name of the
        outcome whose terms they are; empty if the file does not say; and what to watch.
    kind
        "repeated", "dynamic" where states move, or "signalling" where one side knows more.
    axes
        Numbers that move on a grid; each is a parameter too, its value being the start.
    states, start
        States by name, and the index of the first. `payoffs` are then those of the start.
    signalling
        Who knows what; None in a game of complete information. Of a game given by its payoffs it
        holds everything, and `levers`, `discounts` and `payoffs` say nothing.
    """

    title: str
    players: tuple[str, str]
    levers: tuple[tuple[Lever, ...], tuple[Lever, ...]]
    discounts: tuple[Formula, Formula]
    payoffs: tuple[Formula | Table, Formula | Table]
    parameters: tuple[Parameter, ...] = ()
    definitions: tuple[tuple[str, Formula], ...] = ()
    followers: tuple[Follower, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    observed: tuple[Observed, ...] = ()
    terms: tuple[tuple[str, tuple[float, float]], ...] = ()
    deal: str = ""
    watch: tuple[Watch, ...] = ()
    sources: tuple[Source, ...] = ()
    about: str = ""
    period: str = ""
    date: str = ""
    payoff_unit: str = ""
    payoff_rate: str = ""
    not_modelled: tuple[str, ...] = ()
    path: str = "<text>"
    sha256: str = field(default="", repr=False)
    kind: str = "repeated"
    axes: tuple[Axis, ...] = ()
    states: tuple[State, ...] = ()
    start: int = 0
    signalling: PlainSignalling | PrivateInformation | None = None

    @cached_property
    def actions(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Action names of both players, in the order of the game's axes."""
        return action_names(self.levers[0]), action_names(self.levers[1])

    @property
    def period_share(self) -> float:
        """Share of a payoff that one period brings: 1/4 of a yearly rate in a quarter."""
        rate = self.payoff_rate.removeprefix("per ")
        return MONTHS[self.period] / MONTHS[rate] if rate else 1.0

    @property
    def state_count(self) -> int:
        """Number of states; 1 for a repeated game."""
        return len(self.states) or math.prod(len(axis.levels) for axis in self.axes)

    @cached_property
    def attributes(self) -> Attributes:
        """Attribute name → its player, and its formula for each action."""
        attributes: dict[str, tuple[int, tuple[Formula, ...]]] = {}
        for player, levers in enumerate(self.levers):
            actions = [
                dict(pair for setting in choice for pair in setting.attributes)
                for choice in choices(levers)
            ]
            for name in actions[0]:
                attributes[name] = player, tuple(action[name] for action in actions)
        return attributes

    @cached_property
    def parts(self) -> Parts:
        """Parts that formulas of a profile may use besides parameters."""
        return Parts(dict(self.definitions), self.attributes, self.followers)

    @cached_property
    def _formulas(self) -> dict[str, Formula]:
        return {p.name: p.formula for p in self.parameters if p.formula is not None}

    def values(self, /, **settings: Any) -> dict[str, Any]:
        """Return the value of every parameter: its setting, else the number in the file.

        Parameters
        ----------
        **settings
            Numbers, or arrays that broadcast together. Setting a parameter that the file gives
            by a formula overrides the formula.

        Returns
        -------
        dict
            Name → float or array, in file order.

        Raises
        ------
        UsageError
            If a name is unknown or a value is not a finite number.
        """
        arrays, exact = self._given(settings)
        evaluated = values(self._formulas, arrays)
        exactly = exact_values(self._formulas, exact)
        return {p.name: _plain(evaluated[p.name], exactly.get(p.name)) for p in self.parameters}

    def game(self, /, **settings: Any) -> Game:
        """Return the game at given parameter values; arrays give a batch.

        Of a dynamic model this is the game of the start state, as if nothing moved.

        Parameters
        ----------
        **settings
            As for `values`.

        Returns
        -------
        Game
            With ``exact`` tables when every number is rational and nothing is an array.

        Raises
        ------
        UsageError
            If a name is unknown, a value is not a finite number, or a set discount factor is not
            in [0, 1).
        GameError
            If a payoff is not finite: with player, actions and parameter values.
        """
        if isinstance(self.signalling, PlainSignalling):
            raise UsageError(
                f"{self.title}: this is a signalling game, played once by a side that knows more; "
                "expected a model with two players and their actions"
            )
        if self.states:
            return self.frozen().game(**settings)
        arrays, exact = self._given(settings)
        batch = batch_shape(arrays)
        payoffs, discount = self._evaluate(arrays, batch)
        tables = None
        if not batch:
            exact = exact_values(self._formulas, exact)
            factors = [exact_values({"": f}, exact).get("") for f in self.discounts]
            discount = np.array(list(map(_plain, discount, factors)))
            tables = self._exact(exact, settings)
        if tables is not None:
            payoffs = np.array([[[float(x) for x in row] for row in table] for table in tables])
        return Game(
            payoffs=payoffs,
            discount=discount,
            players=self.players,
            actions=self.actions,
            outcomes=self.outcomes,
            exact=tables,
            title=self.title,
        )

    def exactly(self, /, **settings: Any) -> dict[str, Fraction]:
        """Give every parameter its value as a rational; of one that has none, that of its float.

        Raises
        ------
        UsageError
            As for `values`, or if a value is an array or not finite.
        """
        arrays, exact = self._given(settings)
        found = exact_values(self._formulas, exact)
        if len(found) < len(self.parameters):
            for name, value in values(self._formulas, arrays).items():
                if name not in found:
                    if value.ndim or not np.isfinite(value):
                        raise UsageError(f"{name!r} is not one finite number at these settings")
                    found[name] = Fraction(float(value))
        return found

    def bargain(self) -> PayoffFile:
        """Return the model without who knows what: the bargain behind private information."""
        if isinstance(self.signalling, PrivateInformation):
            return replace(self, kind="repeated", signalling=None)
        return self

    def frozen(self, state: int | None = None) -> PayoffFile:
        """Return the repeated game at a fixed state: the start, or another of `states`."""
        if self.kind in ("repeated", "signalling"):
            return self.bargain()
        if not self.states:
            return replace(self, axes=(), kind="repeated")
        fixed_state = self.states[self.start if state is None else state]
        return replace(
            self,
            levers=(
                only_available(self.levers[0], fixed_state.available[0]),
                only_available(self.levers[1], fixed_state.available[1]),
            ),
            payoffs=fixed_state.payoffs,
            outcomes=tuple(
                filter(None, (_within(o, fixed_state.available) for o in self.outcomes))
            ),
            states=(),
            start=0,
            kind="repeated",
        )

    def starting(self, name: str) -> PayoffFile:
        """Return the model with its start in another of its named states.

        Raises
        ------
        UsageError
            If it has no such state.
        """
        names = [s.name for s in self.states]
        if name not in names:
            near = near_name(name, names)
            hint = f"; did you mean {near!r}?" if near else ";"
            listed = f"the states are: {', '.join(names)}" if names else "it has no named states"
            raise UsageError(f"no state {name!r}{hint} {listed}")
        k = names.index(name)
        return replace(self, start=k, payoffs=self.states[k].payoffs)

    def stochastic(self, /, **settings: Any) -> StochasticGame:
        """Return the stochastic game; settings of a number on a grid set the start.

        Raises
        ------
        UsageError
            If the model is not dynamic, a setting is impossible, or the start is not on the grid.
        GameError
            If a payoff is not finite, or a rise or a probability is impossible.
        """
        for name, value in settings.items():
            if np.ndim(value):
                raise UsageError(f"{name!r} is an array; expected one number, since states move")
        if self.axes:
            start, at = start_of(self.axes, self.values(**settings)), settings | grid(self.axes)
            rises = self.rises(**at)
            for fault in wrong_rises(self.axes, rises, self.actions):
                raise GameError(f"{fault.message}; expected {fault.expected}")
            return game_on_grid(self.game(**at), self.axes, rises, start)
        if self.states:
            games = [self.frozen(k).game(**settings) for k in range(len(self.states))]
            at = {name: np.asarray(value) for name, value in self.values(**settings).items()}
            return game_of_states(games, self.states, self.start, at)
        raise UsageError(
            f"{self.title}: nothing in this model moves; expected a model with states, such as "
            "substitution-race"
        )

    def rises(self, /, **settings: Any) -> Array:
        """Return expected rises per period at parameter values: ``(points, axes, n0, n1)``."""
        arrays, _ = self._given(settings)
        parameter_values = values(self._formulas, arrays)
        rules = tuple(axis.rise for axis in self.axes)
        return payoff_arrays(rules, self.parts, parameter_values, self._shape)

    def answers(self, /, **settings: Any) -> Answers:
        """Find what every follower does in every cell; settings and errors as for `values`."""
        arrays, _ = self._given(settings)
        batch = batch_shape(arrays)
        flat = {n: np.broadcast_to(v, batch).ravel() if v.ndim else v for n, v in arrays.items()}
        return answers(self.parts, values(self._formulas, flat), self._shape)

    def follower_play(self, /, **settings: Any) -> FollowerPlay:
        """Return what followers get and do at one parameter point; settings as for `game`."""
        return one_play(self.followers, self.answers(**settings))

    def _evaluate(self, arrays: Mapping[str, Array], batch: tuple[int, ...]) -> tuple[Array, Array]:
        """Evaluate payoffs and discount factors, a run of points at a time to save memory."""
        flat = {
            name: np.broadcast_to(v, batch).reshape(-1) if v.ndim else v
            for name, v in arrays.items()
        }
        size, shape = math.prod(batch), self._shape
        refuse_too_many(size, 2, shape)
        payoffs, discount = np.empty((size, 2, *shape)), np.empty((size, 2))
        each = math.prod(len(f.choices) for f in self.followers)
        step = max(1, min(POINTS_AT_ONCE, NUMBERS_AT_ONCE // math.prod(shape)) // each)
        for start in range(0, size, step):
            run = slice(start, start + step)
            parameter_values = values(self._formulas, points(flat, run))
            discount[run] = self._discount(parameter_values)
            payoffs[run] = self.tables(parameter_values)
            self._check_finite(payoffs[run], parameter_values)
        return payoffs.reshape(*batch, 2, *shape), discount.reshape(*batch, 2)

    def _exact(
        self, parameters: Mapping[str, Fraction], settings: Mapping[str, Any]
    ) -> ExactTables | None:
        found = self.answers(**settings).chosen if self.followers else ()
        chosen = tuple(k[0] for k in found)
        return exact_payoffs(self.payoffs, self.parts, parameters, self._shape, chosen)

    @property
    def _shape(self) -> tuple[int, int]:
        return len(self.actions[0]), len(self.actions[1])

    def used_parameters(self) -> set[str]:
        """Return the names of all parameters that some payoff or discount factor depends on."""
        formulas, rules = dict(self.definitions) | self._formulas, list(self.discounts)
        for rule in self.payoffs:
            rules += [rule] if isinstance(rule, Formula) else [f for row in rule for f in row]
        found = reach((name for f in rules for name in f.names), formulas)
        for name in found & self.attributes.keys():
            found = found | reach((n for f in self.attributes[name][1] for n in f.names), formulas)
        return found & {p.name for p in self.parameters}

    def outside_range(self, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Name the parameters whose settings lie outside the file's ranges."""
        parameter_values = self.values(**settings)
        return tuple(
            p.name for p in self.parameters if not in_range(parameter_values[p.name], p.range)
        )

    def tables(self, here: Mapping[str, Array]) -> Array:
        """Evaluate payoffs at parameter values of shape () or (points,); NaN where not finite."""
        return payoff_arrays(self.payoffs, self.parts, here, self._shape)

    def _given(self, settings: Mapping[str, Any]) -> tuple[dict[str, Array], dict[str, Fraction]]:
        numbers = {p.name: p.exact for p in self.parameters if p.exact is not None}
        return merge(numbers, [p.name for p in self.parameters], settings)

    def _discount(self, parameter_values: Mapping[str, Array]) -> Array:
        both = [np.asarray(evaluate(f, parameter_values)) for f in self.discounts]
        for player, formula, factor in zip(self.players, self.discounts, both, strict=True):
            if not ((factor >= 0) & (factor < 1)).all():
                wrong = factor[~((factor >= 0) & (factor < 1))].flat[0]
                raise UsageError(
                    f"the discount factor of {player} ({formula.text}) is {wrong:.6g}; expected a"
                    " number in [0, 1)"
                )
        return np.stack(np.broadcast_arrays(*both), axis=-1)

    def unweighable(self, here: Mapping[str, Array], cell: tuple[int, int]) -> Follower | None:
        """Return the follower who gets nothing finite in a cell at one point, if there is one."""
        return unweighable(self.parts, here, self._shape, cell) if self.followers else None

    def _check_finite(self, payoffs: Array, parameter_values: Mapping[str, Array]) -> None:
        if not np.isfinite(payoffs).all():
            point, player, a0, a1 = map(int, np.argwhere(~np.isfinite(payoffs))[0])
            raise GameError(self.fault(player, (a0, a1), parameter_values, point))

    def fault(
        self, player: int, cell: tuple[int, int], here: Mapping[str, Array], point: int = 0
    ) -> str:
        """Name a payoff that is not finite, and the parameter values it depends on."""
        rule, who = self.payoffs[player], self.players[player]
        formula = rule if isinstance(rule, Formula) else rule[cell[0]][cell[1]]
        at_point = {n: v.reshape(-1)[point % v.size] for n, v in here.items()}
        failing = self.unweighable(at_point, cell)
        if failing is not None:
            who, formula = failing.name, failing.payoff
        used = depends_on(formula, self._formulas, self.parts, cell)
        at = ", ".join(
            f"{p.name} = {float(here[p.name].flat[point % here[p.name].size]):.6g}"
            for p in self.parameters
            if p.name in used
        )
        named = reach(formula.names, dict(self.definitions) | self._formulas)
        levers = [
            f"{name} = {float(evaluate(rules[cell[i]], here).flat[0]):.6g}"
            for name, (i, rules) in self.attributes.items()
            if name in named
        ]
        at = ", ".join([at, *levers] if at else levers)
        profile = ", ".join(names[k] for names, k in zip(self.actions, cell, strict=True))
        return f"the payoff of {who} at ({profile}) is not finite" + (f", with {at}" if at else "")


def _within(outcome: Outcome, available: tuple[tuple[int, ...], tuple[int, ...]]) -> Outcome | None:
    """Return an outcome with its cells counted among the available actions; None without any."""
    first, second = available
    cells = tuple(
        (first.index(a), second.index(b)) for a, b in outcome.profiles if a in first and b in second
    )
    return replace(outcome, profiles=cells) if cells else None


def _plain(value: Array, exact: Fraction | None) -> Any:
    if value.ndim:
        return value
    return float(value) if exact is None else float(exact)
