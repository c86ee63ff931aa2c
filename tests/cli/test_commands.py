"""The command line: what goes where, exit codes, help, terminals, and no tracebacks."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
from click.testing import CliRunner, Result

from negotiation.cli import commands as cli
from negotiation.errors import CertificateError
from negotiation.payoff_file import bundled, load, schema
from negotiation.solution import outcomes as playing
from negotiation.solution import solution
from negotiation.solution.as_json import to_dict

PROGRAM = [sys.executable, "-c", "from negotiation.cli import main; main(prog_name='negotiate')"]
PD = "prisoners-dilemma"
FLAGSHIP = "chips-for-rare-earths"
GOOD = """title: Pact
players:
  Row: {actions: [C, D], discount: 0.75}
  Column: {actions: [C, D], discount: 0.75}
payoffs:
  Row: [[9, 1], [10, 3]]
  Column: [[9, 10], [1, 3]]
"""


def run(*args: str, **options: Any) -> Result:
    found = CliRunner().invoke(cli.main, list(args), prog_name="negotiate", **options)
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    return found


def environment(**more: str) -> dict[str, str]:
    plain = {k: v for k, v in os.environ.items() if k not in {"NO_COLOR", "FORCE_COLOR", "COLUMNS"}}
    return plain | {"OPENBLAS_NUM_THREADS": "1", "TERM": "xterm-256color"} | more


def process(*args: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    options.setdefault("env", environment())
    return subprocess.run([*PROGRAM, *args], capture_output=True, timeout=120, **options)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


# ---- solve ----


def test_solve_prints_the_page_on_stdout_and_nothing_else():
    found = run("solve", PD)
    assert found.exit_code == 0
    assert found.stdout.startswith("ARMED TRUCE\nGiven these payoffs")
    assert found.stderr == ""
    assert "\x1b" not in found.stdout


def test_without_a_file_the_flagship_is_solved():
    data = json.loads(run("solve", "--json").stdout)
    assert data["model"]["file"].endswith(f"{FLAGSHIP}.yaml")
    assert data["sustained"][:2] == ["managed truce", "open trade"]


def test_json_is_the_dictionary_of_the_solution(solved):
    found = run("solve", PD, "--json")
    assert json.loads(found.stdout) == json.loads(json.dumps(to_dict(solved(PD))))
    assert found.stderr == ""


def test_full_adds_to_the_page():
    short, full = run("solve", PD).stdout, run("solve", PD, "--full").stdout
    assert full.startswith(short.split("\n\n")[0])
    assert "What keeps each outcome going" in full
    assert "What keeps each outcome going" not in short


def within(one: Any, other: Any) -> bool:
    """Whether everything in one is in the other, which may have more fields."""
    if isinstance(one, dict):
        return all(k in other and within(v, other[k]) for k, v in one.items())
    if isinstance(one, list):
        return len(one) == len(other) and all(map(within, one, other))
    return bool(one == other)


def test_full_json_adds_to_the_contract(solved):
    data = json.loads(run("solve", PD, "--full", "--json").stdout)
    short = json.loads(json.dumps(to_dict(solved(PD))))
    assert within(short, data)
    assert not within(data, short)


def test_settings_are_used_and_those_out_of_range_are_noted_on_stderr():
    found = run("solve", "chicken", "--set", "cost=30", "--set", "prize=5", "--json")
    data = json.loads(found.stdout)
    assert data["parameters"]["cost"] == 30
    assert data["parameters"]["prize"] == 5
    assert found.stderr == "note: cost = 30 is outside its range [2, 20]\n"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["solve", FLAGSHIP, "--set", "patience_uss=0.6"], "did you mean 'patience_us'?"),
        (["solve", "chicken", "--set", "zz=1"], "the parameters are: prize, cost"),
        (["solve", "chicken", "--set", "cost=NaN"], "cost=NaN"),
        (["solve", "chicken", "--set", "cost=inf"], "cost=inf"),
        (["solve", "chicken", "--set", "cost"], "expected NAME=NUMBER"),
        (["solve", "chicken", "--set", "=3"], "expected NAME=NUMBER"),
        (["solve", "chicken", "--set", "cost="], "expected NAME=NUMBER"),
        (["solve", "chicken", "--set", "cost=1=2"], "cost=1=2"),
        (
            ["solve", "chicken", "--set", "cost=1", "--set", "cost=2"],
            "expected each parameter once",
        ),
        (["solve", "chicken", "--set", "patience_row=1"], "expected a number in [0, 1)"),
        (["solve", "chicken", "--set", "patience_row=-0.5"], "expected a number in [0, 1)"),
        (["solve", "prisoners-dilema"], "did you mean 'prisoners-dilemma'?"),
        (["solve", "no/such/file.yaml"], "there is no payoff file"),
        (["solve", "."], "is a directory"),
        (["solve", ""], "the name of the model is empty"),
        (["solve", "chips"], "did you mean 'chips-for-rare-earths'?"),
        (["solve", "--vary", ""], "unknown parameter ''"),
        (["solve", "--vary", "patience_ch"], "did you mean 'patience_cn'?"),
        (["solve", "--vary", "s=0.1,0.2"], "'s=0.1,0.2' is not of the form FROM:TO"),
        (["solve", "--vary", "s", "--full"], "leave out --full"),
        (["solve", "--vary", "s", "--set", "s=0.3"], "both set and varied"),
        (["path", PD], "Prisoner's dilemma: nothing in this model moves"),
        (["map", PD, "--x", "s", "--y", "r", "-o", "x.png"], "the parameters are: none"),
        (["sweep", "--sample", "sobol:8", "--seed", "-1", "-o", "x.csv"], "not in the range"),
        (["sweep", "--vary", "patience_cn=0.5,1", "-o", "x.csv"], "expected a number in [0, 1)"),
        (["solve", "bad\nname"], "there is no payoff file"),
        (["check"], "Missing argument"),
        (["slove"], "Did you mean 'solve'"),
        (["solve", "--sett", "x=1"], "No such option"),
        (["solve", PD, "extra"], "unexpected extra argument"),
        (["new", ""], "not a name for a file"),
        (["new", "folder/"], "not a name for a file"),
        (["new", ".."], "not a name for a file"),
        (["new", ".yaml"], "not a name for a file"),
        (["new", "no/such/folder/x"], "cannot write"),
        (["new", "x" * 300], "cannot write"),
        (["new", "nul\0"], "cannot write"),
        (["new", "x", "--from", "nowhere"], "there is no payoff file"),
    ],
)
def test_wrong_usage_exits_with_2_and_a_message_on_stderr(folder, args, said):
    found = run(*args)
    assert found.exit_code == 2
    assert said in found.stderr
    assert found.stdout == ""
    assert "Traceback" not in found.stderr
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_wrong_usage(folder):
    (folder / "secret.yaml").write_text(GOOD)
    (folder / "secret.yaml").chmod(0)
    assert run("check", "secret.yaml").exit_code == 2


def test_a_file_that_cannot_be_read_is_wrong_usage(folder, monkeypatch):
    def refused(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    (folder / "secret.yaml").write_text(GOOD)
    monkeypatch.setattr("os.open", refused)
    found = run("check", "secret.yaml")
    assert found.exit_code == 2
    assert "secret.yaml cannot be read: Permission denied" in found.stderr


@pytest.mark.parametrize("command", ["solve", "check"])
def test_a_model_with_errors_exits_with_1_and_lists_them_all(folder, command):
    bad = GOOD.replace("0.75}", "1.5}").replace("10, 3]]", "10, x]]", 1)
    (folder / "bad.yaml").write_text(bad)
    found = run(command, "bad.yaml")
    assert found.exit_code == 1
    assert found.stdout == ""
    assert found.stderr.count("bad.yaml:") == 3
    assert "^" in found.stderr


def test_windows_line_ends_and_a_byte_order_mark_are_read(folder):
    (folder / "dos.yaml").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert run("check", "dos.yaml").exit_code == 0
    assert run("solve", "dos.yaml").exit_code == 0


# ---- what does not pass is not printed ----


@pytest.mark.parametrize("extra", [[], ["--json"], ["--full"]])
def test_solve_refuses_to_print_what_does_not_pass(monkeypatch, extra):
    def wrong(*_: Any) -> None:
        raise CertificateError("Row gains 1 by deviating; at most 1e-09 is rounding")

    monkeypatch.setattr(playing, "check_automaton", wrong)
    found = run("solve", PD, *extra)
    assert found.exit_code == 1
    assert found.stdout == ""
    assert found.stderr == "error: Row gains 1 by deviating; at most 1e-09 is rounding\n"


def test_ctrl_c_ends_quietly_with_its_own_exit_code(monkeypatch):
    def interrupted(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(solution, "solve", interrupted)
    found = run("solve", PD)
    assert (found.exit_code, found.stdout, found.stderr) == (130, "", "interrupted\n")


def test_an_interrupted_sweep_says_how_to_go_on(folder, monkeypatch):
    def interrupted(*_: Any, **__: Any) -> None:
        (folder / "x.csv.parts").mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr("negotiation.sweeps.runs.run_sweep", interrupted)
    found = run("sweep", "--vary", "s=0.5,0.6", "-o", "x.csv")
    assert found.exit_code == 130
    assert "--resume goes on from there\ninterrupted\n" in found.stderr


# ---- check, models, new, schema ----


def test_check_says_what_it_found():
    found = run("check", PD)
    assert found.stdout.startswith("ok: Prisoner's dilemma: 2 x 2 actions, 0 parameters")
    data = json.loads(run("check", PD, "--json").stdout)
    facts = {"ok": True, "title": "Prisoner's dilemma", "actions": [2, 2], "states": 1}
    assert data == {**facts, "problems": []}


def test_check_counts_one_thing_as_one(folder):
    (folder / "good.yaml").write_text(GOOD)
    assert ", 0 parameters, 0 named outcomes, 0 sources" in run("check", "good.yaml").stdout
    assert run("check", PD).stdout.endswith(" 2 named outcomes, 1 source\n")


def test_an_export_of_a_model_that_moves_says_that_it_stands_still():
    found = run("export", "substitution-race", "--to", "csv")
    assert found.stderr.startswith("note: the state is taken as frozen at its start")


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    "command", [["solve", "--vary", "s=0.5:0.51"], ["sweep", "--vary", "s=0.5", "-o", "x.csv"]]
)
def test_settings_out_of_range_are_noted_wherever_conditions_vary(command):
    found = run(*command, "--set", "W=500")
    assert found.stderr == "note: W = 500 is outside its range [4, 400]\n"
    assert found.exit_code == 0


def test_check_lists_problems_as_json(folder):
    (folder / "bad.yaml").write_text(GOOD.replace("0.75}", "1.5}"))
    found = run("check", "bad.yaml", "--json")
    data = json.loads(found.stdout)
    assert found.exit_code == 1
    assert data["ok"] is False
    assert [p["line"] for p in data["problems"]] == [3, 4]
    assert found.stderr == ""


def test_models_lists_the_library():
    lines = run("models").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(bundled())
    data = json.loads(run("models", "--json").stdout)
    assert {m["name"]: m["title"] for m in data}[PD] == "Prisoner's dilemma"


def test_new_copies_a_model_byte_for_byte_and_never_overwrites(folder):
    found = run("new", "mine", "--from", PD)
    assert found.stdout == "wrote mine.yaml; try: negotiate solve mine.yaml\n"
    assert (folder / "mine.yaml").read_bytes() == bundled()[PD].read_bytes()
    again = run("new", "mine.yaml")
    assert again.exit_code == 2
    assert "mine.yaml exists already" in again.stderr
    assert (folder / "mine.yaml").read_bytes() == bundled()[PD].read_bytes()


def test_new_does_not_follow_a_link_to_nowhere(folder):
    (folder / "link.yaml").symlink_to(folder / "target.yaml")
    assert run("new", "link").exit_code == 2
    assert not (folder / "target.yaml").exists()


def test_new_copies_a_file_of_one_s_own_and_quotes_its_name(folder):
    (folder / "dos.yaml").write_bytes(GOOD.replace("\n", "\r\n").encode())
    found = run("new", "my copy.yml", "--from", "dos.yaml")
    assert found.stdout.endswith("negotiate solve 'my copy.yml'\n")
    assert b"\r\n" in (folder / "my copy.yml").read_bytes()


def test_new_does_not_copy_a_broken_file(folder):
    (folder / "bad.yaml").write_text("title: [")
    assert run("new", "x", "--from", "bad.yaml").exit_code == 1
    assert not (folder / "x.yaml").exists()


def test_schema_prints_the_schema():
    data = json.loads(run("schema").stdout)
    jsonschema.Draft202012Validator.check_schema(data)
    assert data == json.loads(json.dumps(schema.payoff_schema()))


def test_every_command_and_option_says_what_it_does():
    listing = run("--help").stdout
    for name, command in cli.main.commands.items():
        assert re.search(rf"^  {name} +\S.*\.$", listing, re.M)
        assert "..." not in listing.replace("[ARGS]...", "")
        shown = run(name, "-h").stdout
        assert command.help is not None
        assert all(p.help for p in command.params if isinstance(p, click.Option))
        assert "--help" in shown


def test_the_version_is_told():
    assert run("--version").stdout.startswith("negotiate, version ")


# ---- completion ----


def complete(*words: str) -> list[str]:
    env = {
        "_NEGOTIATE_COMPLETE": "bash_complete",
        "COMP_WORDS": " ".join(("negotiate", *words)),
        "COMP_CWORD": str(len(words)),
    }
    found = run(env=env)
    return [line.partition(",")[2] for line in found.stdout.splitlines()]


def test_the_completion_script_is_printed():
    found = run(env={"_NEGOTIATE_COMPLETE": "bash_source"})
    assert "_negotiate_completion" in found.stdout


@pytest.mark.usefixtures("folder")
def test_commands_slugs_and_parameters_complete():
    assert complete("so") == ["solve"]
    assert complete("solve", "pri") == [PD]
    assert complete("check", "nothing-like") == ["nothing-like"]
    assert complete("solve", "chicken", "--set", "patience_") == [
        "patience_row=",
        "patience_column=",
    ]
    assert complete("solve", "--set", "om") == ["omega="]
    assert complete("solve", "nowhere.yaml", "--set", "om") in ([], [""])


# ---- real processes ----


def test_a_closed_pipe_is_no_error_to_see():
    command = " ".join(map(repr, [*PROGRAM, "solve", PD, "--full"]))
    found = subprocess.run(
        ["/bin/sh", "-c", f"{command} | head -n 1"],
        capture_output=True,
        env=environment(),
        timeout=120,
    )
    assert found.stdout == b"ARMED TRUCE\n"
    assert found.stderr == b""


def test_an_old_terminal_still_gets_everything(folder):
    text = GOOD.replace("title: Pact", "title: Café\nperiod: année 東")
    (folder / "accents.yaml").write_text(text, encoding="utf-8")
    root = str(Path(cli.__file__).parents[1])
    old = environment(PYTHONIOENCODING="latin-1", PYTHONPATH=root)
    page = process("solve", "accents.yaml", env=old)
    assert page.returncode == 0
    assert b"ann\xe9e \\u6771" in page.stdout
    data = json.loads(process("solve", "accents.yaml", "--json", env=old).stdout)
    assert data["model"]["title"] == "Café"


def in_terminal(columns: int, *args: str, **env: str) -> tuple[int, str]:
    """Run in a real terminal of so many columns; return the exit code and what was shown."""
    pid, screen = pty.fork()
    if pid == 0:  # pragma: no cover
        os.execve(PROGRAM[0], [*PROGRAM, *args], environment(**env))
    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    shown = b""
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline:
        ready, _, _ = select.select([screen], [], [], 1)
        try:
            piece = os.read(screen, 65536) if ready else None
        except OSError:
            break
        if piece == b"":
            break
        shown += piece or b""
    _, status = os.waitpid(pid, 0)
    os.close(screen)
    return os.waitstatus_to_exitcode(status), shown.decode()


def unstyled(text: str) -> list[str]:
    return re.sub(r"\x1b\[[0-9;]*m", "", text).replace("\r", "").splitlines()


def test_a_terminal_gets_styles_and_its_own_width():
    code, shown = in_terminal(80, "solve", PD)
    assert code == 0
    assert "\x1b[1;7mARMED TRUCE" in shown
    assert max(map(len, unstyled(shown))) <= 80
    assert "equally close to breaking it" in " ".join(unstyled(shown))


def test_no_color_leaves_no_colour():
    code, shown = in_terminal(160, "solve", PD, NO_COLOR="1")
    assert code == 0
    colours = re.findall(r"\x1b\[([0-9;]*)m", shown)
    assert not [c for c in colours if set(c.split(";")) & {str(n) for n in range(30, 50)}]
    assert max(map(len, unstyled(shown))) <= 100


@pytest.mark.parametrize("columns", [0, 1])
def test_absurd_terminals_are_survived(columns):
    code, shown = in_terminal(columns, "solve", PD, TERM="dumb")
    assert code == 0
    assert "ARMED TRUCE" in shown
    assert "Traceback" not in shown


def test_ctrl_c_in_a_process_leaves_no_traceback():
    slow = "lambda *a, **k: (print('ready', flush=True), time.sleep(60))"
    # Whoever runs the tests in the background may have told their children to ignore it.
    heed = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    start = f"{heed}\nimport negotiation.solution.solution as s, time; s.solve = {slow}\n"
    running = subprocess.Popen(
        [sys.executable, "-c", f"{start}{PROGRAM[2]}", "solve", PD],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    assert running.stdout is not None
    assert running.stdout.readline().strip() == b"ready"
    time.sleep(0.2)
    running.send_signal(signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert said.decode().strip() == "interrupted"


def imported(*args: str) -> set[str]:
    report = "import sys, atexit; atexit.register(lambda: print(*sys.modules, file=sys.stderr))"
    found = subprocess.run(
        [sys.executable, "-c", f"{report}\n{PROGRAM[2]}", *args],
        capture_output=True,
        env=environment(),
        timeout=120,
    )
    return set(found.stderr.decode().split())


def test_help_imports_neither_numpy_nor_yaml():
    assert not imported("--help") & {"numpy", "yaml", "json", "rich", "scipy", "sympy"}


def test_naming_the_faults_of_a_file_does_not_import_numpy(folder):
    flagship = bundled()["chips-for-rare-earths"].read_text(encoding="utf-8")
    (folder / "bad.yaml").write_text(flagship.replace("payoffs:", "payofs:"), encoding="utf-8")
    modules = imported("check", "bad.yaml")
    assert "negotiation.payoff_file.reader" in modules
    assert not modules & {"numpy", "rich", "sympy"}


def test_solve_in_a_pipe_imports_nothing_heavy():
    # llvmlite is not among them: a single game goes through the compiled kernels.
    heavy = {"scipy", "nashpy", "numba", "sympy", "matplotlib", "rich", "networkx", "pandas"}
    modules = imported("solve", PD)
    assert "negotiation.solution.solution" in modules
    assert not modules & heavy


def test_the_files_that_ship_are_readable_by_everyone():
    for slug in bundled():
        assert load(slug).title
