"""From bundle folders and a packed dataset to the files of a comparison."""

import json
import shutil
from dataclasses import replace

import pytest

pytest.importorskip("matplotlib", reason="plots come with the extra evaluate")

from msmd.core.errors import MsmdError
from msmd.evaluation.compare import PAPER_SAMPLING, Comparison, compare
from msmd.evaluation.run import evaluate, name_bundles
from msmd.synthesis.animator import SamplingOptions


@pytest.fixture
def comparison(folders, tiny_bundle):
    quick = SamplingOptions(guidance_audio=0.0, guidance_style=0.0, steps=1)
    bundles = {"embedded": tiny_bundle, "vae-baseline-embedded": tiny_bundle}
    return Comparison(bundles, folders / "dataset", folders / "out", quick, limit=2, num_seeds=1)


def test_bundles_become_tables_json_and_plots(comparison, mesh):
    text = compare(comparison, mesh)
    assert "Table 1" in text
    assert "Table 2" in text
    out = comparison.out_folder
    assert {path.name for path in out.iterdir()} >= {
        "comparison.md",
        "comparison.tex",
        "comparison.json",
        "clips.json",
        "violins.png",
        "bars.png",
    }
    summary = json.loads((out / "comparison.json").read_text())
    assert summary["takes"] == {"matching": 2, "contrasting": 2}
    assert summary["means"]["matching"]["all"]["truth"]["mve"]["mean"] == 0
    # One model under two names: no difference may be found.
    means = summary["means"]["matching"]["all"]
    assert means["embedded"]["mve"] == means["vae-baseline-embedded"]["mve"]
    assert not any(row["bold"] for table in summary["tables"] for row in table["rows"])
    clips = json.loads((out / "clips.json").read_text())
    assert len(clips["embedded"]) == 4
    assert {row["clip"] for row in clips["embedded"]} == {row["clip"] for row in clips["truth"]}


def test_a_bundle_that_joins_later_generates_its_own_takes_alone(comparison, mesh, monkeypatch):
    alone = replace(comparison, bundles={"embedded": comparison.bundles["embedded"]})
    assert "Table 1" not in compare(alone, mesh)
    generated = []
    monkeypatch.setattr(
        "msmd.evaluation.compare.model_contestant",
        lambda animator, style: lambda clip, seed: generated.append(clip) or clip.target.motion,
    )
    assert "Table 1" in compare(comparison, mesh)
    assert len(generated) == 4


def test_other_sampling_is_kept_apart_and_another_model_of_the_same_name_is_refused(
    comparison, mesh, tmp_path
):
    compare(comparison, mesh)
    compare(replace(comparison, options=SamplingOptions(0.5, 0.0, steps=1)), mesh)
    assert len(list((comparison.out_folder / "embedded").iterdir())) == 2
    other = tmp_path / "other"
    shutil.copytree(comparison.bundles["embedded"], other)
    description = json.loads((other / "bundle.json").read_text()) | {"licence": "another"}
    (other / "bundle.json").write_text(json.dumps(description))
    with pytest.raises(MsmdError, match="another model"):
        compare(replace(comparison, bundles={"embedded": other}), mesh)


def test_the_tables_use_the_papers_guidance_unless_told_otherwise():
    assert (PAPER_SAMPLING.guidance_audio, PAPER_SAMPLING.guidance_style) == (1, 1)
    assert Comparison.options == PAPER_SAMPLING


def test_bundles_are_named_by_folder_or_by_hand(tiny_bundle, tmp_path):
    assert list(name_bundles([])) == ["embedded"]
    assert name_bundles([str(tiny_bundle), f"mine={tiny_bundle}"]) == {
        "tiny": tiny_bundle,
        "mine": tiny_bundle,
    }
    with pytest.raises(MsmdError, match="two bundles are called 'tiny'"):
        name_bundles([str(tiny_bundle)] * 2)
    with pytest.raises(MsmdError, match="no bundle"):
        name_bundles([str(tmp_path)])


def test_suites_that_need_recordings_say_so_before_any_work(comparison):
    with pytest.raises(MsmdError, match="--recordings"):
        evaluate(comparison, suites=("tables", "speed"))
    with pytest.raises(MsmdError, match="unknown suite"):
        evaluate(comparison, suites=("nonsense",))
    assert not comparison.out_folder.exists()


def test_suites_of_each_bundle_stand_under_its_name(comparison, mesh, monkeypatch):
    monkeypatch.setattr("msmd.evaluation.run.load_face_mesh", lambda: mesh)
    text = evaluate(comparison, suites=("held_out",), options=SamplingOptions(steps=1)).read_text()
    assert text.index("# embedded") < text.index("# vae-baseline-embedded")
    assert (comparison.out_folder / "embedded" / "held_out.json").is_file()
