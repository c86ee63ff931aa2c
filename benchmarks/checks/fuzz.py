"""Payoff files made by a grammar, most of them valid, through every reader that there is.

    python benchmarks/checks/fuzz.py [--cases N] [--seed S] [--from K]

A case is a file with any of the sections, of which about a third are then damaged: a character, a
token, a line or a text of `tests/data/hostile_texts.yaml`. What is read is evaluated, exported and
read again; every so many are solved, shown, swept over, or asked about. Nothing may be raised but
the package's own errors, no reading may take two seconds, nothing may warn. Failures are printed
with the number of the case; seeds that once failed are tests, in
`tests/payoff_file/test_fuzzed.py`. Beside them `.nfg` and `.efg` files are damaged in the same way.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
import traceback
import warnings
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random

import numpy as np
import yaml

from negotiation.errors import NegotiationError
from negotiation.payoff_file import bundled, loads
from negotiation.payoff_file.exchange import efg, nfg
from negotiation.payoff_file.exchange.export import FORMATS, export
from negotiation.payoff_file.model import PayoffFile
from negotiation.solution.signalling.solution import signalling_game_at, solve_signals

LIMIT, LONG = 2.0, 30.0
"""Seconds that reading, and that solving, may take."""

HOSTILE: list[str] = yaml.safe_load(
    (Path(__file__).parents[2] / "tests" / "data" / "hostile_texts.yaml").read_text("utf-8")
)
NAMES = [
    *("s", "r", "v", "w", "cut", "hit", "patience", "model", "settings", "self", "axes", "cases"),
    *("points", "start", "regime", "set", "x", "y"),
]
WORDS = [
    *("chips", "ores", "truce", "quarrel", "keep", "break", "half", "more", "Row", "Column"),
    *("Washington", "Beijing", "a+b"),
]
NUMBERS = [
    *("0", "1", "2", "3", "-1", "-2.5", "0.5", ".25", "1e3", "1e-3", "1e299", "-0", "007", "1_000"),
    *("0x10", "nan", "inf", "1e400", "12:30", "½", "0,5"),
]


GAME = 'NFG 1 R "x" { "A" "B" } { { "a" "b" } { "c" "d" } }\n1 2 3/4 4 5.5 6 7 1e3\n'


TREE = """EFG 2 R "x" { "A" "B" }
c "" 1 "" { "weak" 1/2 "strong" 1/2 } 0
p "" 1 1 "" { "raise" "fold" } 0
p "" 2 1 "" { "meet" "pass" } 0
t "" 1 "" { 2, -2 }
t "" 2 "" { 1, -1 }
t "" 2 "" { 1, -1 }
p "" 1 2 "" { "raise" "fold" } 0
p "" 2 1 "" { "meet" "pass" } 0
t "" 3 "" { -2, 2.5 }
t "" 2
t "" 4 "" { -1/3, 1e3 }
"""


class Hang(BaseException):
    """A case took too long."""


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


class Maker:
    """One file, by chance."""

    def __init__(self, draw: Random) -> None:
        self.draw = draw
        self.names = draw.sample(NAMES, draw.randint(0, 5))
        self.scope = list(self.names)
        self.sources = draw.sample(["ref", "brief", "x y"], draw.randint(0, 2))

    def chance(self, share: float) -> bool:
        return self.draw.random() < share

    def number(self) -> str:
        if self.chance(0.01):
            return self.draw.choice(NUMBERS)
        return f"{self.draw.choice((1, 1, 10, 0.1)) * self.draw.randint(-9, 9):g}"

    def words(self) -> str:
        if self.chance(0.05):
            return quoted(self.draw.choice(HOSTILE))
        return " ".join(self.draw.sample(WORDS[:-1], self.draw.randint(1, 3)))

    def formula(self, depth: int = 2) -> str:
        draw = self.draw
        if not depth or self.chance(0.4):
            return draw.choice(self.scope) if self.scope and self.chance(0.6) else self.number()
        a, b = self.formula(depth - 1), self.formula(depth - 1)
        kind = draw.randint(0, 7)
        if kind < 4:
            return f"({a}) {'+-*+'[kind]} ({b})" if self.chance(0.95) else f"({a}) / ({b})"
        if kind == 4:
            if self.chance(0.2):
                return f"{draw.choice(('log', 'sqrt'))}({a})"
            return f"({a})^{draw.choice(('2', '3', '2', '-1'))}"
        if kind == 5:
            return f"{draw.choice(('min', 'max'))}(({a}), ({b}))"
        if kind == 6:
            return f"{draw.choice(('abs', 'tanh', 'abs', 'exp'))}({a})"
        return f"({a}) if ({b}) {draw.choice(('>', '<=', '=='))} ({self.number()}) else ({b})"

    def parameter(self, name: str) -> str:
        low = self.draw.randint(-5, 5)
        high = low + self.draw.randint(0, 10)
        value = str(self.draw.randint(low, high))
        if self.chance(0.02) and len(self.names) > 1:
            value = self.draw.choice([n for n in self.names if n != name])
        grade, source = "assumed", ""
        if self.sources and self.chance(0.5):
            grade, source = "sourced", f", source: {quoted(self.draw.choice(self.sources))}"
        return (
            f"{name}: {{value: {value}, range: [{low}, {high}], unit: {self.words()}, "
            f"meaning: {self.words()}, grade: {grade}{source}}}"
        )

    def player(self, k: int) -> tuple[list[str], str]:
        """Return the names of actions, and what the file says of the player."""
        draw = self.draw
        discount = f"0.{draw.randint(0, 99):02}" if self.chance(0.99) else self.formula(1)
        stems = list(WORDS[:-1])
        if self.chance(0.6):
            actions = draw.sample(stems, draw.randint(1, 3))
            if self.chance(0.02):
                actions[0] = draw.choice((*WORDS, *HOSTILE))
            listed = ", ".join(map(quoted, actions))
            return actions, f"{{actions: [{listed}], discount: {discount}}}"
        first, second = draw.sample(stems, 2), draw.sample(stems, draw.randint(1, 2))
        attribute = f"hit_{k}"
        self.scope.append(attribute)
        settings = ", ".join(f"{a}: {{{attribute}: {draw.randint(0, 3)}}}" for a in first)
        levers = f"{{one: {{{settings}}}, two: [{', '.join(second)}]}}"
        return [
            f"{a}+{b}" for a in first for b in second
        ], f"{{levers: {levers}, discount: {discount}}}"

    def rule(self, rows: int, columns: int) -> str:
        if self.chance(0.35):
            return quoted(self.formula(3))
        table = [[quoted(self.formula(1)) for _ in range(columns)] for _ in range(rows)]
        return "[" + ", ".join(f"[{', '.join(row)}]" for row in table) + "]"

    def file(self) -> str:  # noqa: C901 - a section after the other
        draw, lines = self.draw, []
        lines.append(f"title: {self.words()}")
        for key in ("about", "period", "date", "payoff_unit"):
            if self.chance(0.4):
                lines.append(f"{key}: {self.words()}")
        sides = [self.player(k) for k in (0, 1)]
        names = draw.sample(["Row", "Column", "US", "China"], 2)
        lines.append("players:")
        lines += [f"  {n}: {said}" for n, (_, said) in zip(names, sides, strict=True)]
        sizes = [len(actions) for actions, _ in sides]
        if self.names:
            lines.append("parameters:")
            lines += [f"  {self.parameter(n)}" for n in self.names]
        kind = draw.random()
        if kind < 0.15:
            lines += self.grid()
        if self.chance(0.4):
            lines.append("definitions:")
            for k in range(draw.randint(1, 3)):
                lines.append(f"  piece{k}: {quoted(self.formula())}")
                self.scope.append(f"piece{k}")
        if 0.15 <= kind < 0.25:
            lines += self.states(names, sizes)
        else:
            lines.append("payoffs:")
            lines += [f"  {n}: {self.rule(*sizes)}" for n in names]
        if self.chance(0.7):
            lines += self.outcomes([actions for actions, _ in sides])
        if self.names and self.chance(0.15):
            lines += ["terms:", *(f"  {n}:" for n in draw.sample(self.names, 1))]
        if self.sources:
            lines.append("sources:")
            for source in self.sources:
                address = "https://example.org/a" if self.chance(0.9) else self.words()
                about = f"title: {self.words()}, address: {quoted(address)}, date: {self.words()}"
                lines.append(f"  {quoted(source)}: {{{about}}}")
        if self.chance(0.2):
            lines.append(f"not_modelled: [{self.words()}]")
        if self.chance(0.01):
            lines.append(f"extends: {draw.choice(('chicken', 'none', '/dev/zero', '../x.yaml'))}")
        return "\n".join(lines) + "\n"

    def signalling(self) -> str:
        draw = self.draw
        types = draw.sample(["weak", "strong", "mad"], draw.randint(2, 3))
        messages = draw.sample(WORDS[:4], draw.randint(2, 3))
        responses = draw.sample(WORDS[4:8], draw.randint(1, 3))
        shares = [f"1/{len(types)}"] * len(types)
        lines = [f"title: {self.words()}", "kind: signalling"]
        lines.append(f"types: {{{', '.join(map(': '.join, zip(types, shares, strict=True)))}}}")
        lines.append(f"messages: [{', '.join(messages)}]")
        lines.append(f"responses: [{', '.join(responses)}]")
        if self.names:
            lines += ["parameters:", *(f"  {self.parameter(n)}" for n in self.names)]
        lines.append("payoffs:")
        for side in ("sender", "receiver"):
            lines.append(f"  {side}:")
            for name in types:
                cells = (", ".join(quoted(self.formula(1)) for _ in responses) for _ in messages)
                row = ", ".join(f"{m}: [{c}]" for m, c in zip(messages, cells, strict=True))
                lines.append(f"    {name}: {{{row}}}")
        return "\n".join(lines) + "\n"

    def grid(self) -> list[str]:
        lines = ["states:"]
        moving = self.draw.sample(["m", "n"], self.draw.randint(1, 2))
        for name in moving:
            steps = self.draw.randint(1, 4)
            lines.append(
                f"  {name}: {{start: 0, from: 0, to: {steps}, step: 1, unit: share, "
                f"meaning: {self.words()}, grade: assumed}}"
            )
        self.scope += moving
        return [
            *lines,
            "dynamics:",
            *(f"  {n}: {self.draw.choice(('0', '0.5', '1'))}" for n in moving),
        ]

    def states(self, names: list[str], sizes: list[int]) -> list[str]:
        known = ["calm", "storm", "end"][: self.draw.randint(1, 3)]
        lines = [f"states: [{', '.join(known)}]", f"start: {known[0]}", "transitions:"]
        for state in known:
            cell = self.draw.choice(known)
            other = f"{{{known[0]}: 0.5, {known[-1]}: 0.5}}" if len(known) > 1 else cell
            rows = [
                [self.draw.choice((cell, other)) for _ in range(sizes[1])] for _ in range(sizes[0])
            ]
            lines.append(f"  {state}: [{', '.join('[' + ', '.join(r) + ']' for r in rows)}]")
        lines.append("payoffs:")
        for state in known:
            lines.append(f"  {state}:")
            for name in names:
                lines.append(f"    {name}: {self.rule(*sizes)}")
        return lines

    def outcomes(self, actions: list[list[str]]) -> list[str]:
        lines = ["outcomes:"]
        for k, name in enumerate(
            self.draw.sample(["pact", "quarrel", "half way"], self.draw.randint(1, 2))
        ):
            pair = [quoted(self.draw.choice(a) if not k else "*") for a in actions]
            if k and "+" in actions[0][0]:
                pair[0] = quoted("*")
            truce = "truce: true, " if self.chance(0.7) else ""
            lines.append(f"  {name}: {{{truce}profiles: [[{', '.join(pair)}]]}}")
        return lines


def damaged(text: str, draw: Random) -> str:
    """Return a file with one thing wrong, or perhaps wrong."""
    lines = text.split("\n")
    at = draw.randrange(len(lines))
    line = lines[at]
    kind = draw.randint(0, 8)
    if kind == 0:
        k = draw.randrange(len(text))
        return text[:k] + text[k + 1 :]
    if kind == 1:
        k = draw.randrange(len(text))
        return text[:k] + draw.choice("{}[]:,'\"#&*!|>%@`\\-+\t\0\x1b\u202e½é\n ") + text[k:]
    if kind == 2:
        lines[at] = ""
    elif kind == 3:
        lines[at] = f"{line}\n{line}"
    elif kind == 4:
        lines[at] = " " * draw.randint(0, 6) + line.strip()
    elif kind == 5:
        words = line.split(" ")
        words[draw.randrange(len(words))] = draw.choice((*NUMBERS, *NAMES, *HOSTILE, "*", "null"))
        lines[at] = " ".join(words)
    elif kind == 6:
        return text[: draw.randrange(len(text))]
    elif kind == 7:
        lines[at] = (
            f"{draw.choice(('a: &x', 'b: !!python/object:os.system', '? x', '--- ', '...'))}"
        )
    else:
        words = line.split(" ")
        k = draw.randrange(len(words))
        words[k] = words[k] * draw.choice((2, 50, 3000))
        lines[at] = " ".join(words)
    return "\n".join(lines)


def made(seed: int, case: int) -> str:
    """Return the file of a case: by the grammar, a signalling game, or a bundled model damaged."""
    draw = Random(f"{seed}-{case}")
    kind = draw.random()
    if kind < 0.04:
        name = draw.choice(sorted(bundled()))
        return damaged(bundled()[name].read_text("utf-8"), draw)
    text = Maker(draw).signalling() if kind < 0.12 else Maker(draw).file()
    return damaged(text, draw) if draw.random() < 0.35 else text


def read(text: str) -> PayoffFile | None:
    """Read a file, and put what it says through all that does not solve."""
    try:
        model = loads(text)
    except NegotiationError:
        return None
    if model.kind == "signalling":
        with suppress(NegotiationError):
            model.values()
            imported_tree(efg.to_efg(signalling_game_at(model, {})[0]))
        return model
    try:
        model.values()
        model.game()
        if model.kind == "dynamic":
            model.stochastic()
    except NegotiationError:
        return model
    for kind in FORMATS:
        made = export(model, kind)
        if kind == "nfg":
            imported(made)
    return model


def imported(text: str) -> None:
    """Read a .nfg file, and see that what is made of it is a payoff file."""
    try:
        game, _ = nfg._legal(nfg.read_nfg(text))
        made = nfg.to_yaml(game, 0.9, "fuzz")
    except NegotiationError:
        return
    try:
        loads(made)
    except NegotiationError as error:
        if "too much formula text" not in str(error):
            raise AssertionError(f"an imported game is refused: {error}") from None


def imported_tree(text: str) -> None:
    """Read a tree, and see that what is made of it is a payoff file."""
    try:
        made = efg.to_signalling_yaml(efg.read_tree(text), "fuzz")
    except NegotiationError:
        return
    try:
        loads(made)
    except NegotiationError as error:
        raise AssertionError(f"an imported tree is refused: {error}") from None


def asked(model: PayoffFile, case: int) -> None:
    """Solve a model, and ask what can be asked of it, another question every time."""
    from negotiation.analysis import samples
    from negotiation.analysis.thresholds import flips
    from negotiation.reporting.blocks import plain
    from negotiation.reporting.pages.dynamic import dynamic_page
    from negotiation.reporting.pages.solution import page
    from negotiation.solution import dynamic, solution
    from negotiation.solution.as_json import to_dict
    from negotiation.sweeps.sweep import sweep

    if model.kind == "signalling":
        solve_signals(model)
        return
    if model.kind == "dynamic":
        found = dynamic.solve_dynamic(model)
        plain(dynamic_page(found, full=True))
        return
    solved = solution.solve(model)
    plain(page(solved, full=True))
    json.dumps(to_dict(solved), allow_nan=False)
    varied = [p for p in model.parameters if p.range[0] < p.range[1] and p.formula is None]
    if varied and case % 3 == 0:
        p = varied[0]
        sweep(model, {p.name: np.linspace(*p.range, 5)})
    elif case % 3 == 1:
        flips(model)
    elif varied and any(o.truce for o in model.outcomes):
        samples.analyse(model, cases=16)


def watched(seconds: float) -> None:
    def hang(*_: object) -> None:
        raise Hang

    signal.signal(signal.SIGALRM, hang)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def run(cases: range, seed: int, every: int) -> Counter[str]:
    """Run cases; print and count what failed."""
    count: Counter[str] = Counter()
    warnings.simplefilter("error")
    for case in cases:
        text, what = made(seed, case), "reading"
        try:
            watched(LIMIT)
            model = read(text)
            draw = Random(f"nfg {seed}-{case}")
            if case % 4 == 0:
                what = "importing"
                imported(damaged(GAME, draw))
                imported_tree(damaged(TREE, draw))
            count["valid" if model else "refused"] += 1
            if model and case % every == 0:
                what = "solving"
                watched(LONG)
                count["solved"] += 1
                try:
                    asked(model, case // every)
                except NegotiationError as error:
                    count[f"own: {type(error).__name__}"] += 1
        except (Exception, Hang) as error:
            signal.setitimer(signal.ITIMER_REAL, 0)
            count["slow" if isinstance(error, Hang) and what == "solving" else "FAILED"] += 1
            print(f"case {case}, {what}: {type(error).__name__}: {str(error)[:200]}", flush=True)
            if not isinstance(error, Hang):
                print("".join(traceback.format_tb(error.__traceback__)[-3:]), flush=True)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
    return count


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--cases", type=int, default=200_000)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--every", type=int, default=500, help="solve every so many")
    given = parser.parse_args()
    start = time.process_time()
    count = run(range(given.first, given.first + given.cases), given.seed, given.every)
    took = time.process_time() - start
    valid = count["valid"] / max(given.cases, 1)
    print(f"{given.cases:,} cases, {valid:.0%} valid, {took:.0f} s of a processor: {dict(count)}")
    sys.exit(bool(count["FAILED"]))


if __name__ == "__main__":
    main()
