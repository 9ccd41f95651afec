"""What the corpora say of their recordings."""

import json
import zlib
from dataclasses import replace

import numpy as np
import pytest

from msmd.core.errors import FormatError
from msmd.data.corpora.facegood import list_facegood
from msmd.data.corpora.grid import grid_split, list_grid, silent_frames
from msmd.data.corpora.ravdess import list_ravdess
from msmd.data.corpora.talking import list_talking


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")


def test_grid_splits_by_the_checksum_of_the_name():
    for stem in ("bbaf2n", "pbio7a", "lgaz6n", "swbi5s"):
        share = zlib.crc32(stem.encode()) % 100
        assert grid_split(stem) == ("test" if share < 5 else "val" if share < 10 else "train")


def test_grid_knows_when_its_speaker_is_silent(tmp_path):
    path = tmp_path / "a.align"
    path.write_text("0 25000 sil\n25000 50000 bin\n50000 74500 sil\n")
    times = np.array([0.0, 0.99, 1.0, 1.99, 2.0, 2.97, 2.98])
    np.testing.assert_array_equal(silent_frames(path, times), [True, True, False, False, True, True, False])


def test_ravdess_takes_each_clip_once_in_its_best_form(tmp_path):
    folder = tmp_path / "ravdess"
    keys = ["01-03-02-01-01-03", "01-04-01-01-01-03", "01-08-01-01-01-04", "01-03-01-01-01-09"]
    for key in keys:
        touch(folder / "audio" / f"Actor_{key[-2:]}" / f"03-{key}.flac")
    for key in (keys[0], keys[3]):
        touch(folder / "openface" / f"Actor_{key[-2:]}" / f"01-{key}.csv.gz")
    for key in keys[:3]:
        touch(folder / "openface_au" / f"Actor_{key[-2:]}" / f"01-{key}.csv.gz")
    touch(folder / "openface" / "Actor_03" / "01-01-07-01-01-01-03.csv.gz")  # without sound
    touch(folder / "video" / f"02-{keys[1]}.mp4")
    found = {recording.stem: recording for recording in list_ravdess(tmp_path)}
    assert set(found) == set(keys)
    assert [found[key].motion_kind for key in keys] == ["openface", "video", "openface_au", "openface"]
    assert [found[key].split for key in keys] == ["train", "train", "test", "test"]
    assert [found[key].emotion for key in keys] == ["happy", "sad", "surprised", "happy"]
    assert found[keys[0]].intensity == "strong"
    assert [found[key].has_upper for key in keys] == [True, True, False, True]
    assert [found[key].has_head for key in keys] == [True, True, False, True]
    assert found[keys[1]].sound_path.name == f"03-{keys[1]}.flac"


def entry(file, sync, offset_ms=None, fps=25.0, speaker="one"):
    return {
        "file": file,
        "sync": sync,
        "offset_ms": offset_ms,
        "fps": fps,
        "speaker": speaker,
        "licence": None,
    }


def test_talking_uses_lips_only_where_they_follow_the_sound(tmp_path):
    entries = [
        entry("a.mp4", "good"),
        entry("b.mp4", "offset", -240),
        entry("c.mp4", "offset", 440),
        entry("d.mp4", "weak", -120),
        entry("e.mp4", "good", fps=10.0),
        entry("x_M030_level_3_angry_016.mp4", "curated"),
    ]
    (tmp_path / "talking").mkdir()
    manifest = tmp_path / "talking" / "manifest.jsonl"
    manifest.write_text("".join(json.dumps(one) + "\n" for one in entries))
    found = list_talking(tmp_path)
    assert [one.has_lips for one in found] == [True, True, False, False, False, True]
    assert [one.lag_seconds for one in found] == [0, -0.24, 0, 0, 0, 0]
    assert (found[5].emotion, found[5].intensity) == ("angry", "strong")
    assert len({one.split for one in found}) == 1  # one speaker, one split
    manifest.write_text('{"file": "a.mp4"}\n')
    with pytest.raises(FormatError, match="line 1"):
        list_talking(tmp_path)


def test_absent_corpora_are_empty(tmp_path):
    for listing in (list_grid, list_ravdess, list_talking, list_facegood):
        assert listing(tmp_path) == []


def test_the_real_corpora_are_whole_and_speakers_keep_to_one_split(data_folder):
    for listing, count in ((list_grid, 940), (list_ravdess, 320), (list_talking, 130), (list_facegood, 7)):
        found = listing(data_folder)
        assert len(found) == len({one.id for one in found}) == count
        assert all(one.sound_path.is_file() and one.motion_path.is_file() for one in found)
        if listing in (list_ravdess, list_talking):
            pairs = {(one.speaker, one.split) for one in found}
            assert len(pairs) == len({one.speaker for one in found})
    assert replace(found[0], stem="x").id == "facegood/x"
