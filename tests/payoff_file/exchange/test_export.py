"""Games for other programs: read back by a reader that shares no code with the writer."""

from __future__ import annotations

import csv
import io
import json
import re
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner

from negotiation.cli import main
from negotiation.games.game import exact_tables
from negotiation.payoff_file import load, loads
from negotiation.payoff_file.exchange.export import export
from negotiation.payoff_file.exchange.nfg import read_nfg, to_yaml
from tests.first_edition import first_edition
from tests.payoff_file.exchange.test_nfg import OUTCOMES, PAYOFFS
from tests.reference.library import BARGAINS


def plain_reader(text):
    """Outcome variant of .nfg, with regular expressions only."""
    header, payoffs = text.split('"\n\n{', 1)
    assert header.startswith("NFG 1 R ")
    body, order = payoffs.rsplit("}", 1)
    pairs = [
        tuple(map(Fraction, m)) for m in re.findall(r'\{ "" ([-\d/.e]+), ([-\d/.e]+) \}', body)
    ]
    return [pairs[int(k) - 1] for k in order.split()]


@pytest.mark.parametrize("slug", BARGAINS)
def test_exported_payoffs_are_exact_and_first_player_moves_fastest(slug):
    model = load(slug)
    game = model.game()
    (n0, n1), exact = game.shape, game.exact
    exact = exact or [[[Fraction(repr(x)) for x in r] for r in t] for t in game.payoffs.tolist()]
    pairs = plain_reader(export(model, "nfg"))
    assert len(pairs) == n0 * n1
    for b in range(n1):
        for a in range(n0):
            assert pairs[a + n0 * b] == (exact[0][a][b], exact[1][a][b])


@pytest.mark.parametrize("slug", [first_edition("chips-for-rare-earths"), "prisoners-dilemma"])
def test_what_is_written_is_read_back(slug):
    model = load(slug)
    title, players, actions, tables = read_nfg(export(model, "nfg"))
    game = model.game()
    assert title == model.title
    assert players == game.players
    assert actions == game.actions
    assert [[list(map(float, r)) for r in t] for t in tables] == game.payoffs.tolist()


def test_the_comment_names_the_model_and_what_was_set():
    model = load(first_edition("chips-for-rare-earths"))
    text = export(model, "nfg", {"s": 0.6})
    assert model.sha256 in text
    assert "CITATION.cff" in text
    assert "set: s=0.6" in text
    assert "US 0.8, China 0.9" in text


@pytest.mark.parametrize("text", [OUTCOMES, PAYOFFS])
def test_an_imported_game_is_a_payoff_file_with_the_same_payoffs(text):
    game = read_nfg(text)
    model = loads(to_yaml(game, 0.75, "From a test."))
    assert exact_tables(model.game()) == game[3]
    assert model.game().discount.tolist() == [0.75, 0.75]
    assert model.actions == game[2]
    assert model.players == game[1]


def test_csv_and_json_hold_the_same_game():
    model = load(first_edition("h200-licence"))
    game = model.game()
    rows = list(csv.DictReader(io.StringIO(export(model, "csv"))))
    data = json.loads(export(model, "json"))
    assert np.array(data["payoffs"]).tolist() == game.payoffs.tolist()
    for row in rows:
        a = game.actions[0].index(row["Washington"])
        b = game.actions[1].index(row["Beijing"])
        assert float(row["payoff Washington"]) == game.payoffs[0, a, b]
        assert float(row["payoff Beijing"]) == game.payoffs[1, a, b]
    assert {r["outcome"] for r in rows} == {o.name for o in model.outcomes}
    assert data["sha256"] == model.sha256


def test_the_commands_convert_there_and_back(tmp_path):
    run = CliRunner().invoke
    nfg, new = tmp_path / "pd.nfg", tmp_path / "pd.yaml"
    nfg.write_text(run(main, ["export", "prisoners-dilemma", "--to", "nfg"]).stdout)
    result = run(main, ["import", str(nfg), str(new), "--discount", "0.75"])
    assert result.exit_code == 0, result.output
    assert load(new).game().payoffs.tolist() == load("prisoners-dilemma").game().payoffs.tolist()
    again = run(main, ["import", str(nfg), str(new)])
    assert again.exit_code == 2
    assert "exists already" in again.stderr
    assert run(main, ["import", str(tmp_path / "no.nfg"), str(new)]).exit_code == 2
    assert run(main, ["import", str(nfg), str(new), "--discount", "1"]).exit_code == 2
    wrong = run(main, ["export", "chicken", "--to", "efg"])
    assert wrong.exit_code == 2
    assert "expected one of: nfg, gam, json, csv" in wrong.stderr


AWKWARD = """
title: "Größe “zwei” \\\\ drei"
players:
  "Sñr  \\"A\\"": {actions: ["é", "e", "a\\\\b", "中"], discount: 0.5}
  "Zoë": {actions: ["x y", "{z}"], discount: 0.5}
payoffs:
  "Sñr  \\"A\\"": [[1e-7, -2.5], [1/3, 123456789012345678], [-0.1, 1e300], [5e-290, 0]]
  "Zoë": [["sqrt(2)", "exp(-30)"], [0.1, 0.2], [0.30000000000000004, 1e-299], [7, -7e20]]
"""


def test_names_in_nfg_are_printable_ascii_and_differ():
    text = export(loads(AWKWARD), "nfg")
    assert text.isascii()
    title, players, actions, _ = read_nfg(text)
    assert title == 'Grosse "zwei" / drei'
    assert players == ('Snr "A"', "Zoe")
    assert actions == (("e", "e 2", "a/b", "?"), ("x y", "{z}"))


def test_awkward_numbers_keep_every_digit():
    game = loads(AWKWARD).game()
    tables = read_nfg(export(loads(AWKWARD), "nfg"))[3]
    assert [[[float(x) for x in r] for r in t] for t in tables] == game.payoffs.tolist()
    size, _, *rows = export(loads(AWKWARD), "gam").splitlines()[1:]
    assert size == "4 2"
    for i, row in enumerate(rows):
        assert all("." in token for token in row.split())
        assert [float(t) for t in row.split()] == game.payoffs[i].T.reshape(-1).tolist()


@pytest.mark.parametrize("slug", BARGAINS)
def test_quantecon_reads_the_same_payoffs(slug, tmp_path):
    converters = pytest.importorskip("quantecon.game_theory.game_converters")
    path = tmp_path / "game.gam"
    path.write_text(export(load(slug), "gam"))
    read, game = converters.from_gam(str(path)), load(slug).game()
    assert np.array_equal(read.players[0].payoff_array, game.payoffs[0])
    assert np.array_equal(read.players[1].payoff_array, game.payoffs[1].T)


@pytest.mark.parametrize("slug", BARGAINS)
def test_gambit_reads_the_same_payoffs(slug):
    gambit = pytest.importorskip("pygambit")
    read = gambit.read_nfg(io.BytesIO(export(load(slug), "nfg").encode()))
    game = load(slug).game()
    assert tuple(p.label for p in read.players) == game.players
    tables = read_nfg(export(load(slug), "nfg"))[3]
    for i, table in enumerate(read.to_arrays(dtype=float)):
        assert table.tolist() == [[float(x) for x in row] for row in tables[i]]
