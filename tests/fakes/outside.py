"""Resizers outside every catalogue, each with the numbers that it was made from: what estimates are held against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from . import axis

Resize = Callable[[np.ndarray, tuple[int, int]], np.ndarray]
Kernel = Callable[[np.ndarray], np.ndarray]
Place = Callable[[np.ndarray, int, int], np.ndarray]


@dataclass(frozen=True, slots=True)
class BlackBox:
    """A linear resize with what it was made from.

    ``shift``, in pixels of ``unit``, is added to coordinates of the rule ``mode``; ``kernel`` is a word of the family's
    name with its ``numbers``, empty where there is none; ``stretch`` is how many input pixels a unit of it spans.
    """

    name: str
    resize: Resize = field(repr=False)
    kernel: str
    numbers: tuple[float, ...] = ()
    mode: str = "half_pixel"
    shift: float = 0.0
    unit: str = ""
    stretch: float = 1.0
    antialias: bool = False
    borders: tuple[str, str] = ("replicate", "replicate")


def half_pixel(o: np.ndarray, n_in: int, n_out: int) -> np.ndarray:
    """Pixel centres."""
    return (o + 0.5) * n_in / n_out - 0.5


def triangle(d: np.ndarray) -> np.ndarray:
    """Linear interpolation."""
    return np.maximum(1 - np.abs(d), 0)


def two_parameters(b: float, c: float) -> Kernel:
    """Mitchell and Netravali's cubic, written as their paper has it."""

    def kernel(d: np.ndarray) -> np.ndarray:
        x = np.abs(d)
        near = ((12 - 9 * b - 6 * c) * x**3 + (-18 + 12 * b + 6 * c) * x**2 + 6 - 2 * b) / 6
        far = ((-b - 6 * c) * x**3 + (6 * b + 30 * c) * x**2 + (-12 * b - 48 * c) * x + 8 * b + 24 * c) / 6
        return np.where(x < 1, near, np.where(x < 2, far, 0))

    return kernel


def windowed(lobes: float, window: Callable[[np.ndarray], np.ndarray]) -> Kernel:
    """A sinc under ``window(d / lobes)``."""
    return lambda d: np.where(np.abs(d) < lobes, np.sinc(d) * window(np.clip(np.abs(d) / lobes, 0, 1)), 0)


def gaussian(sigma: float, radius: float) -> Kernel:
    """A Gaussian cut at ``radius``."""
    return lambda d: np.where(np.abs(d) <= radius, np.exp(-0.5 * (d / sigma) ** 2), 0)


def _folded(taps: np.ndarray, n: int, rule: str) -> np.ndarray:
    if rule == "mirror":
        period = max(2 * n - 2, 1)
        folded = np.abs(taps) % period
        return np.where(folded < n, folded, period - folded)
    if rule == "reflect":
        folded = np.where(taps < 0, -1 - taps, taps) % (2 * n)
        return np.where(folded < n, folded, 2 * n - 1 - folded)
    return np.clip(taps, 0, n - 1)


def matrix(
    kernel: Kernel,
    n_in: int,
    n_out: int,
    place: Place = half_pixel,
    stretch: float = 1.0,
    antialias: bool = False,
    borders: tuple[str, str] = ("replicate", "replicate"),
    normalise: bool = True,
    reach: int = 8,
) -> np.ndarray:
    """The matrix ``(n_out, n_in)`` by a plain sum over taps; ``borders`` are of the start and of the end."""
    places = place(np.arange(n_out, dtype=np.float64), n_in, n_out)
    width = stretch * (max(1.0, n_in / n_out) if antialias else 1.0)
    found = np.zeros((n_out, n_in))
    for o, x in enumerate(places):
        far = int(np.ceil(reach * width)) + 1
        taps = int(np.floor(x)) + np.arange(-far, far + 1)
        weights = kernel((taps - x) / width)
        weights = weights / weights.sum() if normalise else weights / width
        for start in (True, False):
            chosen = taps < 0 if start else taps >= 0
            rule = borders[0] if start else borders[1]
            kept = chosen & ((rule != "constant") | ((taps >= 0) & (taps < n_in)))
            np.add.at(found[o], _folded(taps[kept], n_in, rule), weights[kept])
    return found


