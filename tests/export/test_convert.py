"""What goes through a form comes back: weights, head, times."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from msmd.core.errors import MsmdError
from msmd.core.units import ARKIT_NAMES
from msmd.export.convert import CURVE_WRITERS, convert, form_of, read_weights
from msmd.export.livelink import write_livelink_curves
from msmd.export.round_trip import CURVES, compare, describe, measure_round_trips
from msmd.face.arkit_curves import ArkitCurves
from msmd.face.motion_file import load_motion, save_motion


def take(fps: Fraction = Fraction(60), frames: int = 150, start_seconds: float = 0.0) -> ArkitCurves:
    rng = np.random.default_rng(0)
    times = np.arange(frames) / float(fps)
    phases = rng.uniform(0, 2 * np.pi, 52)
    weights = 0.3 + 0.25 * np.sin(2 * np.pi * times[:, None] + phases)
    head = 0.2 * np.sin(times[:, None] + [0.0, 1.0, 2.0])
    return ArkitCurves(weights.astype(np.float32), head.astype(np.float32), fps, start_seconds)


@pytest.mark.parametrize("form", CURVE_WRITERS)
@pytest.mark.parametrize("fps", [Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(60)], ids=str)
def test_every_form_gives_back_weights_head_rate_and_time_of_day(tmp_path, form, fps):
    before = take(fps, start_seconds=36000.5)
    path = tmp_path / "take.txt"
    CURVE_WRITERS[form](before, path)
    after = read_weights(path)
    assert after.fps == fps
    trip = compare(before, after)
    assert trip.worst.max() < 2e-3  # times are rounded to a sixty-thousandth of a second
    assert trip.time_seconds < 1e-3


@pytest.mark.parametrize("form", CURVE_WRITERS)
def test_a_still_head_and_gzip_survive(tmp_path, form):
    before = ArkitCurves(take().weights, np.zeros((150, 3), np.float32), Fraction(60))
    CURVE_WRITERS[form](before, tmp_path / "take.gz")
    assert (tmp_path / "take.gz").read_bytes()[:2] == b"\x1f\x8b"
    assert not read_weights(tmp_path / "take.gz").head_rotation.any()


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.csv", "livelink"),
        ("a.CSV", "livelink"),
        ("a.csv.gz", "livelink"),
        ("a.json", "arkit-json"),
        ("a.npz", "npz"),
    ],
)
def test_the_ending_tells_the_form(name, form):
    assert form_of(Path(name), None) == form


def test_unknown_endings_and_forms_are_told():
    with pytest.raises(MsmdError, match="tells no form"):
        form_of(Path("take.fbx"), None)
    with pytest.raises(MsmdError, match="unknown form 'fbx'"):
        form_of(Path("take.csv"), "fbx")


def test_the_rate_can_be_changed_on_the_way_and_time_stays_true(tmp_path):
    write_livelink_curves(take(Fraction(60), 600), tmp_path / "in.csv")
    convert(tmp_path / "in.csv", tmp_path / "out.csv", fps=Fraction(30000, 1001))
    after = read_weights(tmp_path / "out.csv")
    assert after.fps == Fraction(30000, 1001)
    assert after.num_frames / float(after.fps) == pytest.approx(10.0, abs=0.04)
    smile = ARKIT_NAMES.index("mouthSmileLeft")
    truth = take(Fraction(30000, 1001), after.num_frames).weights[:, smile]
    np.testing.assert_allclose(after.weights[2:-2, smile], truth[2:-2], atol=0.01)


def test_a_motion_becomes_curves_and_a_take_becomes_a_motion(tmp_path, make_animation):
    save_motion(tmp_path / "in.npz", make_animation(30).motion)
    curves = convert(tmp_path / "in.npz", tmp_path / "out.json")
    assert read_weights(tmp_path / "out.json").num_frames == curves.num_frames == 30
    convert(tmp_path / "out.json", tmp_path / "again.npz")
    assert load_motion(tmp_path / "again.npz").num_frames == 30


def test_a_refused_conversion_leaves_nothing_behind(tmp_path):
    (tmp_path / "in.csv").write_text("a,b\n1,2\n")
    with pytest.raises(MsmdError):
        convert(tmp_path / "in.csv", tmp_path / "out.json")
    assert not (tmp_path / "out.json").exists()


def test_the_report_names_what_each_curve_loses(tmp_path):
    write_livelink_curves(take(), tmp_path / "in.csv")
    curves, trips = measure_round_trips(tmp_path / "in.csv")
    assert set(trips) == {*CURVE_WRITERS, "npz"}
    # the code holds jaws and smiles, and no gaze at all
    assert trips["npz"].correlation[CURVES.index("jawOpen")] > 0.7
    assert trips["npz"].rms[CURVES.index("eyeLookUpLeft")] > 0.1
    text = describe(curves, trips)
    assert text.count("\n| ") == 55
    assert "| tongueOut |" in text


def test_an_error_that_is_there_is_measured():
    before = take()
    bent = before.weights.copy()
    bent[:, 3] += 0.1
    trip = compare(before, ArkitCurves(bent, before.head_rotation, before.fps, 0.5))
    assert trip.rms[3] == pytest.approx(0.1, abs=1e-6)
    assert trip.worst[[0, 1, 2, 4]].max() == 0
    assert trip.time_seconds == pytest.approx(0.5)
