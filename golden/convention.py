"""The meaning of a resize: the frozen value that everything else is measured against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from numbers import Rational
from typing import Any

Number = Fraction | int | float | str
"""The types that :func:`as_fraction` makes a rational of."""

KERNELS = (
    "nearest",
    "linear",
    "cubic",
    "lanczos",
    "area",
    "adaptive_average",
    "box",
    "hamming",
    "mitchell",
    "gaussian",
    "bspline",
)
COORDINATE_TRANSFORMATION_MODES = (
    "half_pixel",
    "half_pixel_symmetric",
    "pytorch_half_pixel",
    "align_corners",
    "asymmetric",
    "tf_half_pixel_for_nn",
    "tf_crop_and_resize",
)
NEAREST_MODES = (
    "round_prefer_floor",
    "round_prefer_ceil",
    "floor",
    "ceil",
    "round_half_even",
)
BORDERS = (
    "replicate",
    "renormalise",
    "reflect",
    "mirror",
    "wrap",
    "wrap_overlap",
    "constant",
    "extrapolate",
)
PREFILTERS = ("none", "bspline", "gaussian", "binomial")

_CHOICES = {
    "kernel": KERNELS,
    "coordinate_transformation_mode": COORDINATE_TRANSFORMATION_MODES,
    "nearest_mode": NEAREST_MODES,
    "border": BORDERS,
    "prefilter": PREFILTERS,
}
# Parameters that only one kernel, mode or prefilter reads: (parameter, field, value, default).
_CONDITIONAL = (
    ("nearest_mode", "kernel", "nearest", "round_prefer_floor"),
    ("cubic_coeff_a", "kernel", "cubic", Fraction(-3, 4)),
    ("lobes", "kernel", "lanczos", 3),
    ("order", "kernel", "bspline", 3),
    ("sigma", "prefilter", "gaussian", "auto"),
    ("roi", "coordinate_transformation_mode", "tf_crop_and_resize", (Fraction(0), Fraction(1))),
    ("prefilter_border", "prefilter", "bspline", None),
)
PREFILTER_BORDERS = ("mirror", "reflect", "wrap", "replicate", "constant")
_FOLDED_ALIKE = ("mirror", "reflect", "wrap")
"""Borders under which coefficients go on as the image does."""
_NEVER_STRETCHED = ("nearest", "area", "adaptive_average", "bspline")


class InvalidConvention(ValueError):
    """A parameter of :class:`Convention` has no meaning; ``field`` is the parameter's name."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.field = field


