"""Bundles and a list in, a study folder out: the right faces, sounds and anchors, and no work done twice."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction

import av
import numpy as np
import pytest
from tests.cli.conftest import write_wave

import msmd.study.media
from msmd.api import load
from msmd.core.animation import Motion
from msmd.core.errors import CaptureError, MsmdError
from msmd.face.motion_file import save_motion
from msmd.render.video import write_pictures
from msmd.study.answers import DATABASE_NAME
from msmd.study.build import BuildOptions, build_study
from msmd.study.design import ANCHOR, MATCH, load_study, verify_media
from msmd.study.media import MediaFolder, copy_part, fit_length
from msmd.study.performances import Stage, quiet_end
from msmd.study.systems import System
from msmd.study.trial_list import TrialSpec
from msmd.synthesis.animator import SamplingOptions

OPTIONS = BuildOptions(size_px=64, seed=1)
QUICK = SamplingOptions(steps=2)


def motion_of(seconds: float, seed: int) -> Motion:
    rng = np.random.default_rng(seed)
    return Motion((0.3 * rng.normal(size=(round(seconds * 25), 67))).astype(np.float32))


@pytest.fixture(scope="module")
def material(tiny_bundle, tmp_path_factory):
    """Two systems; two trials: one reference is a built-in style, the other a motion file."""
    folder = tmp_path_factory.mktemp("material")
    rng = np.random.default_rng(0)
    line = write_wave(folder / "line.wav", 0.2 * rng.normal(size=int(2.4 * 16_000)))
    save_motion(folder / "sulky.npz", motion_of(1.6, 3))
    systems = [
        System("ours", tiny_bundle, QUICK),
        System("unstyled", tiny_bundle, QUICK, styled=False),
    ]
    specs = [
        TrialSpec("matching", "happy", str(line), audio_end=1.2),
        TrialSpec("contrasting", str(folder / "sulky.npz"), str(line), audio_start=1.2),
    ]
    return systems, specs


@pytest.fixture(scope="module")
def built(material, tmp_path_factory):
    folder = tmp_path_factory.mktemp("built")
    systems, specs = material
    study, warnings = build_study(folder, systems, specs, OPTIONS)
    return folder, study, warnings


def streams(path):
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        count = sum(1 for _ in container.decode(video))
        return video.codec_context.name, count, len(container.streams.audio)


def test_the_folder_is_whole_and_stands_alone(built):
    folder, study, warnings = built
    verify_media(folder, load_study(folder))
    assert load_study(folder) == study and warnings == []
    assert {path.name for path in (folder / "media").iterdir()} == {video.file for video in study.videos()}


def test_every_trial_shows_every_system_and_the_anchor_equally_long(built):
    folder, study, _ = built
    for trial in study.trials:
        for kind in ("style", "lips"):
            assert Counter(item.system for item in trial.items[kind]) == {"ours": 1, "unstyled": 1, ANCHOR: 1}
            found = {streams(folder / "media" / item.video.file) for item in trial.items[kind]}
            assert found == {("h264", 30, 1 if kind == "lips" else 0)}
    assert streams(folder / "media" / study.trials[1].reference.file) == ("h264", 40, 0)


def test_anchors_are_performances_of_another_style_and_another_recording(built, material):
    _, study, _ = built
    _, specs = material
    assert [t.items["style"][-1].source for t in study.trials] == ["sulky.npz", "happy"]
    assert study.trials[0].items["lips"][-1].source == "sulky.npz"
    assert {item.system for item in study.practice["style"].items["style"]} == {MATCH, ANCHOR}
    assert len({spec.style_word for spec in specs}) == 2


def test_a_file_name_tells_nothing_of_its_system(built, material, tmp_path):
    """Another folder has other names for the same pictures, for its key is another."""
    _, study, _ = built
    systems, specs = material
    again, _ = build_study(tmp_path, systems, specs, OPTIONS)
    assert not {video.file for video in study.videos()} & {video.file for video in again.videos()}
    assert {video.sha256 for video in study.videos()} == {video.sha256 for video in again.videos()}


def test_a_build_that_was_stopped_draws_only_what_is_missing(built, material, monkeypatch):
    folder, study, _ = built
    systems, specs = material
    lost = folder / "media" / study.trials[0].items["style"][0].video.file
    lost.unlink()
    drawn = []

    def draw(animation, path, *rest):
        drawn.append(path)
        return write(animation, path, *rest)

    write = msmd.study.media.write_video
    monkeypatch.setattr(msmd.study.media, "write_video", draw)
    kept = set((folder / ".build").iterdir())
    assert build_study(folder, systems, specs, OPTIONS)[0] == study
    assert len(drawn) == 1
    assert set((folder / ".build").iterdir()) == kept and len(kept) == 4  # two systems, two trials


def test_a_study_with_answers_is_not_changed(built, material, tmp_path):
    systems, specs = material
    (tmp_path / DATABASE_NAME).touch()
    with pytest.raises(MsmdError, match="already answered"):
        build_study(tmp_path, systems, specs, OPTIONS)


def test_trials_that_are_all_alike_have_no_anchor(material, tmp_path):
    systems, specs = material
    with pytest.raises(MsmdError, match="no anchor"):
        build_study(tmp_path, systems, [specs[1], replace(specs[1], audio_start=0.0)], OPTIONS)
    assert not (tmp_path / "study.json").exists()


def test_heads_are_at_rest(tmp_path):
    still, turned = motion_of(0.2, 1), motion_of(0.2, 1)
    turned.values[:, 64:] += 0.3
    media = MediaFolder(tmp_path, 64)
    assert media.draw(still) == media.draw(turned)


def test_a_short_anchor_plays_there_and_back():
    steps = Motion(np.arange(3, dtype=np.float32)[:, None] * np.ones((1, 67), np.float32))
    assert fit_length(steps, 8).values[:, 0].tolist() == [0, 1, 2, 1, 0, 1, 2, 1]
    assert fit_length(steps, 2).values[:, 0].tolist() == [0, 1]


def test_a_line_is_cut_where_it_is_quiet():
    from msmd.core.animation import Sound

    samples = np.ones(16_000 * 6, np.float32)
    samples[int(4.5 * 16_000) : int(4.7 * 16_000)] = 0
    assert 4.5 <= quiet_end(Sound(samples, 16_000), 5.0) <= 4.7


def test_a_part_of_a_video_starts_and_ends_where_it_is_asked_to(tmp_path):
    pictures = (np.full((48, 64, 3), 5 * index, np.uint8) for index in range(40))
    write_pictures(tmp_path / "whole.mp4", pictures, Fraction(20), None, 40)
    copy_part(tmp_path / "whole.mp4", tmp_path / "part.mp4", 0.5, 1.5, 48)
    with av.open(str(tmp_path / "part.mp4")) as container:
        shades = [frame.to_ndarray(format="rgb24").mean() / 5 for frame in container.decode(video=0)]
        assert container.streams.video[0].average_rate == 25 and not container.streams.audio
    assert len(shades) == 25
    np.testing.assert_allclose(shades, np.floor(10 + np.arange(25) * 20 / 25 + 1e-6), atol=0.8)
    with pytest.raises(CaptureError, match="no picture"):
        copy_part(tmp_path / "whole.mp4", tmp_path / "none.mp4", 5.0, 6.0, 48)


def test_a_reference_video_is_shown_itself_and_tracked_once(tiny_bundle, tmp_path, monkeypatch):
    pictures = (np.full((64, 64, 3), 9, np.uint8) for _ in range(50))
    write_pictures(tmp_path / "face.mp4", pictures, Fraction(25), None, 50)
    performer = load(tiny_bundle)
    tracked = []

    def track(self, path, neutral="auto", progress=None):
        tracked.append(path)
        return motion_of(2.0, 4)

    monkeypatch.setattr(type(performer), "read_reference", track)
    spec = TrialSpec("matching", str(tmp_path / "face.mp4"), "line.wav", reference_start=0.4)
    stage = Stage(performer, [spec], 1.2, tmp_path / "cache")
    for _ in range(2):
        reference = stage.reference(spec)
    assert len(tracked) == 1
    assert reference.film == (tmp_path / "face.mp4", 0.4, 1.6)
    assert reference.sound is None
    np.testing.assert_array_equal(reference.motion.values, motion_of(2.0, 4).values[10:40])
    with pytest.raises(MsmdError, match="at least 1 s"):
        stage.reference(replace(spec, reference_start=1.5))


def test_clips_of_a_dataset_need_the_dataset(tiny_bundle, tmp_path):
    spec = TrialSpec("matching", "clip:wild/1", "clip:wild/1")
    stage = Stage(load(tiny_bundle), [spec], 6.0, tmp_path)
    with pytest.raises(MsmdError, match="--data"):
        stage.reference(spec)
