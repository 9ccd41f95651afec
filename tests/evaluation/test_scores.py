"""Rows to scores and tables, with rows made by hand."""

import numpy as np
import pytest

from msmd.evaluation.paper_tables import (
    LAYOUTS,
    PAPER_METRICS,
    PAPER_NUMBERS,
    lay_out,
    order_markdown,
    significance_markdown,
    table_latex,
    table_markdown,
    variant_of,
)
from msmd.evaluation.scores import score
from msmd.evaluation.style import EmotionJudge

REFERENCES = {"happy": np.array([1.0, 0]), "sad": np.array([-1.0, 0])}


def row(clip, seed=0, condition="matching", speaker="a", emotion="happy", code=(1, 0), **measures):
    return {
        "key": f"{clip}/{condition}/{seed}",
        "clip": clip,
        "condition": condition,
        "seed": seed,
        "corpus": "stage",
        "speaker": speaker,
        "reference": emotion,
        "reference_speaker": "x",
        "reference_emotion": emotion,
        "style_distance": 0.0,
        "mean_code": list(code),
        **measures,
    }


def scored(rows, models=None, judge=None, seen=frozenset({"a"})):
    return score(rows, models or list(rows), seen, REFERENCES, judge, lambda codes: codes)


def test_a_clip_counts_once_whatever_its_seeds():
    rows = {"m": [row("one", 0, mve=1.0), row("one", 1, mve=3.0), row("two", 0, mve=6.0)]}
    mean = scored(rows).means["matching"]["all"]["m"]["mve"]
    assert (mean.mean, mean.count) == (4, 2)


def test_only_takes_that_all_models_have_count_and_controls_have_one_for_all_seeds():
    rows = {
        "long": [row("one", 0, mve=1.0), row("one", 1, mve=9.0), row("two", 0, mve=9.0)],
        "short": [row("one", 0, mve=2.0)],
        "still": [row("one", 0, mve=5.0), row("two", 0, mve=5.0)],
    }
    scores = scored(rows, ["long", "short"])
    assert scores.takes == {"matching": 1, "contrasting": 0}
    assert scores.means["matching"]["all"]["long"]["mve"].mean == 1
    assert scores.means["matching"]["all"]["still"]["mve"].count == 1
    seeds = {"m": [row("one", 0, mve=1.0), row("one", 1, mve=2.0)], "still": [row("one", 0, mve=5.0)]}
    assert scored(seeds, ["m"]).means["matching"]["all"]["still"]["mve"].mean == 5


def test_speakers_of_the_training_are_told_from_new_ones():
    rows = {"m": [row("one", speaker="a", mve=1.0), row("two", speaker="b", mve=3.0)]}
    means = scored(rows).means["matching"]
    assert means["seen speakers"]["m"]["mve"].mean == 1
    assert means["unseen speakers"]["m"]["mve"].mean == 3
    assert means["stage"]["m"]["mve"].mean == 2


def test_styles_are_found_again_and_named():
    faces = {"happy": np.array([[1.0, 0.1], [1.2, -0.1]]), "sad": np.array([[-1.0, 0.1], [-1.2, -0.1]])}
    rows = {
        "copies": [row("one"), row("two", emotion="sad", code=(-1, 0))],
        "ignores": [row("one"), row("two", emotion="sad", code=(0.9, 0))],
    }
    styles = scored(rows, judge=EmotionJudge(faces)).styles["matching"]
    assert (styles["copies"].match.retrieval_rate, styles["copies"].emotion_agreement) == (1, 1)
    assert (styles["ignores"].match.retrieval_rate, styles["ignores"].emotion_agreement) == (0.5, 0.5)


def test_a_face_without_style_earns_nothing_from_neutral_references():
    faces = {"happy": np.array([[1.0, 0.1], [1.2, -0.1]]), "neutral": np.array([[0.0, 0.1], [0.1, -0.1]])}
    rows = {"still": [row("one", code=(0, 0)), row("two", emotion="neutral", code=(0, 0))]}
    references = {"happy": np.array([1.0, 0]), "neutral": np.array([0.0, 0])}
    scores = score(rows, ["still"], frozenset(), references, EmotionJudge(faces), lambda codes: codes)
    style = scores.styles["matching"]["still"]
    assert (style.emotion_agreement, style.emotion_takes) == (0, 1)


