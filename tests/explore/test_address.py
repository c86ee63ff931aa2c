"""Addresses: read back as they were written, refused in a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from negotiation.errors import UsageError
from negotiation.explore.address import TABS, View, address, read, settings_of
from negotiation.explore.shelf import opened

words = st.text(max_size=20)


@given(
    st.builds(
        View,
        model=st.text(min_size=1, max_size=20),
        given=st.dictionaries(st.text(max_size=8), words, max_size=4).map(
            lambda d: tuple(d.items())
        ),
        tab=st.sampled_from(TABS),
        outcome=words,
        x=words,
        moves=words,
        periods=st.integers(1, 400),
        seed=st.integers(0, 10**9),
    )
)
def test_a_view_is_read_back_from_its_address(view: View) -> None:
    assert read(address(view).removeprefix("?"), "home") == view


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("tab=nonsense", "no tab 'nonsense'"),
        ("what=ever", "means nothing here"),
        ("tab=map&tab=why", "twice"),
        ("p.s=1&p.s=2", "twice"),
        ("periods=0", "expected a whole number from 1"),
        ("seed=-1", "expected a whole number from 0"),
        ("periods=1e9", "expected a whole number"),
        ("seed=٣", "expected a whole number"),
        ("x" * 7000, "too long"),
        ("&".join(f"p.a{k}=1" for k in range(300)), "cannot be read"),
    ],
)
def test_an_address_that_makes_no_sense_is_refused(query: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        read(query, "home")


@pytest.mark.parametrize("text", ["abc", "nan", "inf", "1e999", "", "__import__('os')", "1;2"])
def test_settings_are_finite_numbers(text: str) -> None:
    model = opened("chicken", None)
    with pytest.raises(UsageError):
        settings_of(model, View("chicken", given=(("prize", text),)))


def test_unknown_parameters_are_named() -> None:
    with pytest.raises(UsageError, match="did you mean 'prize'"):
        settings_of(opened("chicken", None), View("chicken", given=(("prise", "1"),)))