def from_matrices(weights: Callable[[int, int], np.ndarray]) -> Resize:
    """``weights(n_in, n_out)`` along both axes, in float64, returned as float32."""
    made = axis.kept(weights)

    def resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
        rows = made(image.shape[0], size[0]) @ image.astype(np.float64)
        return (rows @ made(image.shape[1], size[1]).T).astype(np.float32)

    return resize


def _box(name: str, shape: Kernel, kernel: str, numbers: tuple[float, ...] = (), **about: object) -> BlackBox:
    made = {key: about.pop(key) for key in ("place", "normalise", "reach") if key in about}
    common = {key: about[key] for key in ("stretch", "antialias", "borders") if key in about}
    resize = from_matrices(lambda n_in, n_out: matrix(shape, n_in, n_out, **made, **common))
    return BlackBox(name, resize, kernel, numbers, **about)


def _shifted(by: float, in_outputs: bool = False) -> Place:
    return lambda o, n_in, n_out: half_pixel(o, n_in, n_out) + by * (n_in / n_out if in_outputs else 1)


def _inner_scale(o: np.ndarray, n_in: int, n_out: int) -> np.ndarray:
    return o * (n_in - 1) / n_out


def _centred_inner_scale(o: np.ndarray, n_in: int, n_out: int) -> np.ndarray:
    return (n_in - 1) / 2 + (o - (n_out - 1) / 2) * (n_in - 1) / n_out


def _hann(t: np.ndarray) -> np.ndarray:
    return 0.5 + 0.5 * np.cos(np.pi * t)


def _blackman(t: np.ndarray) -> np.ndarray:
    return 0.42 + 0.5 * np.cos(np.pi * t) + 0.08 * np.cos(2 * np.pi * t)


def _welch(t: np.ndarray) -> np.ndarray:
    return 1 - t * t


def _kaiser(t: np.ndarray) -> np.ndarray:
    return np.i0(6.5 * np.sqrt(1 - t * t)) / np.i0(6.5)


def _hermite_like(d: np.ndarray) -> np.ndarray:
    x = np.abs(d)
    return np.where(x < 1, (1 - x**2) ** 2 * (1 + x), 0)


INNER = "x_in = s x_out + 0 with s = (n_in - 1) / n_out"
CENTRED_INNER = "x_in = s x_out + (n_in - 1 - s (n_out - 1)) / 2 with s = (n_in - 1) / n_out"

