"""The whole suite on a small company and a tiny model: nothing is skipped silently, nothing is done twice."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from msmd.core.animation import StyleCode
from msmd.core.errors import MsmdError
from msmd.core.progress import no_progress
from msmd.evaluation import known_phones
from msmd.evaluation.alignment import Phone
from msmd.evaluation.bench import Bench
from msmd.evaluation.embedded import cost
from msmd.evaluation.embedded.first_line import measure_line_cost
from msmd.evaluation.embedded.stage import Stage
from msmd.evaluation.embedded.suite import RESULTS, embedded_suite, steps_suite
from msmd.evaluation.embedded.takes import Takes
from msmd.evaluation.embedded.unseen_styles import unseen_styles
from msmd.evaluation.known_phones import align_once
from msmd.evaluation.protocol import load_face_mesh
from msmd.evaluation.records import RowFile
from msmd.synthesis.animator import Animator, SamplingOptions
from msmd.synthesis.bundle import load_bundle

from ..conftest import StageAnimator


@dataclass
class Deaf(StageAnimator):
    """Speaks every line and pays no attention to the reference."""

    spoken: list[float] = field(default_factory=list)
    heeds: float = 0.0

    def animate_timed(self, samples, style, seed=0, options=None):
        self.spoken.append(0.0 if options is None else options.guidance_style)
        heard = None if style is None else StyleCode(self.heeds * style.mean)
        return self.animate(samples, heard, seed), {"sampling": 0.1}, []


@pytest.fixture
def bench(folders, mesh) -> Bench:
    return Bench(Deaf([]), mesh, folders / "data", folders / "dataset", folders / "out", None, no_progress)


def rate_of(bench: Bench) -> float:
    pytest.importorskip("matplotlib", reason="figures come with the extra evaluate")
    pairs = unseen_styles(Stage(bench)).rows[0]
    return pairs.numbers["rates"]["model"]["actor or emotion"]  # type: ignore[index]


def test_a_model_that_ignores_the_reference_is_nearer_to_its_own_in_half_of_the_pairs(bench):
    assert rate_of(bench) == pytest.approx(0.5)


def test_a_model_that_copies_the_reference_is_nearer_to_its_own_than_to_another_emotion(bench):
    pytest.importorskip("matplotlib", reason="figures come with the extra evaluate")
    bench = replace(bench, animator=Deaf([], heeds=1.0))
    pairs = unseen_styles(Stage(bench)).rows[0]
    rates = pairs.numbers["rates"]
    assert rates["model"]["emotion"] == 1  # type: ignore[index]
    assert rates["no style"]["emotion"] == pytest.approx(0.5)  # type: ignore[index]


def test_a_take_is_sampled_once_and_another_guidance_is_another_take(tmp_path):
    animator = Deaf([])
    takes = Takes(animator, tmp_path / "takes", SamplingOptions())
    samples = np.zeros(6400, np.float32)
    first = takes.motion(samples)
    assert np.array_equal(takes.motion(samples), first)
    assert len(animator.spoken) == 1
    takes.motion(samples, guidance_style=2.0)
    takes.motion(samples, seed=1)
    takes.motion(np.ones(6400, np.float32))
    assert animator.spoken == [0.0, 2.0, 0.0, 0.0]


def test_a_line_is_aligned_once_whether_it_fits_or_not(tmp_path, monkeypatch):
    asked = []

    def align(samples, text):
        asked.append(text)
        return [Phone("AA", 0.1, 0.3)] if text == "fits" else None

    monkeypatch.setattr(known_phones, "align_or_none", align)
    for _ in range(2):
        cache = RowFile(tmp_path / "phones.jsonl")
        assert align_once("a", np.zeros(640, np.float32), "fits", cache) == [Phone("AA", 0.1, 0.3)]
        assert align_once("b", np.zeros(640, np.float32), "does not", cache) is None
    assert asked == ["fits", "does not"]
    assert align_once("a", np.ones(640, np.float32), "does not", cache) is None, "of other recordings"


@pytest.fixture
def real_bench(folders, tiny_bundle) -> Bench:
    """A real face and a real, untrained model on the small company's recordings."""
    return Bench(
        animator=Animator(load_bundle(tiny_bundle)),
        mesh=load_face_mesh(),
        data_folder=folders / "data",
        dataset_folder=folders / "dataset",
        out_folder=folders / "out",
        limit=None,
        progress=no_progress,
        bundle_folder=tiny_bundle,
    )


def test_the_suite_fills_every_row_or_says_why_not_and_samples_nothing_twice(real_bench, monkeypatch):
    pytest.importorskip("matplotlib", reason="figures come with the extra evaluate")
    text = embedded_suite(real_bench)
    result = json.loads((real_bench.out_folder / RESULTS).read_text())
    rows = {row["key"]: row for row in result["rows"]}
    assert len(rows) == len(result["rows"]) == 19
    assert result["sampling"]["sampler"] == "dpmpp"
    # No GRID clip, no text, no acted corpus of that name: said so, not left out.
    for key in ("grid correlation", "grid lve_rms", "closures", "tucked", "widths", "voice changes"):
        assert rows[key]["verdict"] == "not measured", key
        assert len(rows[key]["how"]) > 10
        assert rows[key]["what"] in text
    for key in ("unseen styles", "style strength", "blinks", "realtime", "first", "memory", "size"):
        assert rows[key]["verdict"] in ("reached", "falls short"), key
    assert rows["size"]["numbers"]["megabytes"] == pytest.approx(
        cost.folder_megabytes(real_bench.bundle_folder)
    )
    assert rows["memory"]["numbers"]["peak_memory_mb"] > 50
    takes = sorted(Path(real_bench.out_folder / "takes").iterdir())

    def refuse(*_args, **_options):
        raise AssertionError("sampled a second time")

    monkeypatch.setattr(real_bench.animator, "animate_timed", refuse)
    embedded_suite(real_bench)
    assert sorted(Path(real_bench.out_folder / "takes").iterdir()) == takes


def test_the_steps_need_words_that_can_be_aligned(real_bench):
    with pytest.raises(MsmdError, match="GRID clips and unseen lines"):
        steps_suite(real_bench)


def test_a_folder_that_is_no_bundle_is_told_in_one_line(tmp_path):
    np.save(tmp_path / "a.npy", np.zeros(6400, np.float32))
    with pytest.raises(MsmdError, match="process of its own"):
        measure_line_cost(tmp_path / "nothing", tmp_path / "a.npy", tmp_path / "a.npy")


def test_a_process_that_fails_leaves_its_rows_empty_with_the_reason(bench, tiny_bundle, monkeypatch):
    def fail(*_):
        raise MsmdError("it was killed")

    monkeypatch.setattr(cost, "measure_line_cost", fail)
    rows = {row.key: row for row in cost.cost(Stage(replace(bench, bundle_folder=tiny_bundle))).rows}
    assert {rows[key].verdict for key in ("realtime", "first", "memory")} == {"not measured"}
    assert rows["first"].how == "it was killed"
    assert rows["size"].verdict == "reached"


def test_recordings_that_are_not_there_are_told_before_any_work(bench, tmp_path):
    with pytest.raises(MsmdError, match="holds no speech"):
        embedded_suite(replace(bench, data_folder=tmp_path / "elsewhere"))
    assert bench.animator.spoken == []  # type: ignore[attr-defined]
