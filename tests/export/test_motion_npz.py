import json

import numpy as np

from msmd.export.motion_npz import write_motion_npz
from msmd.export.report import write_report
from msmd.face.motion_file import load_motion


def test_same_animation_gives_the_same_bytes(make_animation, tmp_path):
    for name in ("a.npz", "b.npz"):
        write_motion_npz(make_animation(), tmp_path / name)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()


def test_a_take_reads_back_as_motion_and_keeps_its_parts(make_animation, tmp_path):
    animation = make_animation()
    write_motion_npz(animation, tmp_path / "take.npz")
    motion = load_motion(tmp_path / "take.npz")
    np.testing.assert_array_equal(motion.values, animation.motion.values)
    assert (motion.fps, motion.origin) == (animation.motion.fps, animation.motion.origin)
    with np.load(tmp_path / "take.npz", allow_pickle=False) as entries:
        np.testing.assert_array_equal(entries["primary_motion"], animation.primary_motion)
        np.testing.assert_array_equal(entries["alpha"], animation.alpha)
        np.testing.assert_array_equal(entries["basis"], animation.basis)
        assert int(entries["seed"]) == 7
        assert json.loads(str(entries["settings"])) == animation.settings


def test_report_names_outputs_times_and_warnings(make_animation, tmp_path):
    animation = make_animation(frames=50)
    outputs = {"npz": tmp_path / "take.npz"}
    seconds = {"load": 0.25, "generate": 0.25, "write_npz": 0.5}
    write_report(animation, tmp_path / "take.json", outputs, seconds, ["the sound is silent"])
    report = json.loads((tmp_path / "take.json").read_text())
    assert report["outputs"] == {"npz": "take.npz"}
    assert report["real_time_factor"] == {"generation": 0.25, "everything": 0.5}
    assert report["warnings"] == ["the sound is silent"]
    assert (report["frames"], report["fps"], report["seed"]) == (50, "25", 7)
    assert report["settings"] == animation.settings
