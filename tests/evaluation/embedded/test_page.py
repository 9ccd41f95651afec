"""The page keeps what people wrote and takes the newest numbers, or stays as it is."""

import json

import pytest

from msmd.core.errors import FormatError, MsmdError
from msmd.evaluation.embedded.page import PICTURES, replace_marked, write_page

PAGE = """# Notebook
<!-- measured: bar -->
old
<!-- end: bar -->
What was tried.
<!-- measured: details -->
<!-- end: details -->
<!-- measured: steps -->
<!-- end: steps -->
Kept.
"""


@pytest.fixture
def results(tmp_path):
    def write(measured: str, name: str):
        row = dict(
            key="lips", what="lips", bar=">= 1", measured=measured, verdict="reached", how="so", numbers={}
        )
        folder = tmp_path / name
        folder.mkdir()
        (folder / "embedded.json").write_text(json.dumps({"rows": [row], "details": f"### Details {name}"}))
        (folder / "steps.md").write_text("## Steps\n\n12 clips\n\n| steps |\n")
        for picture in PICTURES:
            (folder / picture).write_bytes(b"picture")
        return folder

    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_text(PAGE)
    return write


def test_numbers_and_pictures_are_replaced_and_words_stay(results, tmp_path):
    page = tmp_path / "docs" / "page.md"
    for _ in range(2):
        write_page(page, results("2", "new") if not (tmp_path / "new").exists() else tmp_path / "new")
        text = page.read_text()
        assert "| lips | >= 1 | 2 | reached | so |" in text
        assert "### Details new" in text
        assert "12 clips" in text and "## Steps" not in text
        assert "old" not in text
        assert "What was tried." in text and text.endswith("Kept.\n")
    assert {path.name for path in page.parent.iterdir()} == {"page.md", *PICTURES}


def test_an_earlier_model_gets_a_column(results, tmp_path):
    write_page(tmp_path / "docs" / "page.md", results("2", "new"), results("1", "old") / "embedded.json")
    assert "| lips | >= 1 | 1 | 2 | reached | so |" in (tmp_path / "docs" / "page.md").read_text()


def test_a_page_without_marks_and_results_without_pictures_are_told_and_nothing_is_written(results, tmp_path):
    page, folder = tmp_path / "docs" / "page.md", results("2", "new")
    (folder / PICTURES[0]).unlink()
    with pytest.raises(MsmdError, match="Run the suites first"):
        write_page(page, folder)
    assert page.read_text() == PAGE
    with pytest.raises(MsmdError, match="measured: bar"):
        replace_marked("no marks", "bar", "new")


def test_results_of_something_else_are_refused(results, tmp_path):
    folder = results("2", "new")
    for wrong in ("{", "[]", "{}"):
        (folder / "embedded.json").write_text(wrong)
        with pytest.raises(FormatError):
            write_page(tmp_path / "docs" / "page.md", folder)
