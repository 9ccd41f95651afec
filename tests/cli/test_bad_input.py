"""Whatever is wrong with the input: one clear line, exit code 2, nothing left behind."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from tests.cli.conftest import Msmd, write_video, write_wave

QUICK = ("--steps", 2, "--size", 64)


@pytest.fixture
def refused(msmd: Msmd, tiny_bundle: Path, tmp_path: Path):
    """Animate and expect a refusal; gives the message."""

    def call(line: Path, *options: object, bundle: Path = tiny_bundle) -> str:
        out = tmp_path / "take"
        outcome = msmd("animate", line, "--bundle", bundle, "-o", out, *QUICK, *options)
        assert outcome.code == 2, outcome.err
        assert outcome.err.startswith("error: ")
        assert not out.is_dir() or not list(out.iterdir())
        return outcome.err

    return call


def bad_sounds(folder: Path) -> dict[str, Path]:
    (folder / "empty.wav").touch()
    (folder / "text.mp3").write_text("This is not a sound.")
    return {
        "missing": folder / "missing.wav",
        "a folder": folder,
        "empty": folder / "empty.wav",
        "not media": folder / "text.mp3",
        "0.1 s": write_wave(folder / "short.wav", np.full(1600, 0.1)),
        "no sound track": write_video(folder / "mute.mp4"),
    }


@pytest.mark.parametrize("kind", ["missing", "a folder", "empty", "not media", "0.1 s", "no sound track"])
def test_sounds_that_cannot_be_used(refused, tmp_path: Path, kind: str) -> None:
    path = bad_sounds(tmp_path)[kind]
    assert path.name in refused(path)


def test_two_hours_are_refused_before_any_work(refused, tmp_path: Path) -> None:
    path = write_wave(tmp_path / "long.wav", np.zeros(2 * 3600 * 1000), rate_hz=1000)
    assert "hour" in refused(path)


def test_an_unknown_style_lists_the_built_in_ones(refused, speech: Path) -> None:
    assert "happy, sad" in refused(speech, "--style", "joyful")


def test_a_style_file_of_no_known_kind_says_what_is(refused, speech: Path, tmp_path: Path) -> None:
    (tmp_path / "style.docx").write_text("happy")
    assert ".npz" in refused(speech, "--style", tmp_path / "style.docx")


def test_a_table_of_other_columns_is_no_style(refused, speech: Path, tmp_path: Path) -> None:
    (tmp_path / "style.csv").write_text("time,jawOpen\n0,0.5\n")
    refused(speech, "--style", tmp_path / "style.csv")


def test_a_live_link_take_that_lacks_columns_names_them(refused, speech: Path, tmp_path: Path) -> None:
    (tmp_path / "style.csv").write_text("Timecode,BlendShapeCount,JawOpen\n00:00:00:00.0,1,0.5\n")
    assert "mouthClose" in refused(speech, "--style", tmp_path / "style.csv")


def test_a_video_without_a_face_is_no_style(refused, speech: Path, tmp_path: Path) -> None:
    pytest.importorskip("mediapipe", reason='needs the extra "capture"')
    assert "face" in refused(speech, "--style", write_video(tmp_path / "noise.mp4"))


def test_a_short_motion_is_no_style(
    refused, msmd: Msmd, tiny_bundle: Path, tmp_path: Path, speech: Path
) -> None:
    short = write_wave(tmp_path / "word.wav", np.full(6_400, 0.1))
    msmd("animate", short, "--bundle", tiny_bundle, "-o", tmp_path / "word", "--formats", "npz", *QUICK)
    assert "at least 1 s" in refused(speech, "--style", tmp_path / "word" / "word.npz")


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--formats", "fbx", "unknown format fbx"),
        ("--face", "tall", "age"),
        ("--fps", "fast", "frame rate"),
        ("--sampler", "euler", "unknown sampler"),
        ("--face", "tall", "age=18..90"),
    ],
)
def test_options_that_mean_nothing(refused, speech: Path, option: str, value: str, said: str) -> None:
    assert said in refused(speech, option, value)


def test_numbers_out_of_range_exit_with_2(msmd: Msmd, speech: Path) -> None:
    assert msmd("animate", speech, "--guidance-style", -1).code == 2
    assert msmd("animate", speech, "--steps", 0).code == 2


def test_a_truncated_bundle_is_refused(refused, tiny_bundle: Path, speech: Path, tmp_path: Path) -> None:
    broken = Path(shutil.copytree(tiny_bundle, tmp_path / "broken"))
    weights = broken / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    assert "damaged or cut short" in refused(speech, bundle=broken)


def test_a_folder_that_is_no_bundle_is_refused(refused, speech: Path, tmp_path: Path) -> None:
    assert "bundle.json" in refused(speech, bundle=tmp_path)


def test_an_output_folder_that_is_a_file_is_refused_at_once(
    msmd: Msmd, tiny_bundle: Path, speech: Path, tmp_path: Path
) -> None:
    (tmp_path / "taken").write_text("")
    outcome = msmd("animate", speech, "--bundle", tiny_bundle, "-o", tmp_path / "taken", *QUICK)
    assert outcome.code == 2 and "cannot write" in outcome.err


def test_capture_of_a_missing_video_writes_nothing(msmd: Msmd, tmp_path: Path) -> None:
    outcome = msmd("capture", tmp_path / "none.mp4", "-o", tmp_path / "none.npz")
    assert outcome.code == 2 and not (tmp_path / "none.npz").exists()
