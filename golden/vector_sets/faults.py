"""The faults that flags name: what each is, what one sees of it, where people met it, and how it is injected."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from halfpixel.golden.convention import Convention
from halfpixel.golden.vector_sets import injections
from halfpixel.golden.vector_sets.injections import Injection, along_axes, but, of_the_image
from halfpixel.golden.vector_sets.problem import Problem, answer, to_uint8

KINDS = ("coordinates", "scale", "kernel", "border", "ties", "arithmetic", "memory layout")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    flag
        Its name, in vectors and messages.
    kind
        One of :data:`KINDS`.
    fault, effect
        What the faulty resizer does, and what one sees.
    injection
        The faulty result for a problem.
    met_in
        Public threads of people who met it, as ``owner/name#number`` on GitHub.
    """

    flag: str
    kind: str
    fault: str
    effect: str
    injection: Injection
    met_in: str = ""

    @property
    def threads(self) -> list[str]:
        """Addresses of the threads. GitHub leads from an issue's address to a pull request of that number."""
        return [f"https://github.com/{name.replace('#', '/issues/')}" for name in self.met_in.split()]


_CENTRED = ("half_pixel", "half_pixel_symmetric", "pytorch_half_pixel")
_ROUNDED = ("round_prefer_floor", "round_prefer_ceil", "round_half_even")
_HALF, _THREE_QUARTERS = Fraction(-1, 2), Fraction(-3, 4)


def _mode(*modes: str) -> Callable[[Convention], bool]:
    return lambda convention: convention.coordinate_transformation_mode in modes


def _kernel(*kernels: str) -> Callable[[Convention], bool]:
    return lambda convention: convention.kernel in kernels


def _moved_to(mode: str, *modes: str) -> Injection:
    return along_axes(but(_mode(*modes), coordinate_transformation_mode=mode))


def _tie_to(nearest_mode: str) -> Injection:
    def when(convention: Convention) -> bool:
        return str(convention.nearest_mode).startswith("round") and convention.nearest_mode != nearest_mode

    return along_axes(but(when, nearest_mode=nearest_mode))


def _index_to(nearest_mode: str, *nearest_modes: str) -> Injection:
    return along_axes(but(lambda convention: convention.nearest_mode in nearest_modes, nearest_mode=nearest_mode))


def _border_but(border: str) -> Injection:
    def when(convention: Convention) -> bool:
        return convention.border != border and convention.kernel != "nearest" and convention.prefilter == "none"

    return along_axes(but(when, border=border))


def _coefficient(wrong: Fraction, right: Fraction) -> Injection:
    return along_axes(but(lambda convention: convention.cubic_coeff_a == right, cubic_coeff_a=wrong))


def _is_not_stretched(convention: Convention) -> bool:
    return convention.kernel in ("linear", "cubic", "lanczos") and not convention.antialias


def _is_plain_cubic(convention: Convention) -> bool:
    return convention.kernel == "cubic" and not convention.antialias


