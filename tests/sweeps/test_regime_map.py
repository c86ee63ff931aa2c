import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from negotiation.cli import main
from negotiation.payoff_file import load
from negotiation.sweeps import regime_map
from tests.first_edition import first_edition

ADDITIVE = load(str(Path(__file__).parents[1] / "data" / "additive.yaml"))
SPANS = {"gain": (0.1, 5.0), "d": (0.0, 0.99)}


@pytest.fixture(scope="module")
def panels():
    return regime_map.map_panels(ADDITIVE, SPANS, resolution=15)


def test_the_data_name_regimes_truces_and_whose_constraint_binds(panels):
    data = regime_map.to_dict(panels)
    json.dumps(data, allow_nan=False)
    assert data["parameters"] == ["gain", "d"]
    (found,) = data["maps"]
    places = {(p["regime"], tuple(p["sustained"])): p["share"] for p in found["places"]}
    assert set(places) == {("armed truce", ("truce",)), ("no cooperation", ())}
    assert places["no cooperation", ()] == pytest.approx(0.5, abs=0.02)
    (line,) = found["boundaries"]
    assert (line["of"], line["tightest_player"], line["accuracy"]) == ("truce", "A and B", 1e-6)


def test_every_pixel_is_on_its_side_of_the_boundary(panels):
    (panel,) = panels
    truce = next(k for k, (regime, _) in enumerate(panel.kinds) if regime == "armed truce")
    share = (np.arange(len(panel.image)) + 0.5) / len(panel.image)
    gain, d = 0.1 + 4.9 * share[:, None], 0.99 * share[None, :]
    assert ((panel.image == truce) == (d >= gain / 5)).all()


def test_several_sustained_deals_are_a_set():
    model = load(first_edition("h200-licence"))
    (panel,) = regime_map.map_panels(model, {"s": (0.5, 0.7), "E": (1, 30)}, resolution=7)
    assert ("self-enforcing", ("conditional sale", "clean sale")) in panel.kinds


def test_a_third_parameter_gives_one_map_for_each_value():
    panels = regime_map.map_panels(ADDITIVE, SPANS, by=("loss", [4.0, 8.0]), resolution=9)
    assert [p.title for p in panels] == ["loss = 4", "loss = 8"]
    shares = [m["places"][0]["share"] for m in regime_map.to_dict(panels)["maps"]]
    assert shares[0] != shares[1]


@pytest.mark.parametrize(
    ("axes", "output", "part"),
    [
        ({"x": "gain", "y": "gain"}, "m.png", "same parameter"),
        ({"x": "gian", "y": "d"}, "m.png", "did you mean 'gain'"),
        ({"x": "gain=5:1", "y": "d"}, "m.png", "below the second"),
        ({"x": "gain", "y": "d"}, "m.pgn", ".png or .svg"),
        ({"x": "gain", "y": "d"}, "nowhere/m.png", "there is no folder 'nowhere'"),
        ({"x": "gain", "y": "d"}, None, "nothing to write"),
    ],
)
def test_axes_and_outputs_that_make_no_sense_are_refused(axes, output, part):
    named = [x for name, text in axes.items() for x in (f"--{name}", text)]
    goes = ["-o", output] if output else []
    run = CliRunner().invoke(main, ["map", str(ADDITIVE.path), *named, *goes])
    assert run.exit_code == 2
    assert part in run.stderr