@dataclass(frozen=True, slots=True, init=False)
class Convention:
    """The meaning of a resize along one axis, in the terms of ONNX ``Resize`` where it has one.

    Parameters that the chosen kernel, mode or prefilter does not read are ``None``, so two conventions are equal
    exactly when they say the same. Setting such a parameter raises :class:`InvalidConvention`, a ``ValueError``.

    kernel
        ``nearest``; ``linear``; ``cubic`` (Keys, coefficient ``cubic_coeff_a``); ``lanczos`` (``lobes``);
        ``area`` (exact coverage of the output pixel's box); ``adaptive_average`` (plain mean of every input pixel that
        the box touches); ``box``, ``hamming`` (Pillow); ``mitchell`` (B = C = 1/3); ``gaussian`` (TensorFlow, radius
        1.5, sigma 0.5); ``bspline`` (``order`` 2 to 5).
    coordinate_transformation_mode
        ONNX's modes, https://onnx.ai/onnx/operators/onnx__Resize.html.
    nearest_mode
        Which pixel ``nearest`` takes; ONNX's four, and ``round_half_even``.
    cubic_coeff_a
        Any rational; a float is taken at its exact value if it is dyadic with few digits, and otherwise as the
        shortest decimal that denotes it (0.1 means 1/10).
    lobes, order
        Of ``lanczos`` and ``bspline``.
    antialias
        Stretch the kernel by ``n_in / n_out`` when shrinking.
    border
        What stands for pixels outside: ``replicate`` (aaa|abc|ccc), ``renormalise`` (ONNX ``exclude_outside=1``),
        ``reflect`` (cba|abc|cba), ``mirror`` (dcb|abcd|cba), ``wrap`` (period ``n_in``), ``wrap_overlap``
        (period ``n_in - 1``), ``constant`` (zero for every tap outside), ``extrapolate`` (zero for every output whose
        coordinate lies outside ``[0, n_in - 1]``, replicate within: ONNX ``extrapolation_value``).
    prefilter
        A filter at the input's own resolution: ``bspline`` (makes B-spline interpolate), ``gaussian`` (``sigma`` in
        input pixels, or ``"auto"`` for ``max(0, (n_in / n_out - 1) / 2)``), ``binomial`` (1 4 6 4 1) / 16.
    roi
        ``(start, end)`` of ``tf_crop_and_resize``, in units where the input spans 0 to 1.
    prefilter_border
        How the ``bspline`` prefilter continues the image, where that is not how ``border`` says. The prefilter then
        makes ``n_in`` coefficients, and ``border`` says which of them stands for one outside.

    ONNX's own names are accepted, too: ``mode`` for ``kernel``; ``exclude_outside`` for ``border="renormalise"``; and
    ``extrapolation_value=0`` for ``border="extrapolate"``, which ONNX reads with ``tf_crop_and_resize`` alone. Any
    other extrapolation value adds a constant to the image, and is refused.
    """

    kernel: str = "linear"
    coordinate_transformation_mode: str = "half_pixel"
    nearest_mode: str | None = None
    cubic_coeff_a: Fraction | None = None
    lobes: int | None = None
    order: int | None = None
    antialias: bool = False
    border: str = "replicate"
    prefilter: str = "none"
    sigma: Fraction | str | None = None
    roi: tuple[Fraction, Fraction] | None = None
    prefilter_border: str | None = None

    def __init__(
        self,
        *,
        kernel: str = "linear",
        coordinate_transformation_mode: str = "half_pixel",
        nearest_mode: str | None = None,
        cubic_coeff_a: Number | None = None,
        lobes: int | None = None,
        order: int | None = None,
        antialias: bool = False,
        border: str = "replicate",
        prefilter: str = "none",
        sigma: Number | None = None,
        roi: tuple[Number, Number] | None = None,
        prefilter_border: str | None = None,
        mode: str | None = None,
        exclude_outside: bool | None = None,
        extrapolation_value: float | None = None,
    ) -> None:
        if mode is not None:
            if kernel not in ("linear", mode):
                raise ValueError(f"mode is ONNX's name for kernel: {mode!r} and {kernel!r} contradict each other")
            kernel = mode
        if exclude_outside is not None:
            border = _with_exclude_outside(border, bool(exclude_outside))
        if extrapolation_value is not None and coordinate_transformation_mode == "tf_crop_and_resize":
            border = _with_extrapolation(border, extrapolation_value)
        values = (kernel, coordinate_transformation_mode, nearest_mode, cubic_coeff_a, lobes, order, bool(antialias))
        for field, value in zip(fields(self), (*values, border, prefilter, sigma, roi, prefilter_border), strict=True):
            object.__setattr__(self, field.name, value)
        self._validate()

    def _validate(self) -> None:
        """Fill in defaults, make numbers fractions, and refuse what has no meaning."""
        for name, allowed in _CHOICES.items():
            value = getattr(self, name)
            if value not in allowed and not (name == "nearest_mode" and value is None):
                raise InvalidConvention(f"unknown {name} {value!r}; allowed: {', '.join(allowed)}", name)
        for name, owner, needed, default in _CONDITIONAL:
            value = getattr(self, name)
            if getattr(self, owner) != needed:
                if value is not None:
                    raise InvalidConvention(
                        f"{name} applies only when {owner} is {needed!r}, not {getattr(self, owner)!r}", name
                    )
            elif value is None:
                object.__setattr__(self, name, default)
        if self.antialias and self.kernel in _NEVER_STRETCHED:
            raise InvalidConvention(f"antialias does not apply to kernel {self.kernel!r}", "antialias")
        if self.cubic_coeff_a is not None:
            object.__setattr__(self, "cubic_coeff_a", as_fraction(self.cubic_coeff_a))
        if self.lobes is not None and not _is_positive_integer(self.lobes):
            raise InvalidConvention(f"lobes must be a positive integer, not {self.lobes!r}", "lobes")
        if self.order is not None and self.order not in (2, 3, 4, 5):
            raise InvalidConvention(f"order must be 2, 3, 4 or 5, not {self.order!r}", "order")
        if self.prefilter == "bspline" and self.kernel != "bspline":
            raise InvalidConvention("prefilter 'bspline' applies only when kernel is 'bspline'", "prefilter")
        if self.prefilter_border not in (None, *PREFILTER_BORDERS):
            message = f"unknown prefilter_border {self.prefilter_border!r}; allowed: {', '.join(PREFILTER_BORDERS)}"
            raise InvalidConvention(message, "prefilter_border")
        if self.prefilter_border == self.border and self.border in _FOLDED_ALIKE:
            object.__setattr__(self, "prefilter_border", None)
        if self.prefilter == "bspline" and self.border == "renormalise" and self.prefilter_border is None:
            raise InvalidConvention("prefilter 'bspline' has no meaning with border 'renormalise'", "prefilter")
        if self.sigma is not None and self.sigma != "auto":
            sigma = as_fraction(self.sigma)
            object.__setattr__(self, "sigma", sigma)
            if sigma < 0:
                raise InvalidConvention(f"sigma must not be negative, not {sigma}", "sigma")
        if self.roi is not None:
            start, end = self.roi
            object.__setattr__(self, "roi", (as_fraction(start), as_fraction(end)))

    @property
    def exclude_outside(self) -> bool:
        """ONNX's name for ``border == "renormalise"``."""
        return self.border == "renormalise"

    def but(self, **changes: object) -> Convention:
        """The same convention with some parameters changed; parameters that no longer apply are dropped."""
        merged = {field.name: getattr(self, field.name) for field in fields(self)} | changes
        for name, owner, needed, _ in _CONDITIONAL:
            if merged[owner] != needed and name not in changes:
                merged[name] = None
        if "kernel" in changes:
            if merged["kernel"] in _NEVER_STRETCHED and "antialias" not in changes:
                merged["antialias"] = False
            if merged["kernel"] != "bspline" and merged["prefilter"] == "bspline":
                merged["prefilter"] = "none"
        return replace(Convention(), **merged)

    def as_dict(self) -> dict[str, object]:
        """Every parameter that applies, ready for JSON: fractions as strings."""
        result: dict[str, object] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, Fraction):
                value = str(value)
            elif isinstance(value, tuple):
                value = [str(part) for part in value]
            if value is not None:
                result[field.name] = value
        return result

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Convention:
        """The inverse of :meth:`as_dict`; unknown names raise ``TypeError``."""
        read = dict(values)
        if "roi" in read:
            read["roi"] = tuple(Fraction(part) for part in read["roi"])
        for name in ("cubic_coeff_a", "sigma"):
            if isinstance(read.get(name), str) and read[name] != "auto":
                read[name] = Fraction(read[name])
        return cls(**read)

    def __str__(self) -> str:
        words = [self.kernel, self.coordinate_transformation_mode]
        if self.roi is not None:
            words.append("roi=" + ":".join(str(part) for part in self.roi))
        for name in ("nearest_mode", "cubic_coeff_a", "lobes", "order"):
            value = getattr(self, name)
            if value is not None:
                words.append(str(value) if name == "nearest_mode" else f"{name}={value}")
        if self.antialias:
            words.append("antialias")
        if self.border != "replicate":
            words.append(f"border={self.border}")
        if self.prefilter != "none":
            words.append(f"prefilter={self.prefilter}" + ("" if self.sigma is None else f"({self.sigma})"))
        if self.prefilter_border is not None:
            words.append(f"prefilter_border={self.prefilter_border}")
        return " ".join(words)


