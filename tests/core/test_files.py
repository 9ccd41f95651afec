from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

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


def test_a_full_disk_is_an_output_error(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource", reason="limits on files are those of Unix")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    with pytest.raises(OutputError, match="cannot write"):
        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
            with whole_file(tmp_path / "a.safetensors") as aside:
                save_file({"a": np.zeros(100_000)}, aside)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert not list(tmp_path.iterdir())
