"""Files are seen whole or not at all."""

import os
import resource
import stat

import pytest

from negotiation.errors import UsageError
from negotiation.files.writing import draft_beside, refuse_special, write_whole


def test_a_file_is_written_and_nothing_is_left_beside_it(tmp_path):
    target = tmp_path / "x.txt"
    write_whole(target, b"one")
    write_whole(target, b"two")
    assert target.read_bytes() == b"two"
    assert list(tmp_path.iterdir()) == [target]
    assert stat.S_IMODE(target.stat().st_mode) & 0o600 == 0o600


def test_what_must_not_be_replaced_is_not(tmp_path):
    target = tmp_path / "x.txt"
    write_whole(target, b"one", replace=False)
    with pytest.raises(UsageError, match="exists already"):
        write_whole(target, b"two", replace=False)
    assert target.read_bytes() == b"one"
    assert list(tmp_path.iterdir()) == [target]


def test_nor_where_a_file_system_has_no_links(tmp_path, monkeypatch):
    def none(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(os, "link", none)
    target = tmp_path / "x.txt"
    write_whole(target, b"one", replace=False)
    with pytest.raises(UsageError, match="exists already"):
        write_whole(target, b"two", replace=False)
    assert target.read_bytes() == b"one"


def test_a_link_in_the_way_is_replaced_and_never_followed(tmp_path):
    precious, target = tmp_path / "precious", tmp_path / "x.txt"
    precious.write_bytes(b"years of work")
    target.symlink_to(precious)
    with pytest.raises(UsageError, match="exists already"):
        write_whole(target, b"new", replace=False)
    write_whole(target, b"new")
    assert precious.read_bytes() == b"years of work"
    assert not target.is_symlink()
    assert target.read_bytes() == b"new"


def test_an_error_while_writing_leaves_what_was_there(tmp_path):
    target = tmp_path / "x.txt"
    target.write_bytes(b"before")

    def begin():
        with draft_beside(target) as draft:
            draft.write_bytes(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        begin()
    assert target.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_is_a_sentence_and_leaves_what_was_there(tmp_path):
    target = tmp_path / "x.txt"
    target.write_bytes(b"before")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(UsageError, match=r"cannot write .*x\.txt: File too large"):
            write_whole(target, b"y" * 5000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert target.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [target]


@pytest.mark.parametrize("number", [1, 13, 28, 30])
def test_whatever_the_system_says_is_said(tmp_path, monkeypatch, number):
    def refused(*_, **__):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refused)
    with pytest.raises(UsageError, match=os.strerror(number)):
        write_whole(tmp_path / "x.txt", b"one")
    assert list(tmp_path.iterdir()) == []


def test_pipes_devices_and_folders_are_refused(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    link = tmp_path / "link"
    link.symlink_to("/dev/null")
    for target, said in (
        (pipe, "not a regular file"),
        (link, "not a regular file"),
        (os.devnull, "not a regular file"),
        (tmp_path, "is a folder"),
    ):
        with pytest.raises(UsageError, match=said):
            write_whole(type(tmp_path)(target), b"one")
    refuse_special(tmp_path, folders=True)
    assert stat.S_ISFIFO(pipe.stat().st_mode)


@pytest.mark.parametrize("name", ["x" * 300, "nul\0", "no/such/folder"])
def test_names_that_cannot_be_are_a_sentence(tmp_path, name):
    with pytest.raises(UsageError, match="cannot write"):
        write_whole(tmp_path / name, b"one")
    assert list(tmp_path.iterdir()) == []


def test_the_longest_name_that_can_be_can_be_written(tmp_path):
    target = tmp_path / ("x" * 255)
    write_whole(target, b"one")
    assert list(tmp_path.iterdir()) == [target]