LINEAR_BOXES: tuple[BlackBox, ...] = (
    _box("linear, shifted by 0.1", triangle, "triangle", place=_shifted(0.1), shift=0.1, unit="input"),
    _box("linear, shifted by -0.25 output pixels", triangle, "triangle", place=_shifted(-0.25, True),
         shift=-0.25, unit="output"),
    _box("linear, scale (n_in - 1) / n_out", triangle, "triangle", place=_inner_scale, mode=INNER),
    _box("cubic a=-0.6, centred, scale (n_in - 1) / n_out", two_parameters(0, 0.6), "cubic", (0, 0.6),
         place=_centred_inner_scale, mode=CENTRED_INNER),
    _box("cubic B=0.2 C=0.5", two_parameters(0.2, 0.5), "cubic", (0.2, 0.5)),
    _box("cubic B=0.2 C=0.5, antialiased", two_parameters(0.2, 0.5), "cubic", (0.2, 0.5), antialias=True),
    _box("cubic a=-0.613, shifted by 0.05", two_parameters(0, 0.613), "cubic", (0, 0.613), place=_shifted(0.05),
         shift=0.05, unit="input"),
    _box("Robidoux's cubic, antialiased", two_parameters(0.3782, 0.3109), "cubic", (0.3782, 0.3109), antialias=True),
    _box("gaussian of sigma 0.7", gaussian(0.7, 2.5), "Gaussian", (0.7,)),
    _box("gaussian of sigma 0.6, mirrored", gaussian(0.6, 2.2), "Gaussian", (0.6,), borders=("mirror", "mirror")),
    _box("lanczos of 2.5 lobes", windowed(2.5, np.sinc), "Lanczos", (2.5,)),
    _box("lanczos of 2.5 lobes, antialiased", windowed(2.5, np.sinc), "Lanczos", (2.5,), antialias=True),
    _box("sinc under Hann, 3 lobes", windowed(3, _hann), "Hann", (3,)),
    _box("sinc under Blackman, 4 lobes, antialiased", windowed(4, _blackman), "Blackman", (4,), antialias=True),
    _box("sinc under Welch, 2 lobes", windowed(2, _welch), "Welch", (2,)),
    _box("sinc under Kaiser 6.5, 3 lobes", windowed(3, _kaiser), "Kaiser", (3, 6.5)),
    _box("linear, stretched by 1.2", triangle, "triangle", stretch=1.2),
    _box("cubic a=-0.5, stretched by 1.2, antialiased", two_parameters(0, 0.5), "cubic", (0, 0.5), stretch=1.2,
         antialias=True),
    _box("cubic a=-0.5, mirror at the start, replicate at the end", two_parameters(0, 0.5), "cubic", (0, 0.5),
         borders=("mirror", "replicate")),
    _box("cubic a=-0.75, zeros at the start, reflect at the end", two_parameters(0, 0.75), "cubic", (0, 0.75),
         borders=("constant", "reflect")),
    _box("linear, stretched by 1.3, not normalised", triangle, "triangle", stretch=1.3, normalise=False),
    _box("a kernel of no family", _hermite_like, ""),
)  # fmt: skip


def _linear() -> Resize:
    return from_matrices(lambda n_in, n_out: matrix(triangle, n_in, n_out))


def _cubic() -> Resize:
    return from_matrices(lambda n_in, n_out: matrix(two_parameters(0, 0.5), n_in, n_out))


_BAYER = (np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) + 0.5) / 16


def in_linear_light(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Gamma 2.2 undone and applied again; of floats from 0 to 1."""
    with np.errstate(invalid="ignore"):
        return (np.maximum(_linear()(image.astype(np.float64) ** 2.2, size), 0) ** (1 / 2.2)).astype(np.float32)


def levels_in_linear_light(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The same of grey levels, uint8 alone."""
    if image.dtype != np.uint8:
        raise TypeError("uint8 images only")
    return np.rint(255 * in_linear_light(image / 255, size)).clip(0, 255).astype(np.uint8)


def dithered(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """uint8 by ordered dithering instead of rounding."""
    if image.dtype != np.uint8:
        raise TypeError("uint8 images only")
    pattern = np.tile(_BAYER, (size[0] // 4 + 1, size[1] // 4 + 1))[: size[0], : size[1]]
    return np.floor(_cubic()(image, size) + pattern).clip(0, 255).astype(np.uint8)


def median_of_three(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A median along the height, and then linear."""
    edges = np.pad(image, ((1, 1), (0, 0)), mode="edge")
    return _linear()(np.median(np.stack([edges[:-2], edges[1:-1], edges[2:]]), axis=0), size)


def contrast_kept(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A linear resize stretched back to the range of the image."""
    result = _linear()(image, size).astype(np.float64)
    span = np.ptp(result)
    return image.min() + (result - result.min()) * (np.ptp(image) / span if span else 0)


def sharpened_where_steep(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Linear, and cubic where the two are far apart."""
    plain, sharp = _linear()(image, size), _cubic()(image, size)
    return np.where(np.abs(plain - sharp) > 0.05, sharp, plain)


NOT_LINEAR: tuple[tuple[str, Resize], ...] = (
    ("in linear light", in_linear_light),
    ("levels in linear light", levels_in_linear_light),
    ("ordered dithering", dithered),
    ("a median of three first", median_of_three),
    ("contrast kept", contrast_kept),
    ("sharpened where steep", sharpened_where_steep),
)
