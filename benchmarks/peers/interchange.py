"""What Gambit and QuantEcon read in the files that `negotiate export` writes.

    python benchmarks/peers/interchange.py

Exports every bundled model, and some made to be awkward, as .nfg and as .gam. Gambit reads the
first (`pygambit.read_nfg`), QuantEcon the second (`from_gam`; it has no reader for .nfg). Every
payoff must be the same number: the same rational where the model's are rational, and always the
same binary number. A reader that is not installed is named as not compared.
"""

from __future__ import annotations

import importlib
import io
import sys
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from negotiation.payoff_file import bundled, load, loads
from negotiation.payoff_file.exchange.export import export
from negotiation.payoff_file.model import PayoffFile

ONE = """
title: "{title}"
players:
  "{first}": {{actions: {rows}, discount: 0.5}}
  "{second}": {{actions: {columns}, discount: 0.5}}
payoffs:
  "{first}": {a}
  "{second}": {b}
"""
AWKWARD = {
    "quotes and backslashes in names": {
        "title": 'A \\"game\\" of \\\\ two', "first": '\\"A\\"', "second": "B \\\\ C",
        "rows": '["\\"yes\\"", "no\\\\"]', "columns": '["{", "}, {"]',
    },
    "letters of other scripts, spaces": {
        "title": "Größe «zwei»", "first": "Señor  A", "second": "中国",
        "rows": '["é", "e"]', "columns": '["稀土", "芯片"]',
    },
    "negative and zero": {"a": "[[-1, 0], [-0.0, -2.5]]", "b": "[[-3, 0], [0, -1000000]]"},
    "tiny and huge": {
        "a": "[[1e-7, 1e-290], [1e300, -1e-7]]", "b": "[[123456789012345678, 1e21], [2e-9, 1]]",
    },
    "quotients": {"a": "[[1/3, -2/7], [22/7, 1/1000003]]", "b": "[[0.1, 1/9], [1/3, 5/3]]"},
    "no rational numbers": {
        "a": '[["sqrt(2)", "exp(-30)"], ["exp(40)", "log(3)"]]', "b": "[[0.1, 0.2], [0.3, 0.7]]",
    },
    "every digit counts": {
        "a": "[[0.30000000000000004, 0.1], [0.7000000000000001, 1.0000000000000002]]",
        "b": "[[9007199254740993, 0.3333333333333333], [4.35, 2.675]]",
    },
}  # fmt: skip
PLAIN = {
    "title": "A game", "first": "Row", "second": "Column", "rows": "[a, b]", "columns": "[c, d]",
    "a": "[[1, 2], [3, 4]]", "b": "[[5, 6], [7, 8]]",
}  # fmt: skip


def models() -> dict[str, PayoffFile]:
    shipped = {slug: load(slug) for slug in bundled()}
    shipped = {slug: model for slug, model in shipped.items() if model.kind != "signalling"}
    return shipped | {name: loads(ONE.format(**PLAIN | how)) for name, how in AWKWARD.items()}


def reader(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        print(f"not compared: {name} is not installed")
        return None


def by_gambit(gambit: Any, model: PayoffFile) -> bool:
    game, read = model.game(), gambit.read_nfg(io.BytesIO(export(model, "nfg").encode()))
    exact = [[[Fraction(str(x)) for x in row] for row in t] for t in read.to_arrays()]
    floats = [[[float(x) for x in row] for row in t] for t in exact]
    wanted = [[list(map(float, r)) for r in t] for t in game.exact or game.payoffs]
    same = floats == wanted and np.allclose(floats, game.payoffs, rtol=1e-13, atol=0)
    rational = game.exact is None or exact == [[list(r) for r in t] for t in game.exact]
    sizes = [len(p.strategies) for p in read.players] == list(game.shape)
    names = [p.label for p in read.players]
    kind = "exact" if game.exact else "binary"
    print(
        f"    Gambit: players {names}, {game.shape[0] * game.shape[1]} cells, {kind} payoffs "
        + ("same" if same and rational and sizes else "DIFFER")
    )
    return bool(same and rational and sizes)


def by_quantecon(converters: Any, model: PayoffFile) -> bool:
    game = model.game()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "game.gam"
        path.write_text(export(model, "gam"))
        read = converters.from_gam(str(path))
    same = np.array_equal(read.players[0].payoff_array, game.payoffs[0]) and np.array_equal(
        read.players[1].payoff_array, game.payoffs[1].T
    )
    print(
        f"    QuantEcon: {read.nums_actions} actions, binary payoffs {'same' if same else 'DIFFER'}"
    )
    return bool(same)


if __name__ == "__main__":
    gambit, converters = reader("pygambit"), reader("quantecon.game_theory.game_converters")
    fine = []
    for name, model in models().items():
        print(f"  {name}")
        fine += [by_gambit(gambit, model)] if gambit else []
        fine += [by_quantecon(converters, model)] if converters else []
    versions = [f"{m.__name__} {m.__version__}" for m in (gambit, reader("quantecon")) if m]
    print(f"{sum(fine)} of {len(fine)} files read with the same payoffs; {', '.join(versions)}")
    sys.exit(0 if all(fine) else 1)
