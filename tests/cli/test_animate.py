import json
from pathlib import Path

import numpy as np
import pytest
from tests.cli.conftest import Msmd, write_wave

QUICK = ("--steps", 2, "--size", 64)


def test_all_formats_appear_under_the_name_of_the_folder(
    msmd: Msmd, tiny_bundle: Path, speech: Path, tmp_path: Path
) -> None:
    outcome = msmd(
        "animate", speech, "--style", "happy", "--bundle", tiny_bundle, "-o", tmp_path / "take", *QUICK
    )
    assert outcome.code == 0, outcome.err
    names = sorted(path.name for path in (tmp_path / "take").iterdir())
    assert names == ["take.glb", "take.json", "take.livelink.csv", "take.mp4", "take.npz"]
    report = json.loads((tmp_path / "take" / "take.json").read_text())
    assert report["frames"] == 30 and report["settings"]["style"] == "happy"
    for name in names:
        assert name in outcome.out


def test_a_face_in_words_reaches_the_glb_and_the_report_but_not_the_motion(
    msmd: Msmd, tiny_bundle: Path, speech: Path, tmp_path: Path
) -> None:
    files = []
    for folder, options in (("a", ()), ("b", ("--face", "age=60,gender=female,ancestry=asian"))):
        out = tmp_path / folder / "take"
        formats = ("--formats", "npz,glb,json")
        outcome = msmd("animate", speech, "--bundle", tiny_bundle, "-o", out, *formats, *options, *QUICK)
        assert outcome.code == 0, outcome.err
        files.append({path.suffix: path.read_bytes() for path in out.iterdir()})
    assert files[0][".npz"] == files[1][".npz"] and files[0][".glb"] != files[1][".glb"]
    assert json.loads(files[1][".json"])["settings"]["face"] == "age=60,gender=female,ancestry=asian"


def test_only_the_formats_asked_for_appear(
    msmd: Msmd, tiny_bundle: Path, speech: Path, tmp_path: Path
) -> None:
    out = tmp_path / "take"
    assert msmd("animate", speech, "--bundle", tiny_bundle, "-o", out, "--formats", "npz", *QUICK).code == 0
    assert [path.name for path in out.iterdir()] == ["take.npz"]


def test_the_same_command_gives_the_same_bytes(
    msmd: Msmd, tiny_bundle: Path, speech: Path, tmp_path: Path
) -> None:
    files = []
    for folder in ("a", "b"):
        out = tmp_path / folder / "take"
        msmd("animate", speech, "--bundle", tiny_bundle, "-o", out, "--formats", "npz,livelink", *QUICK)
        files.append([path.read_bytes() for path in sorted(out.iterdir())])
    assert len(files[0]) == 2 and files[0] == files[1]


def test_a_take_is_a_style_again(msmd: Msmd, tiny_bundle: Path, speech: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    msmd("animate", speech, "--bundle", tiny_bundle, "-o", first, "--formats", "npz", *QUICK)
    outcome = msmd(
        *("animate", speech, "--style", first / "first.npz", "--bundle", tiny_bundle, "-o", second),
        *("--formats", "npz", *QUICK),
    )
    assert outcome.code == 0, outcome.err


def test_frame_rate_and_still_head_reach_the_file(
    msmd: Msmd, tiny_bundle: Path, speech: Path, tmp_path: Path
) -> None:
    out = tmp_path / "take"
    options = ("--formats", "npz", "--fps", "29.97", "--no-head", *QUICK)
    assert msmd("animate", speech, "--bundle", tiny_bundle, "-o", out, *options).code == 0
    with np.load(out / "take.npz", allow_pickle=False) as take:
        assert (int(take["fps_numerator"]), int(take["fps_denominator"])) == (30000, 1001)
        assert len(take["motion"]) == 36
        assert not take["motion"][:, 64:].any()
        recomposed = take["primary_motion"] + take["alpha"] @ take["basis"]
        np.testing.assert_allclose(recomposed, take["motion"], atol=1e-4)


def test_silence_gives_a_resting_face_and_a_warning(msmd: Msmd, tiny_bundle: Path, tmp_path: Path) -> None:
    silence = write_wave(tmp_path / "silence.wav", np.zeros(48_000))
    outcome = msmd(
        *("animate", silence, "--bundle", tiny_bundle, "-o", tmp_path / "take", "--formats", "json", *QUICK)
    )
    assert outcome.code == 0 and "silent" in outcome.err


def test_in_a_batch_a_bad_line_costs_only_itself(
    msmd: Msmd, tiny_bundle: Path, speech: Path, tmp_path: Path
) -> None:
    other = write_wave(tmp_path / "other.wav", np.full(16_000, 0.1))
    bad = tmp_path / "bad.wav"
    bad.write_text("no sound")
    out = tmp_path / "takes"
    outcome = msmd(
        *("animate", speech, bad, other, "--bundle", tiny_bundle, "-o", out, "--formats", "npz", *QUICK)
    )
    assert outcome.code == 2 and "bad.wav" in outcome.err and "1 of 3" in outcome.err
    assert sorted(path.name for path in out.iterdir()) == ["line.npz", "other.npz"]


def test_a_batch_in_which_two_lines_have_one_name_is_refused_before_it_begins(
    msmd: Msmd, tiny_bundle: Path, speech: Path, tmp_path: Path
) -> None:
    (tmp_path / "b").mkdir()
    other = write_wave(tmp_path / "b" / speech.name, np.full(16_000, 0.1))
    outcome = msmd("animate", speech, other, "--bundle", tiny_bundle, "-o", tmp_path / "takes", *QUICK)
    assert outcome.code == 2 and str(other) in outcome.err.replace("\n", "")
    assert not list((tmp_path / "takes").iterdir())


@pytest.mark.parametrize("command", ["animate", "capture", "train"])
def test_help_teaches_by_example(msmd: Msmd, command: str) -> None:
    outcome = msmd(command, "--help")
    assert outcome.code == 0 and f"msmd {command} " in outcome.out and "Example" in outcome.out


def test_styles_are_listed_one_a_line(msmd: Msmd, tiny_bundle: Path) -> None:
    assert msmd("styles", "--bundle", tiny_bundle).out.split() == ["happy", "sad"]
