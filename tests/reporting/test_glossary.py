"""The glossary: every word has a paragraph and an example that shows what it says."""

from __future__ import annotations

import shlex

import pytest

from negotiation.reporting.glossary import entries, lookup
from tests.cli.test_commands import run


@pytest.mark.parametrize("entry", entries(), ids=lambda e: e.term)
def test_an_example_shows_what_it_says(entry):
    done = run(*shlex.split(entry.command))
    assert done.exit_code == 0
    assert entry.shows in " ".join(done.stdout.split()), done.stdout


def test_a_word_is_explained_by_any_of_its_names():
    for entry in entries():
        for word in (entry.term, entry.term.upper(), *entry.also):
            assert lookup(word) == entry
        assert 60 < len(entry.means) < 700
    words = [w.lower() for e in entries() for w in (e.term, *e.also)]
    assert len(words) == len(set(words))


def test_fault_09_regimes_bands_and_the_harshest_punishment_are_explained():
    for word in ("armed truce", "self-enforcing", "no cooperation", "partial cooperation"):
        assert lookup(word).term == word
    page = run("explain", "harshest", "believable", "answer").stdout
    assert page.startswith("HARSHEST CREDIBLE PUNISHMENT")
    assert "Example: " in page
    assert "Abreu" in page


def test_an_unknown_word_gets_the_nearest():
    done = run("explain", "discont factor")
    assert done.exit_code == 2
    assert "did you mean 'discount factor'" in done.stderr
    assert "armed truce" in run("explain").stdout
