"""One device or many: what the training loop needs of them, and no more.

One device needs no library. Several run the same loop in several processes, kept in step by
Lightning Fabric (extra "train"): each draws batches of its own, gradients are averaged between
them, and the first one writes the files.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol, runtime_checkable

import torch
from torch import Tensor, nn

from msmd.core.errors import MsmdError


@runtime_checkable
class Workers(Protocol):
    """The devices of a run.

    Attributes:
        count: of processes, one a device.
        rank: of this process; 0 writes files.
        device: of this process, as torch calls it.
    """

    count: int
    rank: int
    device: str

    def wrap(self, module: nn.Module) -> Callable[..., Any]:
        """The module, its gradients averaged over the workers from now on."""
        ...

    def backward(self, loss: Tensor) -> None:
        """Gradients of a loss."""
        ...

    def hold(self, wrapped: Callable[..., Any], holds: bool) -> AbstractContextManager[Any]:
        """While it holds, gradients only add up here and are not exchanged yet."""
        ...

    def agree(self, value: float) -> float:
        """The first worker's value, on all of them."""
        ...


class OneDevice:
    """A processor or a single GPU."""

    count, rank = 1, 0

    def __init__(self, device: str) -> None:
        self.device = device

    def wrap(self, module: nn.Module) -> nn.Module:
        return module

    def backward(self, loss: Tensor) -> None:
        loss.backward()

    def hold(self, wrapped: Callable[..., Any], holds: bool) -> AbstractContextManager[Any]:
        return nullcontext()

    def agree(self, value: float) -> float:
        return value


class ManyDevices:
    """Data-parallel workers of Lightning Fabric; making one starts the other processes.

    The others run this program's command line again, so make it before anything is written.

    Args:
        kind: "cpu" or "cuda".
        count: of devices.
    """

    def __init__(self, kind: str, count: int) -> None:
        try:
            from lightning_fabric import Fabric
        except ImportError as error:
            raise MsmdError(
                f"training on {count} devices needs Lightning Fabric: {error}. "
                'Install it with: pip install "msmd[train]", or train on one device.'
            ) from error
        self._fabric = Fabric(accelerator=kind, devices=count, strategy="ddp")
        self._fabric.launch()
        self.count = self._fabric.world_size
        self.rank = self._fabric.global_rank
        self.device = str(self._fabric.device)

    def wrap(self, module: nn.Module) -> Callable[..., Any]:
        return self._fabric.setup_module(module, move_to_device=False)

    def backward(self, loss: Tensor) -> None:
        self._fabric.backward(loss)

    def hold(self, wrapped: Callable[..., Any], holds: bool) -> AbstractContextManager[Any]:
        return self._fabric.no_backward_sync(wrapped, enabled=holds)  # type: ignore[arg-type]

    def agree(self, value: float) -> float:
        return float(self._fabric.broadcast(value))


def gather_workers(device: str = "auto", count: int = 1) -> Workers:
    """The devices to train on.

    Args:
        device: "auto" takes a GPU if there is one; else as torch calls it.
        count: how many of its kind.

    Raises:
        MsmdError: no such device, more than one without Lightning Fabric, or more than there are.
    """
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if count < 1:
        raise MsmdError(f"{count} devices: give 1 or more.")
    try:
        kind = torch.device(device).type
        if kind == "cuda" and count > torch.cuda.device_count():
            raise MsmdError(f"{count} GPUs were asked for; there are {torch.cuda.device_count()}.")
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise MsmdError(
            f"device {device!r} cannot be used here: {reason} Give cpu, or leave it out."
        ) from error
    return OneDevice(device) if count == 1 else ManyDevices(kind, count)
