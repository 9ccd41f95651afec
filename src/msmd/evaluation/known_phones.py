"""Alignments kept on disk, so that no line is aligned twice."""

import hashlib

import numpy as np
from jaxtyping import Float32

from msmd.evaluation.alignment import Phone, align_or_none
from msmd.evaluation.records import RowFile


def align_once(
    name: str, samples: Float32[np.ndarray, "num_samples"], text: str, cache: RowFile
) -> list[Phone] | None:
    """Phones of a line whose words are known, out of `cache` if it is there; None where they do not fit.

    Args:
        name: of the line; with a checksum of the rest its key in the cache.
        samples: 16 kHz mono.
        text: what is said.
        cache: a line that does not fit is kept there too, without phones.
    """
    said = hashlib.sha256(np.ascontiguousarray(samples).tobytes() + text.encode())
    name = f"{name} {said.hexdigest()[:12]}"
    if name not in cache:
        phones = align_or_none(samples, text) or []
        cache.append(
            name, {"phones": [[phone.name, phone.start_seconds, phone.end_seconds] for phone in phones]}
        )
    return [Phone(*values) for values in cache[name]["phones"]] or None  # type: ignore[attr-defined]
