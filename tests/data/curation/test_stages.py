"""The stages alone: what each makes of what it is given."""

import json
from fractions import Fraction

import numpy as np
import pytest
from coded_tracker import CodedTracker
from made_recordings import make_clip

from msmd.core.animation import Motion
from msmd.core.units import ARKIT_NAMES, MOTION_FPS
from msmd.data.corpora.recording import Recording
from msmd.data.curation import encode, probe, sampling, splits
from msmd.data.curation.crop import cropped
from msmd.data.curation.face import opening_at_25, pack_track
from msmd.data.curation.limits import Limits
from msmd.data.curation.outcome import Fault, StageResult
from msmd.data.curation.sound import loudest_db
from msmd.data.curation.store import Store, hash_file, make_key
from msmd.data.curation.tags import DROP, KEEP, name_tags, select_by_tags
from msmd.data.packed import Clip
from msmd.data.trackers.plugin import TrackedFace
from msmd.data.video import read_pictures
from msmd.face.arkit_curves import ArkitCurves
from msmd.face.arkit_weights import arkit_of_motion
from msmd.face.raw_landmarks import RawLandmarks

LIMITS = Limits()


def count_up(frames: int) -> np.ndarray:
    values = np.zeros((frames, 67), np.float32)
    values[:, 66] = np.arange(frames)
    return values


def click_at(seconds: float, duration_seconds: float) -> np.ndarray:
    samples = np.zeros(int(duration_seconds * 16000), np.float32)
    samples[int(seconds * 16000) + 320] = 0.5  # in the middle of a frame
    return samples


@pytest.mark.parametrize(
    ("lag_seconds", "start_seconds", "shown_at_frame"),
    [(0.0, 0.0, 25), (-0.24, 0.0, 19), (0.2, 0.0, 30), (0.0, 0.4, 15), (-0.24, 0.4, 9)],
)
def test_what_is_heard_meets_what_is_shown(lag_seconds, start_seconds, shown_at_frame):
    """The sound has a click at 1 s. The face shows it `lag_seconds` later, in a motion that starts late."""
    result = encode.finish(Motion(count_up(100)), start_seconds, click_at(1.0, 4.0), lag_seconds, LIMITS)
    motion, samples = result.arrays["motion"], result.arrays["sound"]
    assert len(samples) == 640 * len(motion) == 640 * result.numbers["frames"]
    frame = int(np.abs(samples).argmax()) // 640
    assert motion[frame, 66] == shown_at_frame


def test_sound_that_ends_early_ends_the_motion_but_a_frame_is_padded():
    sound = np.zeros(40 * 640 - 300)
    for frames, left in ((40, 40), (90, 41)):
        result = encode.finish(Motion(count_up(frames)), 0.0, sound, 0.0, LIMITS)
        assert (len(result.arrays["motion"]), len(result.arrays["sound"])) == (left, left * 640)


def test_too_little_and_too_wild_are_dropped():
    sound = np.zeros(16000 * 4)

    def codes(values: np.ndarray) -> list[str]:
        return [fault.code for fault in encode.finish(Motion(values), 0.0, sound, 0.0, LIMITS).faults]

    assert codes(count_up(20)) == ["short"]
    wild = count_up(100)
    wild[:10, 3] = 9
    assert codes(wild) == ["wild"]
    wild[4:10, 3] = 0
    assert codes(wild) == []


def clip(name: str, **more) -> Clip:
    values = {
        "id": name, "corpus": "c", "speaker": "s", "emotion": "happy", "intensity": "normal", "frames": 100,
        "split": "train", "has_lips": True, "has_upper": True, "has_head": True, "motion_source": "video",
        "licence": "none",
    }  # fmt: skip
    return Clip(**values | more)


def test_a_random_split_holds_out_a_tenth_and_depends_on_the_seed():
    clips = [clip(f"c/{number}") for number in range(1000)]
    first = splits.divide(clips, "random", 0)
    assert sum(split == "val" for split in first.values()) == 100
    assert first == splits.divide(clips[::-1], "random", 0)
    assert first != splits.divide(clips, "random", 1)
    grown = splits.divide([*clips, clip("c/new")], "random", 0)
    assert sum(grown[one.id] != first[one.id] for one in clips) <= 1


@pytest.mark.parametrize("kind", ["speaker", "sentence", "emotion"])
def test_a_split_by_what_clips_share_keeps_it_on_one_side(kind):
    chance = np.random.default_rng(0)
    clips = [
        clip(
            f"c/{number}",
            speaker=f"s{chance.integers(20)}",
            sentence=["one", "two", "unknown"][chance.integers(3)],
            emotion=["happy", "sad", "angry", "unknown"][chance.integers(4)],
            frames=int(chance.integers(50, 150)),
        )
        for number in range(300)
    ]
    found = splits.divide(clips, kind, 0)
    sides = {}
    for one in clips:
        sides.setdefault(getattr(one, kind), set()).add(found[one.id])
    assert all(len(side) == 1 for name, side in sides.items())
    assert {"val"} in sides.values() and {"train"} in sides.values()
    assert sides.get("unknown", {"train"}) == {"train"}


def test_so_many_clips_are_drawn_as_fill_the_hours():
    kept = [1800.0, None, 1800.0, 900.0, 1800.0, 1800.0]
    assert sampling.count_drawn(kept, 1.0) == 3
    assert sampling.count_drawn(kept, 1.2) == 4
    assert sampling.count_drawn(kept[:2], 1.0) is None


