"""A system under test: a bundle and the options that it generates with."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Final

from msmd.audio.open_encoder import EMBEDDED_FOLDER
from msmd.core.errors import MsmdError
from msmd.study.design import check_system_name
from msmd.synthesis.animator import SamplingOptions

EMBEDDED_NAME: Final = "embedded"
"""Names the bundle inside the package."""


@dataclass(frozen=True)
class System:
    """One system under test.

    Attributes:
        name: in the results; participants never see it.
        bundle: its folder; None is the one inside the package.
        options: of generation.
        styled: whether it is given the style reference at all.
    """

    name: str
    bundle: Path | None = None
    options: SamplingOptions = field(default_factory=SamplingOptions)
    styled: bool = True

    def describe(self) -> Mapping[str, object]:
        """JSON-ready: everything that decides what it generates."""
        folder = self.bundle or EMBEDDED_FOLDER
        return {
            "bundle": EMBEDDED_NAME if self.bundle is None else folder.name,
            "bundle_sha256": bundle_checksum(folder),
            "styled": self.styled,
            **asdict(self.options),
        }


def bundle_checksum(folder: Path) -> str:
    """Checksum of bundle.json, which holds those of all other files; "" where there is none."""
    description = folder / "bundle.json"
    return hashlib.sha256(description.read_bytes()).hexdigest() if description.is_file() else ""


def parse_system(text: str) -> System:
    """`NAME=BUNDLE[,option=value...]`, for example `strong=embedded,guidance_style=1.5`.

    Options are those of `SamplingOptions`, and `styled=no` for a system that gets no style reference.

    Raises:
        MsmdError: it has another form, or an option is unknown.
    """
    name, equals, rest = text.partition("=")
    bundle, *settings = rest.split(",")
    name, bundle = name.strip(), bundle.strip()
    if not equals or not bundle:
        raise MsmdError(
            f"system {text!r}: give NAME=BUNDLE[,option=value...], such as ours=runs/ours/bundle."
        )
    check_system_name(name)
    system = System(name, None if bundle == EMBEDDED_NAME else Path(bundle))
    for setting in settings:
        key, _, value = (part.strip() for part in setting.partition("="))
        system = _set(system, key, value)
    return system


def _set(system: System, key: str, value: str) -> System:
    if key == "styled":
        return replace(system, styled=_read_value(value, True, f"{system.name}: {key}"))
    defaults = {field.name: field.default for field in fields(SamplingOptions)}
    if key not in defaults:
        raise MsmdError(
            f"system {system.name}: unknown option {key!r}. There are: {', '.join(defaults)}, styled."
        )
    known = 1 if key == "steps" else defaults[key]
    options = replace(system.options, **{key: _read_value(value, known, f"{system.name}: {key}")})
    return replace(system, options=options)


def _read_value(value: str, like: object, where: str):
    words = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    try:
        if isinstance(like, bool):
            return words[value.lower()]
        return {int: int, float: float}.get(type(like), str)(value)
    except (KeyError, ValueError) as error:
        wanted = "yes or no" if isinstance(like, bool) else "a number"
        raise MsmdError(f"system {where} is {value!r}; {wanted} is needed.") from error


def check_systems(systems: list[System]) -> None:
    """Fail if they cannot stand in one study.

    Raises:
        MsmdError: none, too many, two of one name, or two that are the same under two names.
    """
    names = [system.name for system in systems]
    if not 1 <= len(systems) <= 7 or len(set(names)) < len(names):
        raise MsmdError(
            f"{len(systems)} systems ({', '.join(names) or 'none'}): one to seven are needed, each with its "
            "own name: --system NAME=BUNDLE."
        )
    seen: dict[str, str] = {}
    for system in systems:
        key = json.dumps([str(system.bundle), system.styled, asdict(system.options)])
        if key in seen:
            raise MsmdError(f"the systems {seen[key]} and {system.name} are the same. Change an option.")
        seen[key] = system.name
