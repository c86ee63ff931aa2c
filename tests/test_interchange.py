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
from test_nfg_reader import OUTCOMES, PAYOFFS

from negotiation.cli import main
from negotiation.game import exact_tables
from negotiation.interchange import export, to_yaml
from negotiation.nfg_reader import read_nfg
from negotiation.payoff_file import bundled, load, loads


def plain_reader(text):
    """Outcome variant of .nfg, with regular expressions only."""
    header, payoffs = text.split('"\n\n{', 1)
    assert header.startswith("NFG 1 R ")
    body, order = payoffs.rsplit("}", 1)
    pairs = [
        tuple(map(Fraction, m)) for m in re.findall(r'\{ "" ([-\d/.e]+), ([-\d/.e]+) \}', body)
    ]
    return [pairs[int(k) - 1] for k in order.split()]


@pytest.mark.parametrize("slug", bundled())
def test_exported_payoffs_are_exact_and_first_player_moves_fastest(slug):
    model = load(slug)
    game = model.game()
    exact, (n0, n1) = exact_tables(game), game.shape
    pairs = plain_reader(export(model, "nfg"))
    assert len(pairs) == n0 * n1
    for b in range(n1):
        for a in range(n0):
            assert pairs[a + n0 * b] == (exact[0][a][b], exact[1][a][b])


@pytest.mark.parametrize("slug", ["chips-for-rare-earths", "prisoners-dilemma"])
def test_what_is_written_is_read_back(slug):
    model = load(slug)
    title, players, actions, tables = read_nfg(export(model, "nfg"))
    game = model.game()
    assert title == model.title
    assert players == game.players
    assert actions == game.actions
    assert tables == exact_tables(game)


def test_the_comment_names_the_model_and_what_was_set():
    model = load("chips-for-rare-earths")
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
    model = load("h200-licence")
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
    assert "expected one of: nfg, json, csv" in wrong.stderr
