"""What the corpora say of their recordings."""

import json
import zlib

import numpy as np
import pytest

from msmd.core.errors import FormatError
from msmd.data.corpora.facegood import list_facegood
from msmd.data.corpora.grid import grid_split, list_grid, silent_frames
from msmd.data.corpora.ravdess import is_ravdess, list_ravdess
from msmd.data.corpora.sources import list_source
from msmd.data.corpora.talking import list_talking
from msmd.data.curation.tags import select_by_tags


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
    found = {recording.stem: recording for recording in list_ravdess(folder)}
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
    found = list_talking(tmp_path / "talking")
    assert [one.has_lips for one in found] == [True, True, False, False, False, True]
    assert [one.lag_seconds for one in found] == [0, -0.24, 0, 0, 0, 0]
    assert (found[5].emotion, found[5].intensity) == ("angry", "strong")
    assert len({one.split for one in found}) == 1  # one speaker, one split
    manifest.write_text('{"file": "a.mp4"}\n')
    with pytest.raises(FormatError, match="line 1"):
        list_talking(tmp_path / "talking")


def test_grid_finds_speakers_and_word_times_in_the_folders_of_the_download(tmp_path):
    touch(tmp_path / "s1" / "bbaf2n.mpg")
    touch(tmp_path / "s20" / "video" / "mpg_6000" / "bbaf2n.mpg")
    touch(tmp_path / "alignments" / "s20" / "bbaf2n.align")
    first, second = sorted(list_grid(tmp_path), key=lambda one: one.id)
    assert (first.id, first.speaker, first.align_path) == ("grid/s1_bbaf2n", "grid_s1", None)
    assert (second.id, second.speaker) == ("grid/s20_bbaf2n", "grid_s20")
    assert second.align_path == tmp_path / "alignments" / "s20" / "bbaf2n.align"


def test_a_ravdess_download_is_read_in_its_own_folders(tmp_path):
    key, other, song = "01-05-01-02-01-07", "01-02-01-01-02-07", "02-03-02-01-01-12"
    touch(tmp_path / "Video_Speech_Actor_07" / "Actor_07" / f"01-{key}.mp4")
    touch(tmp_path / "Video_Speech_Actor_07" / "Actor_07" / f"02-{key}.mp4")
    touch(tmp_path / "Audio_Speech_Actors_01-24" / "Actor_07" / f"03-{key}.wav")
    touch(tmp_path / "Video_Speech_Actor_07" / "Actor_07" / f"02-{other}.mp4")
    touch(tmp_path / "FacialTracking_Actors_01-24" / f"01-{song}.csv")
    touch(tmp_path / "Audio_Song_Actors_01-24" / "Actor_12" / f"03-{song}.wav")
    assert is_ravdess(tmp_path)
    found = {one.stem: one for one in list_ravdess(tmp_path, own_splits=False)}
    assert set(found) == {key, other, song}
    assert found[key].motion_path.name == f"01-{key}.mp4"
    assert found[key].sound_path.name == f"03-{key}.wav"
    assert (found[key].emotion, found[key].sentence) == ("angry", "Dogs are sitting by the door")
    assert found[other].sound_path == found[other].motion_path  # and probe will say that it is mute
    assert (found[song].motion_kind, found[song].intensity, found[song].split) == ("openface", "strong", None)


def test_celebv_hq_brings_names_for_its_zeros_and_ones(tmp_path):
    info = {
        "meta_info": {"appearance_mapping": ["bald", "wearing_mask"], "action_mapping": ["eat", "talk"]},
        "clips": {
            "abcdefghijk_0": {
                "ytb_id": "abcdefghijk",
                "duration": {"start_sec": 1.5, "end_sec": 9.0},
                "bbox": {"top": 0.1, "bottom": 0.9, "left": 0.25, "right": 0.75},
                "attributes": {
                    "appearance": [1, 0],
                    "action": [0, 1],
                    "emotion": {"sep_flag": False, "labels": "surprise"},
                },
            },
            "abcdefghijk_1": {
                "ytb_id": "abcdefghijk",
                "duration": {"start_sec": 20, "end_sec": 24},
                "attributes": {
                    "appearance": [0, 1],
                    "action": [1, 1],
                    "emotion": {"sep_flag": True, "labels": [{"emotion": "happy"}, {"emotion": "anger"}]},
                },
            },
        },
    }
    (tmp_path / "celebvhq_info.json").write_text(json.dumps(info))
    touch(tmp_path / "processed" / "abcdefghijk_0.mp4")
    touch(tmp_path / "raw" / "abcdefghijk.mp4")
    cut, whole = list_source(tmp_path)
    assert (cut.id, cut.emotion, cut.span_seconds, cut.box) == (
        "celebvhq/abcdefghijk_0",
        "surprised",
        None,
        None,
    )
    assert set(cut.tags or ()) == {"talk", "bald"}
    assert (whole.emotion, whole.span_seconds) == ("changing", (20.0, 24.0))
    assert whole.motion_path == tmp_path / "raw" / "abcdefghijk.mp4"
    assert cut.speaker == whole.speaker == "celebvhq_abcdefghijk"
    assert [fault.code for fault in select_by_tags(cut.tags)] == []
    assert [fault.code for fault in select_by_tags(whole.tags)] == ["unwanted", "unwanted"]


