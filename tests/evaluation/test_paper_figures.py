"""What the figures show, and that they come out as pictures."""

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="figures come with the extra evaluate")

from dataclasses import replace

from msmd.core.animation import Animation, Motion
from msmd.core.errors import MsmdError
from msmd.evaluation.draw_paper_figures import FigureOptions, draw_paper_figures
from msmd.evaluation.paper_figures import (
    Performed,
    choose_line,
    choose_references,
    draw_alphas,
    draw_bases,
    order_models,
)
from msmd.synthesis.animator import SamplingOptions

from .conftest import perform


def test_the_line_is_one_that_nobody_acts_in_and_about_six_seconds_long():
    clips = [
        perform("acted", emotion="happy", frames=150),
        perform("read", emotion="neutral", frames=150),
        perform("short", emotion="unknown", frames=80),
        perform("long", emotion="unknown", frames=400),
    ]
    assert choose_line(clips).clip == "short"
    assert choose_line(clips, "acted").clip == "acted"
    with pytest.raises(MsmdError, match="no held-out clip 'x'"):
        choose_line(clips, "x")


def test_references_are_the_most_marked_clips_of_other_speakers_one_an_emotion(mesh):
    clips = [
        perform("mild", "a", "happy", smile=1),
        perform("marked", "a", "happy", smile=9),
        perform("own", "b", "happy", smile=20),
        perform("sad", "a", "sad", brow=-20),
        perform("plain", "a", "neutral", smile=30),
        replace(perform("half", "a", "angry", brow=-50), has_upper_face=False),
    ]
    assert [one.clip for one in choose_references(clips, mesh, speaker="b")] == ["sad", "marked"]
    assert [one.clip for one in choose_references(clips, mesh, "b", ["mild"])] == ["mild"]
    with pytest.raises(MsmdError, match="--style"):
        choose_references(clips[4:5], mesh, "b")


def test_models_stand_in_the_papers_order_and_ours_comes_last():
    names = ["embedded", "num-basis-2-embedded", "mine", "vae-baseline-embedded", "diffposetalk-embedded"]
    ordered = [name for name, _ in order_models(names)]
    assert ordered[-1] == "embedded"
    assert (
        ordered.index("diffposetalk-embedded")
        < ordered.index("vae-baseline-embedded")
        < ordered.index("mine")
    )
    assert dict(order_models(names))["vae-baseline-embedded"] == "VAE-baseline"


def test_all_three_figures_come_out_of_a_bundle(folders, tiny_bundle, tmp_path):
    options = FigureOptions(
        audio="ahappy1", styles=("asad1",), sampling=SamplingOptions(0.0, 0.0, steps=1), size_px=64
    )
    paths = draw_paper_figures({"embedded": tiny_bundle}, folders / "dataset", tmp_path / "out", options)
    assert [path.name for path in paths] == ["figure_5.jpg", "figure_6.jpg", "figure_7.png"]
    starts = [path.read_bytes()[:4] for path in paths]
    assert starts == [b"\xff\xd8\xff\xe0"] * 2 + [b"\x89PNG"]


def test_an_unknown_figure_is_refused_before_any_work(folders, tiny_bundle, tmp_path):
    options = FigureOptions(figures=("5", "12"))
    with pytest.raises(MsmdError, match="no figure 12"):
        draw_paper_figures({"embedded": tiny_bundle}, folders / "dataset", tmp_path / "out", options)


def test_a_model_without_bases_cannot_show_them(mesh, tmp_path):
    one = perform("x")
    bare = Animation(
        Motion(one.motion), one.motion, np.zeros((75, 0), np.float32), np.zeros((0, 67), np.float32), 0
    )
    with pytest.raises(MsmdError, match="no style basis"):
        draw_bases(one, [Performed("bare", bare)], mesh, tmp_path / "x.png")
    alpha = replace(bare, alpha=np.zeros((75, 2), np.float32), basis=np.zeros((2, 67), np.float32))
    draw_alphas(one, [Performed("two", alpha)], tmp_path / "alpha.png")
    assert (tmp_path / "alpha.png").is_file()
