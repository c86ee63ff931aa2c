"""The flagship at version 0.1, with the conditional licence's two settings as terms."""

from functools import cache
from pathlib import Path

from negotiation.payoff_file import loads
from negotiation.payoff_file.model import PayoffFile

PATH = Path(__file__).parents[1] / "data" / "chips-for-rare-earths-0.1.yaml"
TERMS = """\
  ell: {value: 0.6, range: [0, 1], unit: share, grade: assumed, meaning: share that is licensed}
  sigma: {value: 1, range: [0, 1], unit: share, grade: assumed, meaning: share with strings}

players:
"""


def text(terms: str) -> str:
    """The file, with two more parameters and a section of terms."""
    before = "condition: {licensed: 0.6, strings: 1}"
    file = PATH.read_text("utf-8")
    assert before in file
    file = file.replace(before, "condition: {licensed: ell, strings: sigma}")
    return file.replace("\nplayers:\n", TERMS, 1) + f"\n{terms}\ndeal: managed truce\n"


@cache
def flagship(terms: str = "terms: {ell: [0, 1], sigma: [0, 1]}") -> PayoffFile:
    return loads(text(terms))