def test_celebv_text_takes_descriptions_from_json_as_well(tmp_path):
    touch(tmp_path / "a_0.mp4")
    touch(tmp_path / "b_0.mp4")
    (tmp_path / "celebvtext_actions.json").write_text(
        json.dumps(
            {"a_0": ["She is singing."], "b_0": {"action": "He yawns.", "light": "He reads in the light."}}
        )
    )
    first, second = list_source(tmp_path)
    assert select_by_tags(first.tags) == ()
    assert [fault.code for fault in select_by_tags(second.tags)] == ["unwanted", "not_speaking"]


def test_any_folder_of_videos_takes_a_table(tmp_path):
    folder = tmp_path / "My clips"
    for name in ("a.mp4", "take/b.MOV", "take2/b.mov", "notes.txt", ".hidden/c.mp4"):
        touch(folder / name)
    plain = list_source(folder)
    assert [one.id for one in plain] == ["my_clips/a", "my_clips/take2_b", "my_clips/take_b"]
    assert len({one.speaker for one in plain}) == 3
    assert all(one.tags is None for one in plain)
    (folder / "clips.csv").write_text(
        "File,Speaker,Emotion,Tags,lag_seconds\na.mp4,Ann,Happy,talk; eat,-0.08\ntake/b.MOV,Ann,,,\n"
    )
    first, _, last = list_source(folder)
    assert (first.speaker, first.emotion, first.tags) == ("my_clips_Ann", "happy", ("talk", "eat"))
    assert first.lag_seconds == -0.08
    assert (last.speaker, last.emotion, last.tags) == ("my_clips_Ann", "unknown", None)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("file,mood\na.mp4,good\n", "unknown columns mood"),
        ("name\na.mp4\n", "no column `file`"),
        ("file\nz.mp4\n", "names z.mp4"),
        ("file,lag_seconds\na.mp4,late\n", "no number of seconds"),
    ],
)
def test_a_table_that_does_not_fit_is_told(tmp_path, table, message):
    touch(tmp_path / "a.mp4")
    (tmp_path / "clips.csv").write_text(table)
    with pytest.raises(FormatError, match=message):
        list_source(tmp_path)


def test_a_source_without_clips_is_told(tmp_path):
    with pytest.raises(FormatError, match="there is no folder"):
        list_source(tmp_path / "nowhere")
    with pytest.raises(FormatError, match="holds no clips"):
        list_source(tmp_path)
    touch(tmp_path / "a.mp4")
    with pytest.raises(FormatError, match="no layout 'celebv'"):
        list_source(tmp_path, "celebv")


def test_absent_corpora_are_empty(tmp_path):
    for listing in (list_grid, list_ravdess, list_talking, list_facegood):
        assert listing(tmp_path) == []


def test_the_real_corpora_are_whole_and_speakers_keep_to_one_split(data_folder):
    counts = {"grid": 940, "ravdess": 320, "talking": 130, "facegood": 7}
    listed = list_source(data_folder)
    assert len(listed) == len({one.id for one in listed}) == sum(counts.values())
    for corpus, count in counts.items():
        found = [one for one in listed if one.corpus == corpus]
        assert len(found) == count
        assert all(one.sound_path.is_file() and one.motion_path.is_file() for one in found)
        if corpus in ("ravdess", "talking"):
            pairs = {(one.speaker, one.split) for one in found}
            assert len(pairs) == len({one.speaker for one in found})
