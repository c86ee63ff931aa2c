"""Kernels compiled in other processes."""

import numpy as np
import pytest

from negotiation import compiled
from negotiation.ahead import ahead, call
from negotiation.batch_sets import equilibria, payoff_rings

pytestmark = pytest.mark.usefixtures("nothing_ready")


@pytest.fixture
def nothing_ready(monkeypatch):
    monkeypatch.setattr(compiled, "stored", lambda _: False)
    monkeypatch.setattr(compiled, "_UNDER_WAY", {})
    monkeypatch.setattr(
        compiled, "_READY", {k: v for k, v in compiled._READY.items() if k == "settle"}
    )


def test_a_kernel_waits_for_the_process_that_compiles_it(tmp_path):
    mark = tmp_path / "done"
    program = f"import time; time.sleep(0.3); open({str(mark)!r}, 'w').close()"
    compiled.beside("mixed_all", program)
    (process,) = compiled._UNDER_WAY.values()
    compiled.beside("mixed_all", "never started")
    assert list(compiled._UNDER_WAY.values()) == [process]
    assert not mark.exists()
    compiled.kernel("mixed_all")
    assert mark.exists()
    assert process.returncode == 0


def test_a_process_that_fails_leaves_the_work_to_this_one():
    compiled.beside("mixed_all", "raise SystemExit(3)")
    games = np.random.default_rng(5).random((20, 2, 2, 2))
    _, _, counts = equilibria(games)
    assert compiled._UNDER_WAY["mixed_all"].returncode == 3
    best = (games == games.max(axis=2, keepdims=True))[:, 0]
    best &= (games == games.max(axis=3, keepdims=True))[:, 1]
    pure = best.sum(axis=(1, 2))
    np.testing.assert_array_equal(counts, np.where(pure == 2, 3, 1))


def test_nothing_is_started_without_a_folder_or_a_second_core_or_for_what_is_there(
    monkeypatch,
):
    with monkeypatch.context() as patch:
        patch.setattr("os.sched_getaffinity", lambda _: {0})
        ahead("certify")
    with monkeypatch.context() as patch:
        patch.setattr(compiled, "cache_folder", lambda: None)
        compiled.beside("certify", "never started")
    monkeypatch.setattr(compiled, "stored", lambda _: True)
    compiled.beside("certify", "never started")
    assert not compiled._UNDER_WAY


def test_processes_that_nobody_waits_for_are_ended():
    compiled.beside("certify", "import time; time.sleep(60)")
    (process,) = compiled._UNDER_WAY.values()
    compiled._end(process)
    assert process.returncode != 0


def test_calls_ahead_compile_for_the_types_that_batches_use():
    for name in ("inner_sets", "certify"):
        call(name)
    rng = np.random.default_rng(2)
    games, discount = rng.random((5, 2, 2, 2)), rng.uniform(0.3, 0.7, (5, 2))
    payoff_rings(games, discount, np.ones((5, 2, 2), dtype=np.bool_))
    for name in ("inner_sets", "certify"):
        assert len(compiled.kernel(name).signatures) == 1