@pytest.fixture
def table():
    """MSMD is best by every metric but MOD, where all are alike but for noise."""
    rng = np.random.default_rng(0)
    level = {"embedded": 1.0, "vae-baseline-embedded": 2.0, "diffposetalk-embedded": 3.0}
    rows = {
        name: [
            row(
                f"clip{number}",
                **{metric: own + rng.normal() * 0.1 for metric in ("mve", "lve_max", "fdd_abs")},
            )
            | {"mod": 1 + rng.normal()}
            for number in range(30)
        ]
        for name, own in level.items()
    }
    return lay_out(LAYOUTS[0], scored(rows), list(rows))


def test_presets_are_known_by_their_names_whatever_their_size():
    names = ("embedded", "msmd-paper", "msmd", "vae-baseline-embedded", "num-basis-8-embedded", "mine")
    variants = ("msmd", "msmd", "msmd", "vae-baseline", "num-basis-8", "mine")
    assert tuple(variant_of(name) for name in names) == variants


def test_rows_stand_in_the_papers_order_and_bold_where_significant(table):
    assert [one.label for one in table.rows] == ["DiffPoseTalk", "VAE-baseline", "MSMD"]
    assert table.rows[2].bold == {"mve", "lve_max", "fdd_abs"}
    assert not table.rows[0].bold | table.rows[1].bold
    text = table_markdown(table)
    line = next(line for line in text.splitlines() if line.startswith("| MSMD"))
    assert line.count("**") == 6
    assert line.endswith("| 3.46 | 8.54 | 43.4 | 2.96 |")


def test_the_latex_table_has_bold_numbers_and_no_bare_special_characters(table):
    text = table_latex(table)
    assert text.count(r"\textbf") == 3
    assert r"$10^{-5}$ m" in text
    body = text.split(r"\midrule")[1].split(r"\bottomrule")[0]
    assert all(line.count("&") == 8 and line.endswith(r"\\") for line in body.strip().splitlines())


def test_the_order_is_compared_pair_by_pair(table):
    lines = {line.split("|")[1].strip(): line for line in order_markdown(table).splitlines()}
    assert "MSMD < VAE-baseline < DiffPoseTalk" in lines["mve (MSE)"]
    assert lines["mve (MSE)"].endswith("| 3 of 3 |")


def test_significance_is_told_from_the_side_of_the_proposed_model(table):
    lines = significance_markdown(table).splitlines()
    first = next(line for line in lines if line.startswith("| mve | DiffPoseTalk"))
    assert "| -2" in first
    assert "< 0.0001" in first


def test_one_model_alone_makes_no_table_and_others_join_the_first():
    alone = {"embedded": [row("one", mve=1.0)]}
    assert lay_out(LAYOUTS[0], scored(alone), ["embedded"]) is None
    both = alone | {"mine": [row("one", mve=2.0)]}
    assert [one.label for one in lay_out(LAYOUTS[0], scored(both), list(both)).rows] == ["MSMD", "mine"]
    assert lay_out(LAYOUTS[1], scored(both), list(both)) is None


def test_two_models_of_one_variant_both_have_their_row():
    rows = {name: [row("one", mve=1.0)] for name in ("embedded", "msmd-paper", "vae-baseline")}
    table = lay_out(LAYOUTS[0], scored(rows), list(rows))
    assert [one.label for one in table.rows] == ["VAE-baseline", "MSMD: embedded", "MSMD: msmd-paper"]
    assert "MSMD: msmd-paper" in table_markdown(table) + order_markdown(table)


def test_variants_that_the_paper_gives_no_numbers_for_are_not_compared_with_its_order():
    rows = {name: [row("one", mve=1.0)] for name in ("num-basis-1-embedded", "embedded")}
    assert order_markdown(lay_out(LAYOUTS[2], scored(rows), list(rows))) == ""


def test_the_papers_numbers_are_those_of_its_tables():
    assert tuple(PAPER_METRICS.values()) == ("MSE", "LVE", "FDD", "MOD")
    assert PAPER_NUMBERS["msmd"] == (3.46, 8.54, 43.4, 2.96)
    assert all(PAPER_NUMBERS["msmd"] <= numbers for numbers in PAPER_NUMBERS.values())
