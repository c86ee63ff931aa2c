"""A server of its own for tests: started as people start it, on a port that is free."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
_START = "import sys; from negotiation.cli import main; sys.argv[0] = 'negotiate'; main()"


@dataclass
class Served:
    """A running server: its address, its process, what it has printed."""

    address: str
    process: subprocess.Popen[str]
    printed: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.address.rstrip("/").rpartition(":")[2])


@contextmanager
def served(*arguments: str) -> Iterator[Served]:
    """Run `negotiate explore` until the block ends; it must end by Ctrl-C alone."""
    command = [sys.executable, "-c", _START, "explore", "--no-browser", "--port", "0", *arguments]
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=env
    )
    assert process.stdout is not None
    first = process.stdout.readline()
    found = re.search(r"http://\S+", first)
    assert found, first + process.stdout.read()
    site = Served(found[0], process, [first])
    reader = threading.Thread(target=site.printed.extend, args=(process.stdout,), daemon=True)
    reader.start()
    try:
        yield site
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        reader.join(5)
        process.stdout.close()
