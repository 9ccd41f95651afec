"""The cosine noise schedule: how much signal and noise there is at each timestep."""

from dataclasses import dataclass

import torch
from jaxtyping import Float64, Int64, Shaped
from torch import Tensor

from msmd.core.config import DiffusionConfig


@dataclass(frozen=True)
class Schedule:
    """q(x_t | x_0) = N(signal_rate[t] x_0, noise_rate[t]^2 I), t = 0 ... T; t = 0 is clean.

    Attributes:
        alpha_bar: (T + 1,) product of (1 - beta) up to t; alpha_bar[0] = 1.
    """

    alpha_bar: Float64[Tensor, "num_timesteps_and_clean"]

    @property
    def num_timesteps(self) -> int:
        """T."""
        return len(self.alpha_bar) - 1

    @property
    def signal_rate(self) -> Float64[Tensor, "num_timesteps_and_clean"]:
        return self.alpha_bar.sqrt()

    @property
    def noise_rate(self) -> Float64[Tensor, "num_timesteps_and_clean"]:
        return (1 - self.alpha_bar).sqrt()

    def add_noise(
        self,
        x_0: Shaped[Tensor, "batch *shape"],
        noise: Shaped[Tensor, "batch *shape"],
        timestep: Int64[Tensor, "batch"],
    ) -> Shaped[Tensor, "batch *shape"]:
        """A sample of q(x_t | x_0); `noise` is standard normal, `timestep` in 0 ... T."""
        shape = (-1, *[1] * (x_0.ndim - 1))
        at = timestep.cpu()
        signal = self.signal_rate[at].to(x_0).reshape(shape)
        return signal * x_0 + self.noise_rate[at].to(x_0).reshape(shape) * noise

    def spaced_timesteps(self, num_steps: int) -> list[int]:
        """T = t_0 > t_1 > ... > t_n = 0, evenly spaced and rounded; n is `num_steps`, at most T.

        Both ends are always there: sampling starts where training's noise ends, and ends clean.
        """
        count = min(num_steps, self.num_timesteps)
        if count < 1:
            raise ValueError(f"{num_steps} sampling steps; at least 1 is needed")
        return torch.linspace(self.num_timesteps, 0, count + 1, dtype=torch.float64).round().int().tolist()


def cosine_schedule(config: DiffusionConfig) -> Schedule:
    """alpha_bar(t) = cos^2((t/T + s) / (1 + s) * pi/2), with each beta limited (Nichol and Dhariwal 2021)."""
    time = torch.linspace(0, 1, config.num_timesteps + 1, dtype=torch.float64)
    ideal = torch.cos((time + config.cosine_offset) / (1 + config.cosine_offset) * torch.pi / 2) ** 2
    beta = (1 - ideal[1:] / ideal[:-1]).clamp(config.min_beta, config.max_beta)
    return Schedule(torch.cat([torch.ones(1, dtype=torch.float64), torch.cumprod(1 - beta, 0)]))
