"""The command itself: what it says, what it refuses, how it stops, and that nothing of a message is in its output."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from cobalens.serve.cli import main
from cobalens.serve.listening.command import comes_back
from cobalens.serve.listening.keeping import MAP
from cobalens.serve.listening.settings import Settings
from tests.listening.wire import PATIENCE, RESULT, Other, Talking, code, framed, numbered, until
from tests.orphans import none_left
from tests.records.hl7v2.messages import B12, HEAD, message

NAME, VALUE = "Quetzalcoatl-Okonkwo", "73519"
SECRET = message(B12.replace("|195|", f"|{VALUE}|"), patient=f"PID|1||{NAME}^^^H||{NAME}||19590101|F")


class Command:
    """`cobalens listen` as a process."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.errors = folder / "errors.txt"
        with self.errors.open("ab") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cobalens", "listen", "--port", "0", *options],
                stdout=subprocess.PIPE, stderr=errors, cwd=folder, preexec_fn=none_left,  # noqa: PLW1509 - it makes one call of the system
            )  # fmt: skip
        assert self.process.stdout is not None
        self.first = self.process.stdout.readline().decode()
        self.port = int(re.findall(r":(\d+) ", self.first)[0])

    def stop(self, number: int = signal.SIGTERM) -> str:
        self.process.send_signal(number)
        assert self.process.wait(PATIENCE) == 0
        return self.errors.read_text(encoding="utf-8")


@pytest.fixture
def commands(tmp_path: Path) -> Iterator[list[Command]]:
    begun: list[Command] = []
    yield begun
    for one in begun:
        one.process.kill()
        one.process.wait(PATIENCE)
        assert one.process.stdout is not None
        one.process.stdout.close()


def test_it_says_where_it_listens_that_nothing_is_encrypted_and_how_it_stops(
    tmp_path: Path, commands: list[Command]
) -> None:
    commands.append(Command(tmp_path))
    assert re.fullmatch(
        r"Cobalens listens for HL7 v2 over MLLP at 127\.0\.0\.1:\d+ \(stop: Ctrl\+C\)\. "
        r"MLLP has no encryption of its own and asks nobody who they are\.\n",
        commands[0].first,
    )
    assert commands[0].stop(signal.SIGINT) == "cobalens: 0 messages\n"


def test_what_waits_in_a_folder_is_told_at_the_start(tmp_path: Path, commands: list[Command]) -> None:
    out, gone = tmp_path / "out", Other()
    gone.close()
    options = ["--out", str(out), "--send-to", f"127.0.0.1:{gone.port}"]
    commands.append(Command(tmp_path, *options))
    with Talking(commands[0].port) as sender:
        assert code(sender.ask(RESULT)) == "AA"
    assert commands[0].stop() == "cobalens: 1 message, 1 accepted, 1 waiting to be handed on\n"
    commands.append(Command(tmp_path, "--out", str(out)))
    assert "were not handed on yet: 1. Give --send-to to hand them on." in commands[1].stop()
    commands.append(Command(tmp_path, *options))
    assert "were not handed on yet: 1. They go first." in commands[2].stop()


def test_beyond_this_computer_it_warns(tmp_path: Path, commands: list[Command]) -> None:
    commands.append(Command(tmp_path, "--host", "0.0.0.0"))
    assert "others on the network can send messages" in commands[0].stop()


def test_a_name_and_a_value_leave_no_trace_in_what_it_says(tmp_path: Path, commands: list[Command]) -> None:
    out = tmp_path / "out"
    other = Other("close")
    where = f"127.0.0.1:{other.port}"
    commands.append(Command(tmp_path, "--out", str(out), "--send-to", where, "--tries", "1", "--comment"))
    for content in (
        SECRET,
        SECRET,
        SECRET.replace(b"ORU^R01", NAME.encode()),
        SECRET.replace(b"|1|P|", b"||P|"),
        SECRET.replace(b"|P|", f"|{NAME}|".encode()),
        SECRET.replace(b"2.5.1", VALUE.encode()),
        NAME.encode(),
        SECRET + SECRET,
        SECRET[:-40],
    ):
        with Talking(commands[0].port) as sender:
            sender.send(NAME.encode() + framed(content) + VALUE.encode())
            answer = sender.next()
            # What is wrong is told without what was sent: the fields of the header that are echoed aside.
            for line in answer.split(b"\r")[1:]:
                if line.startswith((b"ERR", b"MSA")):
                    assert NAME.encode() not in line
                    assert VALUE.encode() not in line
    until(lambda: b"given_up" in (out / MAP).read_bytes())
    told = commands[0].stop() + commands[0].first
    assert "refused (200 unsupported message type)" in told
    assert "given up" in told
    for text in (told, *(one.name for one in tmp_path.rglob("*"))):
        assert NAME not in text
        assert VALUE not in text
    other.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_what_was_acknowledged_before_the_stop_lies_in_the_folder(
    tmp_path: Path, commands: list[Command], number: int
) -> None:
    """A stop in the midst of many messages: each answer that came has its file, and each file its answer."""
    out = tmp_path / "out"
    commands.append(Command(tmp_path, "--out", str(out)))
    with Talking(commands[0].port) as sender:
        sender.send(b"".join(framed(numbered(one)) for one in range(300)))
        for _ in range(5):
            assert code(sender.next()) == "AA"
        commands[0].process.send_signal(number)
        answered = 5
        while answer := sender.next():
            assert code(answer) == "AA"
            answered += 1
    assert commands[0].process.wait(PATIENCE) == 0
    assert 5 <= answered < 300
    assert len(list(out.glob("*.hl7"))) == answered
    assert len((out / MAP).read_bytes().splitlines()) == answered


