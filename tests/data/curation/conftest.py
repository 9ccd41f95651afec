"""Recordings with planted faults, and the tracker that sees them, installed as a package would be."""

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
sys.path.extend([str(HERE), str(HERE / "plugin")])


@pytest.fixture(autouse=True)
def installed_tracker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other processes find the plug-in too."""
    monkeypatch.setenv("PYTHONPATH", ":".join(path for path in sys.path if path))


@pytest.fixture(scope="session")
def celebv_text(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    from made_recordings import make_celebv_text

    folder = tmp_path_factory.mktemp("source") / "CelebV-Text"
    return folder, make_celebv_text(folder)


@pytest.fixture(scope="session")
def ravdess(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    from made_recordings import make_ravdess

    folder = tmp_path_factory.mktemp("source") / "RAVDESS"
    return folder, make_ravdess(folder)
