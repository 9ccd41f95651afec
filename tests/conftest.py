"""The whole package runs under the shape checker: a wrong axis is a failing test."""

import os
from pathlib import Path

import pytest
from jaxtyping import install_import_hook

install_import_hook("msmd", "beartype.beartype")

DATA = Path(os.environ.get("MSMD_DATA", Path(__file__).parents[2] / "shared" / "data"))


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Real recordings, where they are to be had; MSMD_DATA names another place."""
    if not DATA.is_dir():
        pytest.skip(f"no recordings at {DATA}; set MSMD_DATA")
    return DATA
