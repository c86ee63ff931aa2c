"""One output, one writer; and whoever comes second is told who the first is."""

import os
import subprocess
import sys
import time

import pytest

from negotiation.errors import UsageError
from negotiation.files.locks import claimed

HOLD = """
import sys, time
from pathlib import Path
from negotiation.files.locks import claimed
with claimed(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_claim_is_given_up_and_leaves_nothing(tmp_path):
    target = tmp_path / "x.csv"
    for _ in range(2):
        with claimed(target):
            assert len(list(tmp_path.iterdir())) == 1
        assert list(tmp_path.iterdir()) == []


def test_the_second_of_two_is_told_who_the_first_is_until_that_is_killed(tmp_path):
    target = tmp_path / "x.csv"
    first = subprocess.Popen([sys.executable, "-c", HOLD, str(target)], stdout=subprocess.PIPE)
    try:
        assert first.stdout.readline() == b"held\n"
        with pytest.raises(UsageError, match=f"being written by process {first.pid} on .* since"):
            claimed(target).__enter__()
        with claimed(tmp_path / "y.csv"):
            pass
    finally:
        first.kill()
        first.wait()
        first.stdout.close()
    with claimed(target):
        pass
    assert list(tmp_path.iterdir()) == []


def test_drafts_of_a_killed_run_are_removed(tmp_path):
    from negotiation.files.writing import mark

    target = tmp_path / "x.csv"
    left = tmp_path / f"{mark(target)}-0123456789abcdef.draft"
    other = tmp_path / f"{mark(tmp_path / 'y.csv')}-0123456789abcdef.draft"
    left.write_bytes(b"half")
    other.write_bytes(b"half of another")
    with claimed(target):
        assert not left.exists()
    assert list(tmp_path.iterdir()) == [other]


@pytest.mark.parametrize("kind", ["link", "pipe", "hard link", "folder"])
def test_what_was_planted_as_a_lock_is_not_touched(tmp_path, kind):
    from negotiation.files.writing import mark

    target, precious = tmp_path / "x.csv", tmp_path / "precious"
    precious.write_bytes(b"years of work")
    lock = tmp_path / f"{mark(target)}.lock"
    make = {
        "link": lambda: lock.symlink_to(precious),
        "pipe": lambda: os.mkfifo(lock),
        "hard link": lambda: os.link(precious, lock),
        "folder": lock.mkdir,
    }
    make[kind]()
    started = time.monotonic()
    with pytest.raises(UsageError):
        claimed(target).__enter__()
    assert time.monotonic() - started < 10
    assert precious.read_bytes() == b"years of work"


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(UsageError, match="No such file"):
        claimed(tmp_path / "none" / "x.csv").__enter__()
