"""Resizing as the README of the test vectors describes it, in plain Python: a second opinion that shares no code."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, comb, cos, exp, factorial, floor, pi, prod, sin

HALF = Fraction(1, 2)


def sample_at(mode: str, o: int, n_in: int, n_out: int, s: Fraction, roi: tuple[Fraction, Fraction]) -> Fraction:
    """Where output ``o`` samples."""
    if mode == "half_pixel" or (mode == "pytorch_half_pixel" and n_out > 1):
        return (o + HALF) / s - HALF
    if mode == "half_pixel_symmetric":
        return Fraction(n_in, 2) * (1 - n_out / (s * n_in)) + (o + HALF) / s - HALF
    if mode == "asymmetric":
        return o / s
    if mode == "tf_half_pixel_for_nn":
        return (o + HALF) / s
    if mode == "half_pixel_not_added":  # a fault
        return o / s - HALF
    if mode == "align_corners" and n_out > 1:
        return o * Fraction(n_in - 1, n_out - 1)
    if mode == "tf_crop_and_resize":
        a, b = roi
        return (n_in - 1) * (a + o * (b - a) / (n_out - 1) if n_out > 1 else (a + b) / 2)
    return Fraction(0)


def _sinc(u: float) -> float:
    return 1.0 if u == 0 else sin(pi * u) / (pi * u)


def weight(convention: dict, t: Fraction) -> Fraction | float:
    """The kernel at ``t``."""
    kernel, u = convention["kernel"], abs(t)
    if kernel == "linear":
        return max(Fraction(0), 1 - u)
    if kernel == "cubic":
        a = Fraction(convention["cubic_coeff_a"])
        near, far = (a + 2) * u**3 - (a + 3) * u**2 + 1, a * u**3 - 5 * a * u**2 + 8 * a * u - 4 * a
        return near if u < 1 else far if u < 2 else Fraction(0)
    if kernel == "mitchell":
        near = (7 * u**3 - 12 * u**2 + Fraction(16, 3)) / 6
        far = (Fraction(-7, 3) * u**3 + 12 * u**2 - 20 * u + Fraction(32, 3)) / 6
        return near if u < 1 else far if u < 2 else Fraction(0)
    if kernel == "box":
        return Fraction(-HALF <= t < HALF)
    if kernel == "bspline":
        n = convention["order"]
        return sum(
            (-1) ** j * comb(n + 1, j) * max(Fraction(0), t + Fraction(n + 1, 2) - j) ** n for j in range(n + 2)
        ) / factorial(n)
    x = float(u)
    if kernel == "lanczos":
        lobes = convention["lobes"]
        return _sinc(x) * _sinc(x / lobes) if u < lobes else 0.0
    if kernel == "hamming":
        return _sinc(x) * (0.54 + 0.46 * cos(pi * x)) if u < 1 else 0.0
    return exp(-2 * x * x) if u < Fraction(3, 2) else 0.0


def stand_in(border: str, i: int, n: int) -> int | None:
    """The pixel that stands for ``i``; ``None`` when nothing does."""
    if 0 <= i < n:
        return i
    if border in ("renormalise", "constant"):
        return None
    if border == "reflect":
        i %= 2 * n
        return min(i, 2 * n - 1 - i)
    if border == "mirror":
        i %= max(2 * n - 2, 1)
        return min(i, 2 * n - 2 - i) if n > 1 else 0
    if border == "wrap":
        return i % n
    if border == "wrap_overlap":
        return i % max(n - 1, 1)
    return min(max(i, 0), n - 1)


def _taps(convention: dict, x: Fraction, o: int, n_in: int, n_out: int, s: Fraction) -> dict[int, Fraction | float]:
    kernel = convention["kernel"]
    if kernel == "nearest":
        down, up = ceil(x - HALF), floor(x + HALF)
        even = down if down % 2 == 0 else up
        rules = {"floor": floor(x), "ceil": ceil(x), "round_prefer_floor": down, "round_prefer_ceil": up}
        return {rules.get(convention["nearest_mode"], even): Fraction(1)}
    if kernel == "adaptive_average":
        first, last = floor(Fraction(o * n_in, n_out)), ceil(Fraction((o + 1) * n_in, n_out))
        return {i: Fraction(1, last - first) for i in range(first, last)}
    reach = ceil(6 / s) + 6 if convention.get("antialias") or kernel == "area" else 8
    around = range(floor(x) - reach, floor(x) + reach + 1)
    if kernel == "area":
        left, right = x - 1 / (2 * s), x + 1 / (2 * s)
        shared = {i: min(right, i + HALF) - max(left, i - HALF) for i in around}
        taps = {i: length for i, length in shared.items() if length > 0}
    else:
        stretch = min(Fraction(1), s) if convention["antialias"] else Fraction(1)
        taps = {i: w for i in around if (w := weight(convention, (x - i) * stretch))}
    total = sum(taps.values())
    return {i: w / total for i, w in taps.items()}


def _prefiltered(convention: dict, values: list, n_in: int, n_out: int) -> tuple[list, int]:
    """The values that the taps meet, and how many of them lie before pixel 0."""
    kind, border = convention["prefilter"], convention["border"]
    if kind == "gaussian":
        given = convention["sigma"]
        sigma = max(0.0, (n_in / n_out - 1) / 2) if given == "auto" else float(Fraction(given))
        radius = floor(4 * sigma + 0.5)
        bell = {i: exp(-i * i / (2 * sigma * sigma)) if radius else 1.0 for i in range(-radius, radius + 1)}
        total = sum(bell.values())
        return [sum(values[stand_in(border, i + k, n_in)] * b for k, b in bell.items()) / total for i in range(n_in)], 0
    if kind == "bspline":
        pad = 60 if border in ("replicate", "constant") else 0
        around = [stand_in(border, i, n_in) for i in range(-pad, n_in + pad)]
        extended = [0 if i is None else values[i] for i in around] if pad else list(values)
        extension = "mirror" if pad or border == "extrapolate" else border
        return _solved(convention, [float(v) for v in extended] if pad else extended, extension), pad
    return list(values), 0


def _solved(convention: dict, values: list, border: str) -> list:
    """Coefficients whose spline passes through ``values``: Gauss-Jordan elimination, no pivoting needed."""
    n, number = len(values), type(values[0])
    rows = [[number(0)] * n + [values[i]] for i in range(n)]
    for i in range(n):
        for k in range(-3, 4):
            rows[i][stand_in(border, i + k, n)] += number(weight(convention, Fraction(k)))
    for k in range(n):
        rows[k] = [value / rows[k][k] for value in rows[k]]
        for i in range(n):
            if i != k and rows[i][k]:
                factor = rows[i][k]
                rows[i] = [value - factor * other for value, other in zip(rows[i], rows[k], strict=True)]
    return [row[-1] for row in rows]


def output_taps(axis: dict, o: int, n_met: int, before: int) -> dict[int, Fraction | float]:
    """The weight of each of ``n_met`` values in output ``o``; ``before`` of them lie before pixel 0."""
    convention, n_in, n_out = axis["convention"], axis["n_in"], axis["n_out"]
    s = Fraction(axis["scale"] or Fraction(n_out, n_in))
    roi = tuple(Fraction(part) for part in convention.get("roi", ("0", "1")))
    border = convention["border"]
    inside = "mirror" if convention["prefilter"] == "bspline" and border == "extrapolate" else border
    x = sample_at(convention["coordinate_transformation_mode"], o, n_in, n_out, s, roi)
    if border == "extrapolate" and not 0 <= x <= n_in - 1:
        return {}
    if border == "wrap_overlap" and not 0 <= x <= n_in - 1:
        x %= max(n_in - 1, 1)
    taps = _taps(convention, x, o, n_in, n_out, s)
    if border == "renormalise":
        taps = {i: w for i, w in taps.items() if 0 <= i < n_in}
        total = sum(taps.values())
        taps = {i: w / total for i, w in taps.items()} if taps else {}
    result: dict[int, Fraction | float] = {}
    for i, w in taps.items():
        place = stand_in("replicate" if before else inside, i + before, n_met)
        if place is not None:
            result[place] = result.get(place, 0) + w
    return result


def resize_axis(axis: dict, values: list) -> list:
    """Resize one line of numbers as an entry of ``axes`` in a test vector says."""
    met, before = _prefiltered(axis["convention"], values, axis["n_in"], axis["n_out"])
    taps = (output_taps(axis, o, len(met), before) for o in range(axis["n_out"]))
    return [sum((w * met[place] for place, w in weights.items()), 0) for weights in taps]


def axis_matrix(axis: dict) -> list[list[float]]:
    """Row ``o`` has the weights of output ``o``, as floats."""
    n_in = axis["n_in"]
    if axis["convention"]["prefilter"] != "none":
        columns = [resize_axis(axis, [Fraction(i == k) for i in range(n_in)]) for k in range(n_in)]
        return [[float(column[o]) for column in columns] for o in range(axis["n_out"])]
    rows = [output_taps(axis, o, n_in, 0) for o in range(axis["n_out"])]
    return [[float(taps.get(i, 0)) for i in range(n_in)] for taps in rows]


def resize(axes: list[dict], image: list) -> list:
    """Resize nested arrays, axis by axis, innermost first."""
    if len(axes) == 1:
        return resize_axis(axes[0], [value if isinstance(value, float) else Fraction(value) for value in image])
    inner = [resize(axes[1:], part) for part in image]
    flat = [_flat(part) for part in inner]
    columns = [resize_axis(axes[0], [line[k] for line in flat]) for k in range(len(flat[0]))]
    sizes = tuple(axis["n_out"] for axis in axes[1:])
    return [_nested([column[o] for column in columns], sizes) for o in range(axes[0]["n_out"])]


def _flat(value: object) -> list:
    return [leaf for part in value for leaf in _flat(part)] if isinstance(value, list) else [value]


def _nested(values: list, sizes: tuple[int, ...]) -> list:
    if len(sizes) == 1:
        return values
    step = prod(sizes[1:])
    return [_nested(values[i * step : (i + 1) * step], sizes[1:]) for i in range(sizes[0])]
