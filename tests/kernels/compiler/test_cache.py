"""Machine code on disk: found again, and trusted only if it is ours and whole."""

import os
import stat
import subprocess
import sys
import time

import pytest

from negotiation.kernels.compiler import cache

KEY, CODE = "negotiation.kernels.shape.shapes (float,) a processor", b"q\n\x7fELF and so on"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """Return a user's folder for what can be made again, empty."""
    base = tmp_path / "cache"
    base.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_CACHE_HOME", str(base))
    cache._made.cache_clear()
    yield base
    cache._made.cache_clear()


def only_file():
    (file,) = (p for p in cache.folder().iterdir())
    return file


def test_what_is_kept_is_found_again_under_its_key_only():
    assert cache.kept("shapes", KEY) is None
    cache.keep("shapes", KEY, CODE)
    assert cache.kept("shapes", KEY) == CODE
    assert cache.kept("shapes", KEY + "2") is None


def test_folder_and_file_are_for_the_user_alone(home):
    cache.keep("shapes", KEY, CODE)
    place = cache.folder()
    assert place.parent == home / "negotiation"
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert stat.S_IMODE(only_file().stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "damage",
    [
        lambda held: held[:0],
        lambda held: held[:-1],
        lambda held: held[: len(held) // 2],
        lambda held: os.urandom(len(held)),
        lambda held: held[:-3] + b"xyz",
        lambda held: held + b"more",
        lambda held: held.removeprefix(cache._MAGIC),
    ],
)
def test_a_damaged_file_is_taken_for_one_that_is_not_there(damage):
    cache.keep("shapes", KEY, CODE)
    file = only_file()
    file.write_bytes(damage(file.read_bytes()))
    assert cache.kept("shapes", KEY) is None
    cache.keep("shapes", KEY, CODE)
    assert cache.kept("shapes", KEY) == CODE


def test_a_file_exchanged_for_another_s_is_not_taken():
    cache.keep("shapes", KEY, CODE)
    mine = only_file()
    cache.keep("shapes", "another key", b"code of another")
    other = next(p for p in cache.folder().iterdir() if p != mine)
    mine.write_bytes(other.read_bytes())
    assert cache.kept("shapes", KEY) is None


def test_a_file_that_others_may_write_or_that_is_a_link_is_not_loaded(tmp_path):
    cache.keep("shapes", KEY, CODE)
    file = only_file()
    for mode in (0o620, 0o602, 0o666):
        file.chmod(mode)
        assert cache.kept("shapes", KEY) is None
    file.chmod(0o600)
    assert cache.kept("shapes", KEY) == CODE
    elsewhere = tmp_path / "planted.o"
    file.rename(elsewhere)
    file.symlink_to(elsewhere)
    assert cache.kept("shapes", KEY) is None


def test_a_pipe_in_the_way_is_not_waited_for():
    cache.keep("shapes", KEY, CODE)
    file = only_file()
    file.unlink()
    os.mkfifo(file)
    assert cache.kept("shapes", KEY) is None


@pytest.mark.parametrize("mode", [0o770, 0o702, 0o777])
@pytest.mark.parametrize("which", ["negotiation", "kernels"])
def test_a_folder_that_others_may_write_to_is_not_used(mode, which):
    cache.keep("shapes", KEY, CODE)
    place = cache.folder()
    (place if which == "kernels" else place.parent).chmod(mode)
    cache._made.cache_clear()
    assert cache.folder() is None
    assert cache.kept("shapes", KEY) is None


def test_what_belongs_to_another_user_is_not_used(monkeypatch):
    cache.keep("shapes", KEY, CODE)
    other = os.geteuid() + 1
    monkeypatch.setattr(os, "geteuid", lambda: other)
    assert cache.kept("shapes", KEY) is None
    cache._made.cache_clear()
    assert cache.folder() is None


def test_a_link_in_place_of_the_folder_is_not_followed(home, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(mode=0o700)
    (home / "negotiation").symlink_to(elsewhere)
    assert cache.folder() is None
    assert list(elsewhere.iterdir()) == []


def test_a_relative_folder_is_not_used(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    assert cache.folder() is None
    assert not (tmp_path / "here").exists()


@pytest.mark.parametrize("where", ["", "/", "relative", "/dev/null", "/proc/nowhere"])
def test_without_a_home_nothing_is_kept(monkeypatch, tmp_path, where):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", where)
    assert cache.folder() is None
    cache.keep("shapes", KEY, CODE)
    assert list(tmp_path.glob("relative*")) == []


def test_a_user_whom_the_system_does_not_know_has_no_home(monkeypatch):
    import pwd

    def unknown(_):
        raise KeyError("uid not found")

    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    assert cache.folder() is None


def test_a_home_that_cannot_be_written_to_is_no_error(monkeypatch):
    def refused(*_, **__):
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("pathlib.Path.mkdir", refused)
    assert cache.folder() is None
    monkeypatch.undo()


def test_a_disk_that_is_full_is_no_error_and_leaves_nothing(monkeypatch):
    place = cache.folder()

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("pathlib.Path.replace", full)
        cache.keep("shapes", KEY, CODE)
    assert list(place.iterdir()) == []


def test_folders_of_other_versions_go_when_old_or_too_many():
    place = cache.folder()
    old = place.with_name("kernels-old")
    recent = [place.with_name(f"kernels-{k:02}") for k in range(20)]
    for k, folder in enumerate([old, *recent]):
        folder.mkdir()
        (folder / "x.o").write_bytes(b"x")
        when = time.time() - (90 * 86_400 if folder == old else 100 * k)
        os.utime(folder, (when, when))
    cache._made.cache_clear()
    assert cache.folder() == place
    left = {p.name for p in place.parent.iterdir()}
    assert left == {place.name, *(f.name for f in recent[:12])}


SWEEP = """
import os
if {bare}:
    for name in ("sched_getaffinity", "geteuid", "getuid"):
        if hasattr(os, name):
            delattr(os, name)
from negotiation import load, solve, sweep
found = sweep(load("chips-for-rare-earths"), {{"s": [0.2, 0.5, 0.8], "patience_cn": [0.5, 0.9]}})
print(found.regimes().ravel().tolist(), solve(load("prisoners-dilemma")).regime)
"""


def run(environment, *, bare):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", SWEEP.format(bare=bare)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_the_package_runs_without_what_only_linux_has_and_with_a_read_only_home(tmp_path):
    usual = run({}, bare=False)
    assert "armed truce" in usual
    nowhere = tmp_path / "file"
    nowhere.write_text("a file, so that no folder can be made in it")
    assert run({"HOME": str(nowhere), "XDG_CACHE_HOME": ""}, bare=False) == usual
    assert run({"XDG_CACHE_HOME": str(nowhere / "below")}, bare=True) == usual