def test_what_was_acknowledged_before_it_was_killed_is_there_and_goes_on_after_a_restart(
    tmp_path: Path, commands: list[Command]
) -> None:
    out, other = tmp_path / "out", Other("nothing")
    options = ["--out", str(out), "--send-to", f"127.0.0.1:{other.port}"]
    commands.append(Command(tmp_path, *options))
    with Talking(commands[0].port) as sender:
        sender.send(b"".join(framed(numbered(one)) for one in range(100)))
        for _ in range(20):
            assert code(sender.next()) == "AA"
        commands[0].process.kill()
    commands[0].process.wait(PATIENCE)
    assert len(list(out.glob("*.hl7"))) >= 20
    other.does, before = ["AA"], len(other.received)
    commands.append(Command(tmp_path, *options))
    with Talking(commands[1].port) as sender:
        # The sender knows of twenty answers, and sends on from there; what it repeats is known.
        sender.send(b"".join(framed(numbered(one)) for one in range(18, 60)))
        assert [code(sender.next()) for _ in range(42)] == ["AA"] * 42
    until(lambda: len(other.received) - before >= 60)
    time.sleep(0.2)
    commands[1].stop()
    ids = [one.split(b"|")[9] for one in other.received[before:]]
    assert sorted(set(ids), key=int) == ids
    assert {str(one).encode() for one in range(60)} <= set(ids)
    other.close()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--send-to", "nowhere"], ["--send-to", "no address", "HOST:PORT"]),
        (["--send-to", "host:0"], ["no address"]),
        (["--send-to", "127.0.0.1:2575"], ["send to itself"]),
        (["--send-to", "localhost:2575"], ["send to itself"]),
        (["--send-to", "0.0.0.0:2575"], ["send to itself"]),
        (["--host", "0.0.0.0", "--send-to", "127.0.0.1:2575"], ["send to itself"]),
        (["--host", ""], ["--host", "The name is empty"]),
        (["--out", ""], ["--out", "The name is empty"]),
        (["--send-to", " "], ["--send-to", "The name is empty"]),
        (["--host", "192.0.2.1"], ["192.0.2.1:2575", "not possible to listen", "--port or --host"]),
        (["--pack", "nice-ng329"], ['Did you mean "nice-ng239"?']),
        (["--language", "fr"], ["no text in the language"]),
    ],
)
def test_a_refusal_says_what_and_what_next(options: list[str], words: list[str]) -> None:
    said = CliRunner().invoke(main, ["listen", *options])
    assert said.exit_code == 2
    assert said.stdout == ""
    for one in words:
        assert one in said.stderr


def test_another_computer_or_another_port_is_not_itself() -> None:
    everywhere = Settings(host="0.0.0.0", port=2575)
    assert not comes_back(everywhere, "127.0.0.1", 2576)
    assert not comes_back(everywhere, "192.0.2.1", 2575)
    assert not comes_back(everywhere, "no-such-host.invalid", 2575)
    assert not comes_back(Settings(host="127.0.0.1", port=2575), "127.0.0.2", 2575)
    assert not comes_back(Settings(host="::", port=2575), "127.0.0.1", 2575)


def test_a_port_that_is_taken_is_told(tmp_path: Path) -> None:
    other = Other()
    said = CliRunner().invoke(main, ["listen", "--port", str(other.port), "--out", str(tmp_path / "out")])
    assert said.exit_code == 2
    assert "Another program may listen on this port" in said.stderr
    other.close()


def test_a_folder_that_cannot_be_used_is_told_before_anything_is_read(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("x", encoding="utf-8")
    said = CliRunner().invoke(main, ["listen", "--port", "0", "--out", str(tmp_path)])
    assert said.exit_code == 2
    assert "no listener has written to it" in said.stderr
    said = CliRunner().invoke(main, ["listen", "--port", "0", "--out", str(tmp_path / "letter.txt")])
    assert said.exit_code == 2
    assert "cannot be written there" in said.stderr


def test_help_teaches() -> None:
    said = CliRunner().invoke(main, ["listen", "--help"])
    assert "Examples:" in said.stdout
    assert "2575" in said.stdout
    assert "listen" in CliRunner().invoke(main, ["--help"]).stdout


def test_the_head_of_the_worked_message_is_what_these_tests_change() -> None:
    assert b"|1|P|2.5.1" in RESULT
    assert "ORU^R01" in HEAD
