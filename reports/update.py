"""Make all committed reports again: ``python reports/update.py [NAME ...]``."""

from __future__ import annotations

import sys
from pathlib import Path

from negotiation.payoff_file import load
from negotiation.reporting.document import write_report

HERE = Path(__file__).resolve().parent
NAMES = (
    "chips-for-rare-earths",
    "h200-licence",
    "wider-bargain",
    "substitution-race",
    "congress-and-firms",
    "deepseek-signal",
)

if __name__ == "__main__":
    for name in sys.argv[1:] or NAMES:
        sys.stdout.write(f"{write_report(load(name), name, HERE)}\n")
