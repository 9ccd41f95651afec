from pathlib import Path

import pytest

from msmd.core.errors import OutputError
from msmd.core.files import whole_file


def test_a_failed_write_leaves_nothing_and_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write_and_fail() -> None:
        with whole_file(path) as aside:
            aside.write_text("half")
            raise RuntimeError("stopped")

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_folder_that_is_a_file_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"), whole_file(tmp_path / "file" / "a.txt"):
        pass
