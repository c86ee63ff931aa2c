"""The wheel, installed in a fresh environment outside the repository, and used there.

    python benchmarks/checks/wheel.py

Builds wheel and sdist; makes a virtual environment in an empty folder and installs the wheel there
with the extra ``[explore]``; then runs the commands from another folder, with nothing of the
repository in reach: a model is solved, mapped and reported on, and the page opens.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ENV = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def run(folder: Path, *command: str | Path) -> str:
    """Run a command in a folder; stop with all that it printed where it fails."""
    done = subprocess.run(
        [*map(str, command)], cwd=folder, env=ENV, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{command}\n{done.stdout}{done.stderr}")
    return done.stdout


def page(folder: Path, negotiate: Path) -> None:
    """Start the page, fetch it and everything that it names, and stop it."""
    process = subprocess.Popen(
        [str(negotiate), "explore", "--no-browser", "--port", "0"],
        cwd=folder, env={**ENV, "PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        address = re.search(r"http\S+", process.stdout.readline())
        assert address, "it printed no address"
        first = urllib.request.urlopen(address[0]).read().decode()
        assert 'class="said"' in first, "no verdict"
        for name in re.findall(r'(?:src|href)="/(static/[^"]+)"', first):
            assert urllib.request.urlopen(address[0] + name).read(), name
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        process.stdout.close()


def built(folder: Path) -> tuple[Path, Path]:
    """Build wheel and sdist into a folder; return both."""
    run(ROOT, sys.executable, "-m", "build", "--outdir", folder)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sdist


def main() -> None:
    with tempfile.TemporaryDirectory() as held:
        here = Path(held)
        wheel, sdist = built(here / "dist")
        with tarfile.open(sdist) as archive:
            inside = {name.split("/", 1)[1] for name in archive.getnames() if "/" in name}
        assert {"README.md", "tests/conftest.py", "payoffs/chicken.yaml"} <= inside, sdist.name
        venv.create(here / "fresh", with_pip=True)
        bin_ = here / "fresh" / ("Scripts" if os.name == "nt" else "bin")
        pip = [bin_ / "python", "-m", "pip", "--disable-pip-version-check", "-q"]
        run(here, *pip, "install", f"{wheel}[explore]")
        empty, negotiate = here / "empty", bin_ / "negotiate"
        empty.mkdir()
        where = run(empty, bin_ / "python", "-c", "import negotiation; print(negotiation.__file__)")
        assert Path(where.strip()).resolve().is_relative_to(here.resolve()), where
        assert "prisoners-dilemma" in run(empty, negotiate, "models")
        assert "ARMED TRUCE" in run(empty, negotiate, "solve", "prisoners-dilemma")
        run(empty, negotiate, "map", "chicken", "--x", "cost", "--y", "prize", "-o", "map.png")
        assert (empty / "map.png").stat().st_size > 10_000
        run(empty, negotiate, "report", "prisoners-dilemma", "-o", "out")
        assert (empty / "out" / "prisoners-dilemma.md").is_file()
        run(empty, negotiate, "explore", "stag-hunt", "-o", "page.html")
        assert "Stag hunt" in (empty / "page.html").read_text(encoding="utf-8")
        page(empty, negotiate)
        print(f"{wheel.name} and {sdist.name}: installed elsewhere, it solves, maps and reports")


if __name__ == "__main__":
    main()
