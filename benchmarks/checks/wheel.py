"""The wheel, tried outside the repository: it lists its models, solves one, and opens the page.

    python benchmarks/checks/wheel.py

Builds the wheel, unpacks it into an empty folder, and runs everything from another with nothing of
the repository in reach. What the package needs must be installed, with the extra ``[explore]``.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
START = "import sys; from negotiation.cli import main; sys.argv[0] = 'negotiate'; main()"


def run(folder: Path, *arguments: str) -> str:
    """Run Python in a folder with the unpacked wheel alone."""
    env = {**os.environ, "PYTHONPATH": str(folder.parent / "unpacked")}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{arguments}\n{done.stdout}{done.stderr}")
    return done.stdout


def page(folder: Path) -> None:
    """Start the page, fetch it and everything that it names, and stop it."""
    env = {**os.environ, "PYTHONPATH": str(folder.parent / "unpacked"), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-c", START, "explore", "--no-browser", "--port", "0"],
        cwd=folder, env=env, stdout=subprocess.PIPE, text=True,
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


def main() -> None:
    with tempfile.TemporaryDirectory() as held:
        here = Path(held)
        pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
        subprocess.run([*pip, "wheel", "--no-deps", "-w", held, str(ROOT)], check=True)
        (wheel,) = here.glob("*.whl")
        target = here / "unpacked"
        subprocess.run([*pip, "install", "--no-deps", "--target", target, wheel], check=True)
        empty = here / "empty"
        empty.mkdir()
        where = run(empty, "-c", "import negotiation; print(negotiation.__file__)").strip()
        assert Path(where).is_relative_to(target), where
        assert "prisoners-dilemma" in run(empty, "-c", START, "models")
        assert "ARMED TRUCE" in run(empty, "-c", START, "solve", "prisoners-dilemma")
        run(empty, "-c", START, "explore", "stag-hunt", "-o", "page.html")
        assert "Stag hunt" in (empty / "page.html").read_text(encoding="utf-8")
        page(empty)
        print(f"{wheel.name} lists its models, solves, and opens its page")


if __name__ == "__main__":
    main()
