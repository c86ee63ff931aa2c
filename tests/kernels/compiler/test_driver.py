"""The door of the compiler: `@compiled`."""

import ast
from pathlib import Path

import numpy as np
import pytest

import negotiation
from negotiation.kernels.compiler import cache, compiled, machine_code


def total(values: np.ndarray, rounds: int) -> float:
    found = 0.0
    for _ in range(rounds):
        for x in values:
            found = found + x
    return found


def vast(rows: int, columns: int) -> float:
    table = np.zeros((rows, columns))
    return table[0, 0] + 1.0


def vaster(rows: int, columns: int) -> float:
    found = 0.0
    for _ in range(2):
        found = found + vast(rows, columns)
    return found


@pytest.fixture(autouse=True)
def _own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cache._made.cache_clear()
    yield
    cache._made.cache_clear()


def test_it_is_compiled_once_for_each_list_of_types():
    run = compiled(total)
    assert run(np.array([1.0, 2.0]), 2) == run.plain(np.array([1.0, 2.0]), 2) == 6.0
    assert run(np.array([4.0]), 1) == 4.0
    assert len(run.ready) == 1
    assert run(np.array([1, 2]), 2) == 6.0
    assert len(run.ready) == 2
    assert len(list(cache.folder().iterdir())) == 2


def test_what_was_compiled_before_is_taken_from_disk(monkeypatch):
    assert compiled(total)(np.ones(3), 1) == 3.0
    monkeypatch.setattr(machine_code, "assemble", None)
    assert compiled(total)(np.ones(4), 1) == 4.0


def test_a_damaged_file_is_compiled_again():
    assert compiled(total)(np.ones(3), 1) == 3.0
    (file,) = cache.folder().iterdir()
    whole = file.read_bytes()
    for damaged in (b"", whole[:200], b"\0" * len(whole), whole[:-8] + b"\xff" * 8):
        file.write_bytes(damaged)
        assert compiled(total)(np.ones(4), 1) == 4.0
        assert file.read_bytes() == whole


def test_without_a_folder_it_is_compiled_all_the_same(monkeypatch):
    monkeypatch.setattr(cache, "folder", lambda: None)
    assert compiled(total)(np.ones(3), 2) == 6.0


@pytest.mark.parametrize("sizes", [(2**40, 2**30), (2**31, 2**31), (2**62, 1), (-5, 3)])
@pytest.mark.parametrize("function", [vast, vaster])
def test_no_memory_is_an_error_and_not_a_crash(function, sizes):
    run = compiled(function)
    assert run(3, 4) == run.plain(3, 4)
    with pytest.raises(MemoryError):
        run(*sizes)
    assert run(2, 2) == run.plain(2, 2)


def test_arguments_have_no_names():
    with pytest.raises(TypeError, match="by position"):
        compiled(total)(values=np.ones(3), rounds=1)


def test_it_is_the_only_door():
    package = Path(negotiation.__file__).parent
    wanted = "negotiation.kernels.compiler"
    for file in package.rglob("*.py"):
        if (package / "kernels" / "compiler") in file.parents:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(wanted):
                assert node.module == wanted, file
                assert [n.name for n in node.names] == ["compiled"], file
                assert file.parent == package / "kernels", file
            elif isinstance(node, ast.Import):
                assert not any(n.name.startswith(wanted) for n in node.names), file


def test_it_keeps_the_name_and_the_words_of_the_function():
    from negotiation.kernels.polygons import shapes

    assert shapes.__name__ == "shapes"
    assert shapes.__doc__ == shapes.plain.__doc__
