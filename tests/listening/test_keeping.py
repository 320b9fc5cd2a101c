"""What was acknowledged lies in the folder, whole, once, under a number; also after a stop at any moment."""

from __future__ import annotations

import json
from pathlib import Path

import hl7
import pytest
from click.testing import CliRunner

from cobalens.errors import CobalensError
from cobalens.serve.cli import main
from cobalens.serve.listening import keeping
from cobalens.serve.listening.interpreting import Commented
from cobalens.serve.listening.keeping import MAP, Folder
from cobalens.serve.listening.settings import Settings
from tests.listening.wire import RESULT, Running, code, comment, numbered, segment, segments
from tests.records.hl7v2.messages import B12, ORDER, message

QUIET = Settings(port=0, comment=False)
TWO = message(B12) + "\r".join(["PID|2||4712^^^H^MR||ROE^ANN||19700101|F", ORDER, B12, ""]).encode()


def mapped(folder: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (folder / MAP).read_text(encoding="utf-8").splitlines()]


def files(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


def test_each_message_is_a_numbered_file_that_the_command_line_would_write(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with Running(QUIET, folder) as running:
        for number in (1, 2, 3):
            answer = running.answer(numbered(number, f"{190 + number}"))
            assert code(answer) == "AA"
            assert comment(answer) == []
    assert files(folder) == ["000001.hl7", "000002.hl7", "000003.hl7", MAP]
    for number in (1, 2, 3):
        source = tmp_path / "one.hl7"
        source.write_bytes(numbered(number, f"{190 + number}"))
        done = CliRunner().invoke(main, ["interpret", str(source), "--format", "hl7"])
        assert (folder / f"00000{number}.hl7").read_bytes() == done.stdout_bytes
    lines = mapped(folder)
    assert [one["control"] for one in lines] == ["1", "2", "3"]
    assert {(one["id"], one["sender"], one["state"]) for one in lines} == {("4711", "LIS|H", "kept")}


def test_no_identifier_is_part_of_a_file_name(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    with Running(QUIET, folder) as running:
        running.answer(message(B12, patient="PID|1||../../4711^^^H^MR||DOE^JANE||19590101|F"))
    assert files(folder) == ["000001.hl7", MAP]
    assert files(tmp_path) == ["out"]


def test_several_patients_are_several_files_with_control_ids_of_their_own(tmp_path: Path) -> None:
    with Running(Settings(port=0, comment=True), tmp_path) as running:
        answer = running.answer(TWO)
    assert code(answer) == "AA"
    first, second = ((tmp_path / f"00000{number}.hl7").read_bytes() for number in (1, 2))
    assert b"4711" in first
    assert b"4712" not in first
    assert b"4712" in second
    assert b"4711" not in second
    assert [segment(one, "MSH")[9] for one in (first, second)] == ["1", "1-2"]
    assert [one["id"] for one in mapped(tmp_path)] == ["4711", "4712"]
    assert [str(hl7.parse(one.decode())["PID"][0][3]) for one in (first, second)] == [
        "4711^^^H^MR",
        "4712^^^H^MR",
    ]


def test_a_repeat_is_acknowledged_again_and_kept_once(tmp_path: Path) -> None:
    with Running(Settings(port=0, comment=True), tmp_path) as running:
        first, second = running.answer(RESULT), running.answer(RESULT)
        assert running.listener.counts.line() == "2 messages, 2 accepted, of these 1 sent before"
    assert segments(first)[1:] == segments(second)[1:]
    assert len(mapped(tmp_path)) == 1


def test_a_repeat_is_known_after_a_restart_too(tmp_path: Path) -> None:
    for _ in range(2):
        with Running(QUIET, tmp_path) as running:
            assert code(running.answer(RESULT)) == "AA"
    assert files(tmp_path) == ["000001.hl7", MAP]


def test_a_control_id_used_again_for_another_result_hides_nothing(tmp_path: Path) -> None:
    with Running(QUIET, tmp_path) as running:
        running.answer(numbered(1, "195"))
        running.answer(numbered(1, "80"))
    assert [one["control"] for one in mapped(tmp_path)] == ["1", "1"]
    assert b"|80|" in (tmp_path / "000002.hl7").read_bytes()


def test_the_same_message_stamped_anew_is_a_repeat_and_another_senders_is_not(tmp_path: Path) -> None:
    with Running(QUIET, tmp_path) as running:
        running.answer(RESULT)
        running.answer(RESULT.replace(b"20260302120000+0000", b"20260302120500+0000"))
        running.answer(RESULT.replace(b"|LIS|", b"|LIS2|"))
    assert [one["sender"] for one in mapped(tmp_path)] == ["LIS|H", "LIS2|H"]


def test_only_so_many_messages_are_known_again(tmp_path: Path) -> None:
    with Running(Settings(port=0, comment=False, remembered=2), tmp_path) as running:
        for number in (1, 2, 3, 3, 2, 1):
            running.answer(numbered(number))
    assert [one["control"] for one in mapped(tmp_path)] == ["1", "2", "3", "1"]


def test_a_refused_message_leaves_nothing(tmp_path: Path) -> None:
    with Running(QUIET, tmp_path) as running:
        running.answer(RESULT.replace(b"ORU^R01", b"ADT^A01"))
    assert mapped(tmp_path) == []


# --- A stop at any moment -----------------------------------------------------------------------------------------


def kept(number: int) -> list[Commented]:
    return [Commented(f"patient {number}", (), f"MSH|{number}\r".encode())]


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """A folder with one message in it."""
    folder = Folder(tmp_path, sends=True)
    assert folder.keep(kept(1), "LIS", "1", "d1") == ["000001.hl7"]
    folder.close()
    return tmp_path


def again(path: Path) -> Folder:
    folder = Folder(path, sends=True)
    folder.close()
    return folder


def test_a_line_broken_off_was_never_acknowledged(stopped: Path) -> None:
    whole = (stopped / MAP).read_bytes()
    for size in range(1, len(whole)):
        (stopped / MAP).write_bytes(whole + whole[:size].replace(b"000001", b"000002"))
        (stopped / "000002.hl7.part").write_bytes(b"MSH|2")
        folder = again(stopped)
        assert list(folder.lines) == ["000001.hl7"]
        assert (stopped / MAP).read_bytes() == whole
        assert files(stopped) == ["000001.hl7", MAP]


def test_a_file_whose_line_was_written_gets_its_name_at_the_next_start(stopped: Path) -> None:
    (stopped / "000001.hl7").rename(stopped / "000001.hl7.part")
    folder = again(stopped)
    assert list(folder.unsent()) == ["000001.hl7"]
    assert (stopped / "000001.hl7").read_bytes() == b"MSH|1\r"


def test_what_was_sent_refused_or_taken_away_is_not_sent_again_and_what_was_given_up_is(
    tmp_path: Path,
) -> None:
    folder = Folder(tmp_path, sends=True)
    for number in range(1, 6):
        folder.keep(kept(number), "LIS", str(number), f"d{number}")
    for name, state in (
        ("000001.hl7", keeping.SENT),
        ("000002.hl7", keeping.REFUSED),
        ("000003.hl7", keeping.GIVEN_UP),
    ):
        folder.became(name, state)
    folder.close()
    (tmp_path / "000004.hl7").unlink()
    assert list(again(tmp_path).unsent()) == ["000003.hl7", "000005.hl7"]


def test_numbers_go_on_after_files_were_taken_away(stopped: Path) -> None:
    (stopped / "000001.hl7").unlink()
    folder = Folder(stopped, sends=False)
    assert folder.keep(kept(2), "LIS", "2", "d2") == ["000002.hl7"]
    folder.close()


def test_a_disk_that_is_full_leaves_no_half_and_the_sender_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: object) -> None:
        raise OSError(28, "No space left on device")

    with Running(QUIET, tmp_path) as running:
        with monkeypatch.context() as within:
            within.setattr(keeping, "settle", full)
            answer = running.answer(RESULT)
            assert code(answer) == "AR"
            assert segment(answer, "ERR")[5] == "not_kept^^99COBALENS"
            assert files(tmp_path) == [MAP]
            assert mapped(tmp_path) == []
        assert code(running.answer(RESULT)) == "AA"
    assert files(tmp_path) == ["000001.hl7", MAP]
    assert len(mapped(tmp_path)) == 1


def test_what_a_full_disk_did_not_take_never_stands_in_the_map_under_the_file_of_another(
    tmp_path: Path,
) -> None:
    resource = pytest.importorskip("resource")
    folder = Folder(tmp_path, sends=True)

    def keep(number: int) -> list[str]:
        return folder.keep([Commented(f"patient-{number}", (), b"x")], "LIS|H", str(number), f"{number:032}")

    assert keep(1) == ["000001.hl7"]
    size = (tmp_path / MAP).stat().st_size
    least, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + 10, most))
    try:
        with pytest.raises(OSError, match="File too large"):
            keep(2)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (least, most))
    assert (tmp_path / MAP).stat().st_size == size
    assert keep(3) == ["000002.hl7"]
    folder.close()
    assert [(one["file"], one["id"]) for one in mapped(tmp_path)] == [
        ("000001.hl7", "patient-1"),
        ("000002.hl7", "patient-3"),
    ]


def test_two_listeners_never_share_a_folder(stopped: Path) -> None:
    first = Folder(stopped, sends=True)
    with pytest.raises(CobalensError) as refused:
        Folder(stopped, sends=True)
    assert refused.value.code == "folder_in_use"
    first.close()


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("x", encoding="utf-8")
    with pytest.raises(CobalensError) as refused:
        Folder(tmp_path, sends=True)
    assert refused.value.code == "folder_of_others"
    assert files(tmp_path) == ["letter.txt"]


def test_a_map_that_was_changed_by_hand_is_refused_by_its_line(stopped: Path) -> None:
    whole = (stopped / MAP).read_bytes()
    (stopped / MAP).write_bytes(whole + b"by hand\n" + whole)
    with pytest.raises(CobalensError) as refused:
        Folder(stopped, sends=True)
    assert refused.value.code == "map_broken"
    assert "Line 2 " in refused.value.problem