FAULTS: tuple[Fault, ...] = (
    Fault("half-pixel-dropped", "coordinates", "Output o samples at o / scale, without the half pixels.",
          "The image moves up and to the left when it shrinks, down and to the right when it grows.",
          _moved_to("asymmetric", *_CENTRED), "tensorflow/tensorflow#6720 opencv/opencv#24165"),
    Fault("half-pixel-added", "coordinates", "Half pixels are used where output o samples at o / scale.",
          "The image moves down and to the right when it shrinks, up and to the left when it grows.",
          _moved_to("half_pixel", "asymmetric", "tf_half_pixel_for_nn"), "microsoft/onnxruntime#4419"),
    Fault("half-pixel-not-subtracted", "coordinates", "Output o samples at (o + 1/2) / scale: the - 1/2 is missing.",
          "The image moves up and to the left by half an input pixel.",
          _moved_to("tf_half_pixel_for_nn", *_CENTRED), "onnx/tensorflow-onnx#2248"),
    Fault("half-pixel-not-added", "coordinates", "Output o samples at o / scale - 1/2: the + 1/2 is missing.",
          "The image moves down and to the right by half an output pixel.",
          along_axes(injections.half_pixel_not_added)),
    Fault("align-corners", "coordinates", "The centres of the corner pixels are aligned, as with align_corners=True.",
          "The image is stretched about its centre, by up to half a pixel at the edges.",
          _moved_to("align_corners", *_CENTRED, "asymmetric"), "pytorch/pytorch#10604 kornia/kornia-rs#1002"),
    Fault("align-corners-ignored", "coordinates", "Edges are aligned where the centres of the corner pixels must be.",
          "The image is squeezed towards its centre; its corners are no longer those of the input.",
          _moved_to("half_pixel", "align_corners"), "ggml-org/llama.cpp#25781 google/flax#2210"),
    Fault("one-output-pixel-at-zero", "coordinates", "The only pixel of an axis samples at 0, not in the middle.",
          "An output of one pixel is the first pixel of the input.",
          _moved_to("pytorch_half_pixel", "half_pixel"), "onnx/onnx#4276 pytorch/pytorch#183523"),
    Fault("scale-shared", "scale", "The scale of the height is used for the width, too.",
          "Only images whose sides keep their ratio are right.",
          injections.of_all_axes(injections.scale_shared), "staghado/vit.cpp#7"),
    Fault("scales-swapped", "scale", "The scales of height and width are exchanged.",
          "Only images whose sides keep their ratio are right.", injections.of_all_axes(injections.scales_swapped)),
    Fault("size-swapped", "scale", "The size is read as (width, height).",
          "The sides of the result are exchanged; square results hide it.", injections.size_swapped,
          "zhiyuanyou/SAFECount#24 sahitono/geosardine#6 GabPrato/batch-transforms#3"),
    Fault("scale-fudged", "scale", "The scale is (n_out + 0.1) / n_in, so that flooring cannot lose a pixel.",
          "Every sample moves a little, most at the far edge.", along_axes(injections.scale_fudged),
          "facebookresearch/dinov2#378 facebookresearch/dino#8"),
    Fault("scale-recomputed", "scale", "The ratio of the sizes is used, and not the scale that the caller gave.",
          "Samples drift towards the far edge.", along_axes(injections.scale_recomputed),
          "opencv/opencv#25852 Tencent/ncnn#6836 robertknight/rten#1418"),
    Fault("whole-step", "scale", "The step between outputs is n_in // n_out, a division of integers.",
          "Only whole factors are right; otherwise the far edge is missing.", along_axes(injections.whole_step),
          "apache/tvm#19698"),
    Fault("nearest-for-linear", "kernel", "The nearest pixel is taken.", "Stairs.",
          along_axes(but(_kernel("linear"), kernel="nearest", nearest_mode="round_prefer_ceil")),
          "onnx/tensorflow-onnx#2239"),
    Fault("linear-for-cubic", "kernel", "The linear kernel is used.", "A softer image without overshoot.",
          along_axes(but(_kernel("cubic"), kernel="linear")), "opencv/opencv#16407"),
    Fault("cubic-a-half", "kernel", "The cubic coefficient is -1/2, not -3/4.", "A softer image, less overshoot.",
          _coefficient(_HALF, _THREE_QUARTERS), "opencv/opencv#24165 opencv/opencv#17720"),
    Fault("cubic-a-three-quarters", "kernel", "The cubic coefficient is -3/4, not -1/2.",
          "A sharper image, more overshoot.",
          _coefficient(_THREE_QUARTERS, _HALF), "jax-ml/jax#15768 pytorch/pytorch#177138"),
    Fault("cubic-b-spline", "kernel", "The cubic B-spline is used, without its prefilter.", "A blurred image.",
          along_axes(but(_is_plain_cubic, kernel="bspline"))),
    Fault("lanczos-lobes", "kernel", "The window has one lobe less.", "A slightly softer image.",
          along_axes(lambda axis: but(_kernel("lanczos"), lobes=(axis.convention.lobes or 3) - 1)(axis)),
          "AuburnSounds/Dplug#664"),
    Fault("antialias-ignored", "kernel", "The kernel is not stretched when shrinking.",
          "Aliasing: pixels in between are skipped. Enlarging hides it.",
          along_axes(but(lambda convention: convention.antialias, antialias=False)),
          "pytorch/vision#2950 Blaizzy/mlx-vlm#2266 NVIDIA/DALI#2034"),
    Fault("antialias-added", "kernel", "The kernel is stretched when shrinking.",
          "A softer image wherever an axis shrinks. Enlarging hides it.",
          along_axes(but(_is_not_stretched, antialias=True)), "python-pillow/Pillow#4476 sayakpaul/cmmd-pytorch#4"),
    Fault("window-not-stretched", "kernel", "The kernel is stretched, but as few pixels are read as when enlarging.",
          "Aliasing that grows with the factor.", along_axes(injections.window_not_stretched), "NVIDIA/DALI#2034"),
    Fault("weights-not-normalised", "kernel",
          "Stretched weights are multiplied by the scale, not divided by their sum.",
          "Flat areas ripple.", along_axes(injections.not_normalised), "artemsen/swayimg#250 nodeca/pica#21"),
    Fault("pooling-for-area", "kernel", "Every pixel that an output touches counts whole: adaptive average pooling.",
          "Outputs blur where pixels are cut.", along_axes(but(_kernel("area"), kernel="adaptive_average")),
          "facebookresearch/pytorchvideo#190"),
    Fault("area-for-pooling", "kernel", "Pixels count by the part of them that an output covers.",
          "Outputs are sharper than adaptive average pooling where pixels are cut.",
          along_axes(but(_kernel("adaptive_average"), kernel="area")), "facebookresearch/pytorchvideo#190"),
    Fault("box-for-area", "kernel", "Pixels count whole or not at all, by where their centres lie: a box filter.",
          "Single lines vanish.", along_axes(but(_kernel("area"), kernel="box", antialias=True)),
          "python-pillow/Pillow#9939"),
    Fault("area-for-box", "kernel", "Pixels count by the part of them that an output covers.",
          "Soft edges where the box filter has hard ones.", along_axes(but(_kernel("box"), kernel="area")),
          "python-pillow/Pillow#9939"),
    Fault("border-replicate", "border", "Taps outside take the nearest pixel inside.",
          "The outermost pixels count more; only outputs near the border differ.", _border_but("replicate"),
          "pytorch/pytorch#183546"),
    Fault("border-renormalise", "border", "Taps outside are dropped, and the rest divided by their sum.",
          "Only outputs near the border differ.", _border_but("renormalise"), "onnx/onnx#2057"),
    Fault("border-reflect", "border", "Taps outside are mirrored at the edge of the image.",
          "Only outputs near the border differ.", _border_but("reflect")),
    Fault("border-zero", "border", "Taps outside are 0.", "The border darkens.", _border_but("constant"),
          "AcademySoftwareFoundation/OpenImageIO#2479 kornia/kornia-rs#70"),
    Fault("border-extrapolated", "border", "The pixel's index is clamped, not the coordinate: the last slope goes on.",
          "Outputs at the border leave the range of the image.", along_axes(injections.extrapolated)),
    Fault("tie-up", "ties", "Halfway between two pixels, the larger index is taken.",
          "Single rows and columns move by one, at even factors most.", _tie_to("round_prefer_ceil"),
          "web-platform-tests/wpt#41811 microsoft/onnxruntime#28310"),
    Fault("tie-down", "ties", "Halfway between two pixels, the smaller index is taken.",
          "Single rows and columns move by one, at even factors most.", _tie_to("round_prefer_floor"),
          "onnx/onnx#7841 microsoft/onnxruntime#28291"),
    Fault("tie-even", "ties", "Halfway between two pixels, the even index is taken.",
          "Single rows and columns move by one, to either side.", _tie_to("round_half_even"), "jax-ml/jax#3165"),
    Fault("index-floored", "ties", "The coordinate is rounded down.", "The image moves by up to one pixel.",
          _index_to("floor", *_ROUNDED, "ceil"), "opencv/opencv#9096 pytorch/pytorch#34808 pytorch/executorch#22437"),
    Fault("index-ceiled", "ties", "The coordinate is rounded up.", "The image moves by up to one pixel.",
          _index_to("ceil", *_ROUNDED, "floor")),
    Fault("index-rounded", "ties", "The coordinate is rounded to the nearest where it must be rounded down, or up.",
          "The image moves by up to one pixel.", _index_to("round_prefer_ceil", "floor", "ceil"),
          "microsoft/onnxruntime#28085"),
    Fault("float32-step", "ties", "Coordinates are o times n_in / n_out, which was rounded to float32.",
          "Single rows and columns are off by one, at sizes that nobody tries.",
          along_axes(injections.picks_in_float32(injections.step_in_float32, multiplies=True)),
          "microsoft/onnxruntime#12098 flagos-ai/FlagGems#5228"),
    Fault("float32-scale", "ties", "Coordinates are o divided by n_out / n_in, which was rounded to float32.",
          "Single rows and columns are off by one, at sizes that nobody tries.",
          along_axes(injections.picks_in_float32(injections.scale_in_float32, multiplies=False)),
          "microsoft/onnxruntime#23591 CVCUDA/CV-CUDA#45"),
    Fault("exact-index", "arithmetic", "Coordinates are exact, where the library's are rounded.",
          "Single rows and columns are off by one, at sizes that nobody tries.", injections.exact_index,
          "opencv/opencv#28661"),
    Fault("clipped", "arithmetic", "Values below 0 and above 255 are clipped.",
          "Overshoot is lost, which floats must keep.", injections.of_values(injections.clipped, ("float32",)),
          "pytorch/vision#8216 scikit-image/scikit-image#5209"),
    Fault("rounded", "arithmetic", "Floats are rounded to whole numbers.", "Steps in smooth areas.",
          injections.of_values(to_uint8, ("float32",))),
    Fault("float16", "arithmetic", "Weights, and values between the passes, are stored in float16.",
          "Three digits are right.", injections.in_float16, "pytorch/pytorch#104157 pytorch/pytorch#38579"),
    Fault("weights-of-8-bits", "arithmetic", "Weights are rounded to multiples of 1/256.",
          "Brightness is off by a grey level or two.", along_axes(injections.weights_of_bits(8)), "simeks/deform#23"),
    Fault("clipped-between-passes", "arithmetic", "Values are clipped to 0 and 255 after the first pass.",
          "Overshoot of the first pass is lost.",
          injections.between_passes(injections.clipped, ("float32", "uint8")),
          "python-pillow/Pillow#7184 microsoft/onnxruntime-extensions#1056"),
    Fault("rounded-between-passes", "arithmetic", "Values are rounded to 0, 1, ... 255 after the first pass.",
          "Off by a grey level here and there, by more with overshoot.",
          injections.between_passes(to_uint8, ("float32", "uint8")),
          "python-pillow/Pillow#7184 microsoft/onnxruntime-extensions#1056 torch/image#118"),
    Fault("rounded-once", "arithmetic", "The exact value is rounded once, where the library rounds step by step.",
          "Off by a grey level here and there.", injections.rounded_once,
          "NVIDIA/TensorRT-Model-Connect#481 zurutech/pillow-resize#11"),
    Fault("passes-swapped", "arithmetic", "The axes are resized in the other order.",
          "Off by a grey level here and there, where the library rounds after each pass.", injections.passes_swapped,
          "python-pillow/Pillow#9549"),
    Fault("truncated", "arithmetic", "The fraction of the result is cut off, not rounded.",
          "Half a grey level too dark on average.", injections.of_values(injections.truncated, ("uint8",)),
          "huggingface/transformers#27601"),
    Fault("wrapped", "arithmetic", "Values that do not fit are taken modulo 256.",
          "Dark specks in bright areas, bright ones in dark areas.",
          injections.of_values(injections.wrapped, ("uint8",)), "tensorflow/tensorflow#10722 onnx/onnx#7105"),
    Fault("alpha-not-premultiplied", "arithmetic", "Colours are resized without being weighted by alpha.",
          "The colour of transparent pixels shines through at edges.", injections.alpha_ignored,
          "lovell/sharp#605 oven-sh/bun#40514"),
    Fault("planar-for-interleaved", "memory layout", "Interleaved channels are read as planes.",
          "Small grey copies of the image side by side, or noise.", of_the_image(injections.read_as_planar),
          "openvinotoolkit/openvino#490"),
    Fault("row-stride", "memory layout", "Each row is taken to begin at a multiple of four values.",
          "The image is sheared; widths that are multiples of four hide it.", of_the_image(injections.rows_padded),
          "Libvisual/libvisual#56 psychopy/psychopy#735 lvgl/lvgl#10649"),
    Fault("rows-for-columns", "memory layout", "The values are read column by column.",
          "A square image is transposed, another one torn.", of_the_image(injections.read_by_columns),
          "fastmachinelearning/hls4ml#517"),
    Fault("red-and-blue-swapped", "memory layout", "The first and the third channel are exchanged.",
          "Faces are blue.", of_the_image(injections.red_and_blue_swapped), "TreB1eN/InsightFace_Pytorch#35"),
    Fault("first-channel-for-all", "memory layout", "One channel is resized, and copied to all.",
          "The result is grey.", of_the_image(injections.first_channel_for_all)),
)  # fmt: skip
"""Every fault that a flag names."""

