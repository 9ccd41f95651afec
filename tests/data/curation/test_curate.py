"""The whole pipeline on recordings whose faults are known."""

import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from made_recordings import FAULTS, TAGS

from msmd.core.errors import MsmdError
from msmd.data.curation.curate import Plan, curate
from msmd.data.curation.manifest import read_manifest
from msmd.data.curation.outcome import CODES
from msmd.data.packed import PackedDataset


@pytest.fixture(scope="module")
def curated(celebv_text, ravdess, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "dataset"
    plan = Plan((celebv_text[0], ravdess[0]), tracker="coded", audio_encoders=("embedded",))
    return out, curate(plan, out)


def test_each_reason_appears_exactly_where_it_was_planted(curated, celebv_text, ravdess):
    _, records = curated
    found = {one.id: one.codes for one in records}
    planted = {f"celebvtext/{name}": reason for name, reason in celebv_text[1].items()}
    planted |= {f"ravdess/{name}": reason for name, reason in ravdess[1].items()}
    assert found == {name: (reason,) if reason else () for name, reason in planted.items()}
    assert set(planted.values()) - {""} == {*FAULTS, *TAGS, "unreadable"}
    assert set(planted.values()) - {""} <= CODES.keys()


def test_the_manifest_says_what_is_behind_each_verdict(curated):
    out, records = curated
    assert read_manifest(out) == sorted(records, key=lambda one: one.id)
    by_code = {one.codes[0]: one for one in records if one.codes}
    assert by_code["turned"].numbers["max_pose_degrees"] > 55
    assert by_code["several_faces"].numbers["num_faces"] == 2
    assert by_code["offset"].numbers["sync_lag_frames"] == 9
    good = next(one for one in records if one.id.startswith("celebvtext/good0"))
    assert (good.verdict, good.emotion, good.stage) == ("kept", "happy", "")
    assert good.licence.startswith("CelebV-Text")
    assert good.source == "videos/good0xxxxx_0_0.mp4"
    assert good.numbers["found_share"] == 1.0
    assert abs(good.seconds - 4.0) < 0.1
    assert "/tmp" not in (out / "manifest.jsonl").read_text()


def test_what_is_kept_is_what_training_reads(curated):
    out, records = curated
    packed = PackedDataset(out)
    packed.verify()
    kept = [one for one in records if one.verdict == "kept"]
    assert [clip.id for clip in packed.clips] == [one.id for one in kept]
    for clip, record in zip(packed.clips, kept, strict=True):
        assert packed.motion(clip.id).shape == (clip.frames, 67)
        assert len(packed.sound(clip.id)) == clip.frames * 640
        assert packed.audio_features(clip.id, "embedded").shape[0] == clip.frames
        assert (clip.split, clip.speaker) == (record.split, record.speaker)
    assert Counter(clip.corpus for clip in packed.clips) == {"celebvtext": 3, "ravdess": 4}
    sung = packed.clip("ravdess/02-04-01-02-02-02")
    assert (sung.emotion, sung.sentence) == ("sad", "Dogs are sitting by the door")


def test_the_mouth_of_a_packed_clip_opens_with_its_sound(curated):
    from made_recordings import mouth_of

    from msmd.face.expression_space import load_expression_space
    from msmd.face.neutral import lip_gap
    from msmd.face.rig import load_rig

    packed = PackedDataset(curated[0])
    motion = packed.motion("celebvtext/good0xxxxx_0_0")
    face = load_rig().landmark_neutral + load_expression_space().decode(motion[:, :64])
    truth = mouth_of(packed.sound("celebvtext/good0xxxxx_0_0"))
    assert np.corrcoef(lip_gap(face), truth)[0, 1] > 0.9


def test_a_second_run_tracks_nothing(curated, celebv_text, ravdess, tmp_path, monkeypatch):
    out, _ = curated
    before = snapshot(out)
    monkeypatch.setenv("CODED_TRACKER_LOG", str(tmp_path / "log"))
    curate(Plan((celebv_text[0], ravdess[0]), tracker="coded", audio_encoders=("embedded",)), out)
    assert not (tmp_path / "log").exists()
    assert snapshot(out) == before


def test_two_runs_on_one_folder_are_refused(curated, celebv_text):
    from filelock import FileLock

    out, _ = curated
    with FileLock(out / "cache" / "lock"), pytest.raises(MsmdError, match="another run"):
        curate(Plan((celebv_text[0],), tracker="coded"), out)


@pytest.fixture
def warm(curated, tmp_path) -> Path:
    """A new folder that knows what the stages of the other run found."""
    shutil.copytree(curated[0] / "cache", tmp_path / "out" / "cache")
    return tmp_path / "out"


def test_a_shift_is_taken_out_on_request(celebv_text, warm):
    records = curate(Plan((celebv_text[0],), tracker="coded", correct_offset=True), warm)
    shifted = next(one for one in records if one.id.startswith("celebvtext/offset"))
    assert shifted.verdict == "kept"
    assert shifted.numbers["corrected_seconds"] == pytest.approx(9 / 25, abs=0.03)
    assert PackedDataset(warm).clip(shifted.id).frames == pytest.approx(100 - 9, abs=1)


def test_hours_are_drawn_at_random_and_told(celebv_text, ravdess, warm):
    def kept_with(seed: int) -> list[str]:
        plan = Plan((celebv_text[0], ravdess[0]), tracker="coded", hours={"celebvtext": 5 / 3600}, seed=seed)
        records = curate(plan, warm)
        drawn = [one for one in records if one.corpus == "celebvtext" and one.verdict == "kept"]
        assert len(drawn) == 2  # of 4 s each: the second fills the hours
        assert sum(one.verdict == "kept" for one in records if one.corpus == "ravdess") == 4
        rest = [one for one in records if "not_drawn" in one.codes]
        assert {one.corpus for one in rest} == {"celebvtext"}
        assert all(not one.numbers and one.stage == "sample" for one in rest)
        return [one.id for one in drawn]

    first = kept_with(0)
    assert any(kept_with(seed) != first for seed in (1, 2, 3, 4))
    assert kept_with(0) == first


def test_a_tracker_with_a_code_of_its_own_is_packed_as_it_is(celebv_text, tmp_path):
    curate(Plan((celebv_text[0],), tracker="coded_codes"), tmp_path)
    packed = PackedDataset(tmp_path)
    assert json.loads((tmp_path / "dataset.json").read_text())["code"] == "coded"
    for clip in packed.clips:
        motion = packed.motion(clip.id)
        assert motion[0, 0] == 0 and motion[-1, 0] > 90


def test_an_unknown_or_broken_tracker_is_told(celebv_text, tmp_path):
    with pytest.raises(MsmdError, match="no face tracker 'serep'"):
        curate(Plan((celebv_text[0],), tracker="serep"), tmp_path)
    with pytest.raises(MsmdError, match="is no face tracker"):
        curate(Plan((celebv_text[0],), tracker="broken"), tmp_path)
    assert not (tmp_path / "manifest.jsonl").exists()


def snapshot(out: Path) -> dict[str, bytes]:
    """Every file of a dataset but the cache."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file() and "cache" not in path.relative_to(out).parts
    }
