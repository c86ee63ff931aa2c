"""Regular files only, and no more of them than was asked for."""

import os

import pytest

from negotiation.errors import UsageError
from negotiation.files.reading import read_regular, shown


def test_a_file_is_read_up_to_one_byte_too_many(tmp_path):
    file = tmp_path / "x"
    file.write_bytes(b"abcdef")
    assert read_regular(file, 10) == b"abcdef"
    assert read_regular(file, 3) == b"abcd"


def test_pipes_devices_and_folders_are_not_waited_for(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path / "link"):
        if path != pipe:
            path.symlink_to("/dev/zero")
        with pytest.raises(UsageError, match="not a regular file"):
            read_regular(path, 10)
    with pytest.raises((UsageError, OSError)):
        read_regular(tmp_path, 10)


def test_a_name_is_shown_without_what_controls_a_terminal():
    assert shown("a\x1b[31m\u202eb") == "a?[31m?b"
