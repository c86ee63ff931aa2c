from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb

from negotiation.payoff_file import load
from negotiation.reporting.figures import drawing
from negotiation.reporting.figures import maps as map_figure
from negotiation.solution.regimes import REGIMES
from negotiation.sweeps import regime_map

ADDITIVE = load(str(Path(__file__).parents[2] / "data" / "additive.yaml"))
SPANS = {"gain": (0.1, 5.0), "d": (0.0, 0.99)}


@pytest.fixture(scope="module")
def panels():
    return regime_map.map_panels(ADDITIVE, SPANS, resolution=15)


def test_the_same_map_has_the_same_bytes(panels, tmp_path):
    for ending in ("png", "svg"):
        first, again = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
        drawing.write(map_figure.draw(panels), first)
        drawing.write(map_figure.draw(panels), again)
        assert first.read_bytes() == again.read_bytes()
        assert b"matplotlib" not in first.read_bytes()[:2000].lower()


def test_words_say_which_regimes_are_shown(panels):
    picture = map_figure.draw(panels)
    over = "gain from breaking the truce and discount factor"
    shown = "armed truce and no cooperation"
    assert picture.alt == f"Map of regimes over {over} with areas of {shown}."
    drawn = {text.get_text() for axes in picture.figure.axes for text in axes.texts}
    assert {"armed truce\ntruce", "no cooperation", "A and B would break truce"} <= drawn
    assert "as in the file" in drawn


def test_each_regime_has_its_own_look_in_colour_and_in_grey():
    looks = map_figure._LOOK
    assert list(looks) == [name for name, _ in REGIMES]
    grey = {n: np.dot(to_rgb(colour), [0.299, 0.587, 0.114]) for n, (colour, _) in looks.items()}
    for one in looks:
        for other in looks:
            if one != other:
                apart = abs(grey[one] - grey[other]) > 0.15
                assert looks[one][1] != looks[other][1] or apart


def test_words_stay_inside_the_axes_and_off_each_other(panels):
    figure = map_figure.draw(panels).figure
    FigureCanvasAgg(figure).draw()
    (axes,) = figure.axes
    inside = axes.get_window_extent().padded(2)
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) == 4
    for k, box in enumerate(boxes):
        assert inside.x0 <= box.x0 < box.x1 <= inside.x1
        assert inside.y0 <= box.y0 < box.y1 <= inside.y1
        assert not any(box.overlaps(other) for other in boxes[:k])


def test_several_maps_are_drawn_side_by_side(panels):
    figure = map_figure.draw(panels + panels).figure
    assert len(figure.axes) == 2
    assert figure.axes[0].get_position().x1 < figure.axes[1].get_position().x0


def test_names_of_narrow_regions_do_not_hide_each_other():
    """Three strips side by side, all narrower than their names."""
    from matplotlib.figure import Figure

    axes = Figure().add_subplot()
    first = axes.text(0.4, 0.5, "armed truce\nstandoff")
    second = axes.text(0.0, 0.0, "armed truce\nmanaged truce")
    places = np.column_stack((np.full(9, 0.42), np.linspace(0.5, 0.9, 9)))
    map_figure._placed(axes, second, places, [first])
    assert not first.get_window_extent().overlaps(second.get_window_extent())
    assert second.get_position()[0] == pytest.approx(0.42)
