"""The page about notebooks, run as one: its blocks as cells, and what results show."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
nbclient = pytest.importorskip("nbclient", reason="nbclient is not installed")
pytest.importorskip("ipykernel", reason="ipykernel is not installed")
pytest.importorskip("pandas", reason="pandas is not installed")

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to" / "use-a-notebook.md"
SHOWN = "import negotiation as ng\nng.solve('prisoners-dilemma')"


@pytest.mark.filterwarnings("ignore")
def test_the_page_about_notebooks_runs_as_a_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = os.environ.get("PYTHONPATH", "")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (str(ROOT), known))))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    text = PAGE.read_text(encoding="utf-8")
    blocks = re.findall(
        r"^```python\n(.*?)^```$(?:\n\n^```text\n(.*?)^```$)?", text, re.MULTILINE | re.DOTALL
    )
    assert len(blocks) >= 6
    book = nbformat.v4.new_notebook()
    book.cells = [nbformat.v4.new_code_cell(code) for code in (*(c for c, _ in blocks), SHOWN)]
    client = nbclient.NotebookClient(
        book, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    for cell, (_, wanted) in zip(book.cells, blocks, strict=False):
        printed = "".join(o.get("text", "") for o in cell.outputs if o.output_type == "stream")
        assert printed == wanted
    (shown,) = book.cells[-1].outputs
    assert shown.output_type == "execute_result"
    html = shown.data["text/html"]
    assert "Given these payoffs an armed truce can hold" in html
    assert "<table>" in html
    assert "data:image/png;base64," in html
    assert len(shown.data["text/plain"]) < 400


@pytest.mark.filterwarnings("ignore")
def test_a_figure_is_shown_without_pyplot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    book = nbformat.v4.new_notebook()
    book.cells = [nbformat.v4.new_code_cell(f"{SHOWN}.plot()")]
    nbclient.NotebookClient(book, timeout=300, kernel_name="python3").execute()
    (shown,) = book.cells[0].outputs
    assert "image/png" in shown.data
