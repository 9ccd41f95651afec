"""The board keeps the best known of each model, ranks what can be compared, and makes the page."""

import json
from pathlib import Path

import pytest

from msmd.core.errors import FormatError
from msmd.evaluation.leaderboard import board_markdown, entries_of, merge, read_board

DOCS = Path(__file__).parents[2] / "docs"


def comparison(path: Path, means: dict[str, dict[str, float]], dataset: str = "d1") -> Path:
    style = {"match": {"retrieval_rate": 0.5}, "emotion_agreement": None}
    systems = [*means, "still"]
    measured = means | {"still": {"mve": 9.0}}
    path.write_text(
        json.dumps(
            {
                "format": "msmd-comparison",
                "version": 1,
                "setting": {
                    "dataset": dataset,
                    "split": "test",
                    "splits": "as packed",
                    "clips": {"stage": 3},
                    "sampling": "8 steps",
                },
                "subjects": [
                    {
                        "name": name,
                        "steps": 100,
                        "parameters": 2_000_000,
                        "licence": "free",
                        "fingerprint": "f",
                    }
                    for name in means
                ],
                "means": {
                    "matching": {
                        "all": {
                            name: {metric: {"mean": value} for metric, value in own.items()}
                            for name, own in measured.items()
                        }
                    }
                },
                "styles": {"matching": dict.fromkeys(systems, style)},
            }
        )
    )
    return path


def four(value: float) -> dict[str, float]:
    return {"mve": value, "lve_max": value, "fdd_abs": value, "mod": value}


def test_models_are_ranked_best_first_and_controls_are_not(tmp_path):
    board = entries_of(comparison(tmp_path / "a.json", {"worse": four(2), "best": four(1)}))
    lines = board_markdown(board).splitlines()
    rows = [line for line in lines if line.startswith("| ") and "---" not in line][1:]
    assert [row.split("|")[1:3] for row in rows] == [
        [" 1 ", " best "],
        [" 2 ", " worse "],
        ["  ", " *still* "],
    ]


def test_a_rank_is_the_mean_over_the_metrics(tmp_path):
    mixed = {"a": four(1) | {"mod": 3}, "b": four(2) | {"mod": 1}}
    text = board_markdown(entries_of(comparison(tmp_path / "a.json", mixed)))
    assert "| 1.25 | a |" in text
    assert "| 1.75 | b |" in text


def test_a_model_without_numbers_is_last(tmp_path):
    text = board_markdown(entries_of(comparison(tmp_path / "a.json", {"diverged": {}, "good": four(2)})))
    assert "| 1 | good |" in text
    assert "| 2 | diverged |" in text


def test_a_new_result_takes_the_place_of_the_old_one_and_other_clips_have_their_own_table(tmp_path):
    old = entries_of(comparison(tmp_path / "a.json", {"m": four(5)}))
    new = entries_of(comparison(tmp_path / "b.json", {"m": four(1)}))
    elsewhere = entries_of(comparison(tmp_path / "c.json", {"m": four(3)}, dataset="d2"))
    board = merge(merge(old, new), elsewhere)
    assert [entry["means"]["mve"] for entry in board if entry["model"] == "m"] == [1, 3]
    assert board_markdown(board).count("\n## ") == 2


@pytest.mark.parametrize("text", ["", "[]", '{"format": "msmd-comparison", "version": 9}'])
def test_a_file_that_is_no_result_is_refused(tmp_path, text):
    (tmp_path / "x.json").write_text(text)
    with pytest.raises(FormatError):
        entries_of(tmp_path / "x.json")
    with pytest.raises(FormatError):
        read_board(tmp_path / "x.json")


def test_the_page_in_the_documents_is_what_the_board_gives():
    board = read_board(DOCS / "leaderboard.json")
    assert board, "docs/leaderboard.json is missing"
    assert (DOCS / "leaderboard.md").read_text(encoding="utf-8") == board_markdown(board)
