import json
from pathlib import Path

import pytest

from negotiation import regime_map
from negotiation.errors import UsageError
from negotiation.payoff_file import load

ADDITIVE = load(str(Path(__file__).parent / "data" / "additive.yaml"))
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
    assert set(places) == {("armed truce", ("truce",)), ("rupture", ())}
    assert places["rupture", ()] == pytest.approx(0.5, abs=0.02)
    (line,) = found["boundaries"]
    assert (line["of"], line["binding"], line["accuracy"]) == ("truce", "A and B", 1e-6)


def test_pixels_beside_the_boundary_are_solved_not_guessed(panels):
    (panel,) = panels
    width, height = panel.image.shape
    truce = next(k for k, (regime, _) in enumerate(panel.kinds) if regime == "armed truce")
    for i in range(0, width, 7):
        for j in range(0, height, 7):
            gain = 0.1 + 4.9 * (i + 0.5) / width
            d = 0.99 * (j + 0.5) / height
            assert (panel.image[i, j] == truce) == (d >= gain / 5)


def test_the_same_map_has_the_same_bytes(panels, tmp_path):
    for ending in ("png", "svg"):
        first, again = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
        regime_map.write(regime_map.draw(panels), first)
        regime_map.write(regime_map.draw(panels), again)
        assert first.read_bytes() == again.read_bytes()
        assert b"matplotlib" not in first.read_bytes()[:2000].lower()


def test_words_say_which_regimes_are_shown(panels):
    picture = regime_map.draw(panels)
    assert picture.alt == "Map of regimes over gain and d with areas of armed truce and rupture."
    drawn = {text.get_text() for axes in picture.figure.axes for text in axes.texts}
    assert {"armed truce\ntruce", "rupture", "A and B would break truce", "file"} <= drawn


def test_a_third_parameter_gives_one_map_for_each_value():
    panels = regime_map.map_panels(ADDITIVE, SPANS, by=("loss", [4.0, 8.0]), resolution=9)
    assert [p.title for p in panels] == ["loss = 4", "loss = 8"]
    shares = [m["places"][0]["share"] for m in regime_map.to_dict(panels)["maps"]]
    assert shares[0] != shares[1]
    assert len(regime_map.draw(panels).figure.axes) == 2


@pytest.mark.parametrize(
    ("axes", "output", "part"),
    [
        ({"x": "gain", "y": "gain"}, "m.png", "same parameter"),
        ({"x": "gian", "y": "d"}, "m.png", "did you mean 'gain'"),
        ({"x": "gain=5:1", "y": "d"}, "m.png", "below the second"),
        ({"x": "gain", "y": "d"}, "m.pgn", ".png or .svg"),
        ({"x": "gain", "y": "d"}, None, "nothing to write"),
    ],
)
def test_axes_and_outputs_that_make_no_sense_are_refused(axes, output, part):
    with pytest.raises(UsageError, match=part):
        regime_map.asked_for(
            ADDITIVE,
            {},
            Path(output) if output else None,
            as_json=False,
            points=9,
            by=None,
            **axes,
        )