UNCERTAIN_LEVELS = 2
"""Grey levels that exact weights may be off a library's result; what is further off is another function."""
_IN_THE_STEPS = ("size-swapped", "rounded-once", "exact-index", "passes-swapped", "alpha-not-premultiplied")
"""Faults that are put into a library's own steps, as are all of the memory layout."""


def flags(problem: Problem, expected: np.ndarray, tolerance: float) -> list[str]:
    """The flags of a vector: of every fault that makes a resizer fail it, which is right but for that.

    Failing is another size, or any value off by more than ``tolerance``. A library's rule is given as a function, which
    has no kernel to exchange. The fault is then put into the exact weights, followed by the ``steps`` that come nearest
    to the rule. Where these do not give just what the rule gives, the fault must make twice the difference; where they
    are further off than :data:`UNCERTAIN_LEVELS`, no such fault is said to be revealed. Of colours weighed by alpha,
    alpha alone is looked at.
    """
    right = answer(problem)
    distance = float(np.abs(right - expected)[..., problem.planes].max()) if problem.rule is not None else 0.0
    revealed = []
    for fault in FAULTS:
        result = fault.injection(problem)
        if result is None:
            continue
        if result.shape != expected.shape:
            revealed.append(fault.flag)
            continue
        off = np.abs(result.astype(np.float64) - expected.astype(np.float64))
        if problem.rule is None or fault.kind == "memory layout" or fault.flag in _IN_THE_STEPS:
            fails = bool(off.max() > tolerance)
        else:
            moved = off[..., problem.planes][(result != right)[..., problem.planes]]
            fails = distance <= UNCERTAIN_LEVELS and bool((moved > tolerance + 2 * distance).any())
        if fails:
            revealed.append(fault.flag)
    return revealed


def notes(flagged: set[str]) -> dict[str, dict[str, object]]:
    """The meaning of each flag, in the order of the table of faults."""
    return {
        fault.flag: {"kind": fault.kind, "fault": fault.fault, "effect": fault.effect, "threads": fault.threads}
        for fault in FAULTS
        if fault.flag in flagged
    }