def _with_exclude_outside(border: str, excludes: bool) -> str:
    """The border that ONNX's ``exclude_outside`` asks for beside the ``border`` given."""
    if excludes and border not in ("replicate", "renormalise"):
        raise ValueError(f"exclude_outside is border 'renormalise', which contradicts border {border!r}")
    if not excludes and border == "renormalise":
        raise ValueError("exclude_outside=False contradicts border 'renormalise'")
    return "renormalise" if excludes else border


def _with_extrapolation(border: str, value: float) -> str:
    """The border that ONNX's ``extrapolation_value`` asks for beside the ``border`` given."""
    if value != 0:
        raise ValueError(
            f"extrapolation_value must be 0, not {value}: another adds a constant, and no matrix does that"
        )
    if border not in ("replicate", "extrapolate"):
        raise ValueError(f"extrapolation_value is border 'extrapolate', which contradicts border {border!r}")
    return "extrapolate"


def _is_positive_integer(value: object) -> bool:
    return isinstance(value, int) and value >= 1


def as_fraction(value: object) -> Fraction:
    """A rational from an int, Fraction, decimal string or float (as the shortest decimal that denotes the float)."""
    if isinstance(value, Rational):
        return Fraction(value)
    try:
        return Fraction(str(value))
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"not a number: {value!r}") from None
