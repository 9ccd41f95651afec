import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from msmd.core.errors import BundleError
from msmd.synthesis.bundle import load_bundle


@pytest.fixture
def copy(tiny_bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_bundle, tmp_path / "bundle"))


def change_description(folder: Path, **changes: object) -> None:
    path = folder / "bundle.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_a_bundle_alone_rebuilds_model_statistics_and_styles(tiny_bundle: Path) -> None:
    bundle = load_bundle(tiny_bundle)
    assert list(bundle.styles) == ["happy", "sad"]
    assert bundle.model_config.hidden_dim == 32
    assert np.allclose(bundle.std, 0.2)
    assert not any(weight.requires_grad for weight in bundle.model.parameters())


def test_weights_are_stored_in_half_precision(tiny_bundle: Path) -> None:
    weights = sum(weight.numel() for weight in load_bundle(tiny_bundle).model.state_dict().values())
    assert (tiny_bundle / "model.safetensors").stat().st_size < 2.5 * weights


def test_a_folder_without_description_is_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"no bundle\.json"):
        load_bundle(tmp_path)


def test_a_bundle_of_another_version_says_what_to_install(copy: Path) -> None:
    change_description(copy, version=99)
    with pytest.raises(BundleError, match="version 99"):
        load_bundle(copy)


def test_a_bundle_for_another_expression_code_is_refused(copy: Path) -> None:
    change_description(copy, expression_code="0123456789ab")
    with pytest.raises(BundleError, match="expression code"):
        load_bundle(copy)


def test_truncated_weights_are_noticed(copy: Path) -> None:
    path = copy / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(BundleError, match="damaged or cut short"):
        load_bundle(copy)


def test_a_missing_part_is_named(copy: Path) -> None:
    (copy / "styles.safetensors").unlink()
    with pytest.raises(BundleError, match=r"lacks styles\.safetensors"):
        load_bundle(copy)


def test_a_description_that_is_not_json_is_a_clear_error(copy: Path) -> None:
    (copy / "bundle.json").write_text("{")
    with pytest.raises(BundleError, match="cannot be read"):
        load_bundle(copy)


def test_a_description_of_another_model_does_not_fit(copy: Path) -> None:
    model = json.loads((copy / "bundle.json").read_text())["model"]
    change_description(copy, model=model | {"hidden_dim": 64})
    with pytest.raises(BundleError, match="does not fit together"):
        load_bundle(copy)