def test_tags_are_words_and_not_parts_of_words():
    assert name_tags(["He is TALKING and then eats."]) == {"talk", "eat"}
    assert name_tags(["She is not wearing a mask, and without drinking she sings"]) == {"sing"}
    assert name_tags(["An unmasked heater, ready, in a theatre"]) == set()
    assert [fault.code for fault in select_by_tags(())] == ["not_speaking"]
    assert select_by_tags(None) == ()
    assert not KEEP.keys() & DROP.keys()


def test_a_key_changes_with_everything_it_is_made_of(tmp_path):
    keys = {
        make_key("a", 1, {"x": 1}, "in"),
        make_key("b", 1, {"x": 1}, "in"),
        make_key("a", 2, {"x": 1}, "in"),
        make_key("a", 1, {"x": 2}, "in"),
        make_key("a", 1, {"x": 1}, "in", "more"),
        make_key("a", 1, {"x": 1}, "other"),
    }
    assert len(keys) == 6
    store, path = Store(tmp_path / "store"), tmp_path / "file"
    path.write_bytes(b"one")
    first = hash_file(path, store)
    assert first == hash_file(path, store)
    path.write_bytes(b"other")
    assert first != hash_file(path, store)


def test_a_result_comes_back_as_it_was_and_a_damaged_one_is_made_anew(tmp_path):
    store = Store(tmp_path)
    result = StageResult((Fault("lost", "x"),), (Fault("small", "y"),), {"n": 1.5}, {"a": np.arange(6.0)})
    assert store.remember("s", "ab12", lambda: result) == result
    back = store.read("s", "ab12")
    assert back is not None
    assert (back.faults, back.cautions, back.numbers) == (result.faults, result.cautions, result.numbers)
    np.testing.assert_array_equal(back.arrays["a"], np.arange(6.0))
    store.path("s", "ab12").write_bytes(b"half")
    assert store.read("s", "ab12") is None
    empty = StageResult(numbers={"n": 2})
    assert store.remember("s", "ab12", lambda: empty) == empty
    known = store.read("s", "ab12")
    assert known is not None and known.numbers == {"n": 2}


def test_a_part_of_a_video_is_cut_out_in_time_and_place(tmp_path):
    video = make_clip(tmp_path / "whole.mp4", found=np.repeat([1.0, 0.0], 50))
    with cropped(video, (1.0, 3.0), (0.0, 0.0, 1 / 3, 0.5)) as part:
        pictures = list(read_pictures(part))
    assert not part.exists()
    assert len(pictures) == 50
    assert pictures[0].pixels.shape == (32, 32, 3)  # the block that says whether there is a face
    np.testing.assert_allclose([one.seconds for one in pictures], np.arange(50) / 25, atol=2e-3)
    bright = [one.pixels.mean() > 128 for one in pictures]
    assert bright == [True] * 25 + [False] * 25
    with cropped(video, None, None) as same:
        assert same == video


def test_the_opening_is_unknown_where_no_face_is_near():
    faces = np.zeros((30, 468, 3), np.float32)
    faces[:, :, 1] = np.arange(30)[:, None] * 0.0
    faces[10:20] = np.nan
    opening = opening_at_25(faces, np.arange(30) / 25)
    assert opening.shape == (30,)
    assert np.isnan(opening[13:17]).all()
    assert np.isfinite(opening[[0, 9, 20, 29]]).all()


def test_the_level_is_that_of_the_loudest_moment():
    quiet = np.zeros(32000, np.float32)
    assert loudest_db(quiet) == -120
    quiet[8000:9600] = 0.1
    assert loudest_db(quiet) == pytest.approx(-20, abs=0.01)


def test_probe_reads_no_picture(tmp_path):
    video = make_clip(tmp_path / "a.mp4")
    recording = Recording("c", "a", "s", "unknown", "unknown", None, "video", video, video, "none")
    result = probe.probe(recording, LIMITS)
    assert result.faults == ()
    assert result.numbers["seconds"] == pytest.approx(4.0, abs=0.1)
    assert (result.numbers["width"], result.numbers["height"], result.numbers["fps"]) == (96, 64, 25.0)


def test_the_made_tracker_sees_what_was_painted(tmp_path):
    video = make_clip(tmp_path / "a.mp4", found=np.repeat([1.0, 0.0], 50))
    raw = CodedTracker().track(video).landmarks
    np.testing.assert_array_equal(raw.found, np.repeat([True, False], 50))
    assert json.dumps({"faces": raw.num_faces}) == '{"faces": 1}'


def test_a_trackers_own_motion_keeps_its_blinks_and_a_code_of_its_own_is_left_alone():
    times = np.arange(120) / 60
    weights = np.zeros((120, 52), np.float32)
    lids = [ARKIT_NAMES.index("eyeBlinkLeft"), ARKIT_NAMES.index("eyeBlinkRight")]
    weights[:, lids] = np.clip(1 - np.abs(times - 1.02) / 0.05, 0, 1)[:, None]
    motion = ArkitCurves(weights, np.zeros((120, 3), np.float32), Fraction(60)).to_motion()
    raw = RawLandmarks(np.full((120, 478, 3), np.nan, np.float32), times, 320, 240, 1)
    ours, theirs = (pack_track(TrackedFace(raw, motion), code).arrays["motion"] for code in ("msmd", "coded"))
    shut_ours, shut_theirs = (arkit_of_motion(Motion(one))[:, lids[0]].max() for one in (ours, theirs))
    assert shut_ours > 0.9 > shut_theirs + 0.1
    np.testing.assert_array_equal(theirs, motion.resample(MOTION_FPS).values)
