"""Claims about what the modes equal in other libraries, whether they can be undone, and which sizes suit them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from halfpixel.golden.align_corners import (
    ALIGN_CORNERS,
    HALF_PIXEL,
    Sampler,
    SparseRow,
    exact_axis,
    identity,
    keeps_grid,
    linear_row,
    mixed_number,
    product,
    ratio,
)
from halfpixel.golden.convention import Convention
from halfpixel.golden.vocabulary import ClaimVerdict
from halfpixel.segmentation.claims.claim import (
    Claim,
    SampledCondition,
    all_sizes,
    no_sizes,
    reads,
    step,
)
from halfpixel.segmentation.claims.corners import CHINESE, FORUM, MMSEG_WARNING, SINGLE_PIXEL, UPSAMPLE
from halfpixel.segmentation.claims.scale import POPULAR
from halfpixel.segmentation.configs.sizes import feature_count

ASYMMETRIC = ALIGN_CORNERS.but(coordinate_transformation_mode="asymmetric")
PYTORCH_HALF_PIXEL = ALIGN_CORNERS.but(coordinate_transformation_mode="pytorch_half_pixel")
STRETCHED = HALF_PIXEL.but(antialias=True, border="renormalise")

OPENCV_PIL = "https://github.com/dmlc/gluon-cv/issues/437"
OPENCV = "https://github.com/onnx/onnx/issues/2214"
ONNX = "https://onnx.ai/onnx/operators/onnx__Resize.html"
TENSORRT = "https://github.com/NVIDIA/TensorRT/issues/273"
TENSORFLOW_1 = "https://github.com/pytorch/pytorch/issues/10604"
PILLOW = "https://github.com/pytorch/vision/issues/2950"
REVERSIBLE = "https://blog.csdn.net/xingye_fan/article/details/133538448"
CROPS = "https://github.com/open-mmlab/mmsegmentation/issues/663"

STRIDES = (2, 4, 8, 16, 32)


def _same_rows(a: Convention, b: Convention) -> SampledCondition:
    return lambda sampler, n, m: sampler(a, n, m).rows == sampler(b, n, m).rows


def _follows(mode: Convention, formula: Callable[[int, int, int], Fraction]) -> SampledCondition:
    """Whether the outputs are linear interpolation at ``formula(o, n_in, n_out)``, clamped."""
    return lambda sampler, n, m: all(
        row == linear_row(formula(o, n, m), n) for o, row in enumerate(sampler(mode, n, m).rows)
    )


def _area_pixel(o: int, n_in: int, n_out: int) -> Fraction:
    return ratio((2 * o + 1) * n_in - n_out, 2 * n_out)


def _corner_pixel(o: int, n_in: int, n_out: int) -> Fraction:
    return ratio(o * (n_in - 1), n_out - 1)


def _returns(mode: Convention) -> SampledCondition:
    """Whether going to ``n_out`` and back gives every image back."""

    def holds(sampler: Sampler, n_in: int, n_out: int) -> bool:
        there, back = sampler(mode, n_in, n_out).rows, sampler(mode, n_out, n_in).rows
        return product(back, there) == identity(n_in)

    return holds


def _mirrors(mode: Convention) -> SampledCondition:
    """Whether a mirrored image gives the mirrored result."""

    def holds(sampler: Sampler, n_in: int, n_out: int) -> bool:
        rows = sampler(mode, n_in, n_out).rows
        turned = tuple(tuple(sorted((n_in - 1 - i, weight) for i, weight in row)) for row in reversed(rows))
        return turned == rows

    return holds


def _is_feature_map(n_in: int, n_out: int) -> bool:
    """Whether some stride of a backbone, padded as usual, makes ``n_in`` pixels of a crop of ``n_out``."""
    return n_in > 1 and any(n_in == feature_count(n_out, stride) for stride in STRIDES)


def _stride(n_in: int, n_out: int) -> int:
    return next(stride for stride in STRIDES if n_in == feature_count(n_out, stride))


def _step_is_stride(mode: Convention) -> SampledCondition:
    return lambda sampler, n, m: sampler(mode, n, m).step == Fraction(1, _stride(n, m))


def _weights(row: SparseRow) -> str:
    return ", ".join(f"{mixed_number(weight)} of pixel {i}" for i, weight in row)


_UP_DOWN = product(exact_axis(ALIGN_CORNERS, 8, 4).rows, exact_axis(ALIGN_CORNERS, 4, 8).rows)[1]
_UP_DOWN_FALSE = product(exact_axis(HALF_PIXEL, 8, 4).rows, exact_axis(HALF_PIXEL, 4, 8).rows)[1]

EQUIVALENCE_CLAIMS = (
    Claim(
        "False equals OpenCV",
        "align_corners=False equals OpenCV's INTER_LINEAR and TensorFlow 2's bilinear.",
        (POPULAR, OPENCV),
        ClaimVerdict.TRUE,
        "All three sample (o + 1/2) n/m - 1/2 and clamp, also when shrinking: none of them filters. Measured on each "
        "framework that is installed.",
        "3 -> 5: -1/5, 2/5, 1, 1 3/5, 2 1/5, clamped to 0 ... 2.",
        _follows(HALF_PIXEL, _area_pixel),
        all_sizes,
        modes=(HALF_PIXEL,),
    ),
    Claim(
        "False equals Pillow",
        "align_corners=False equals Pillow's BILINEAR.",
        (OPENCV_PIL, PILLOW),
        ClaimVerdict.TRUE_ONLY_WHEN,
        "Pillow stretches the kernel when it shrinks an image, as antialias=True does. One pair of sizes is too small "
        "to tell: 2 -> 1.",
        f"8 -> 4, output 1: {_weights(exact_axis(HALF_PIXEL, 8, 4).rows[1])}; stretched: "
        f"{_weights(exact_axis(STRETCHED, 8, 4).rows[1])}.",
        _same_rows(HALF_PIXEL, STRETCHED),
        lambda n, m: m >= n or (n, m) == (2, 1),
        "not shrinking (or 2 -> 1)",
        example=(8, 4),
        modes=(HALF_PIXEL,),
    ),
    Claim(
        "False is ONNX half_pixel",
        "align_corners=False is what ONNX calls half_pixel.",
        (ONNX, TENSORRT),
        ClaimVerdict.TRUE,
        "ONNX's formula is (x + 0.5)/scale - 0.5, with scale = m/n.",
        "3 -> 5: (0 + 1/2)/(5/3) - 1/2 = -1/5.",
        lambda sampler, n, m: all(x == _area_pixel(o, n, m) for o, x in enumerate(sampler(HALF_PIXEL, n, m).places)),
        all_sizes,
        modes=(HALF_PIXEL,),
    ),
    Claim(
        "False is ONNX pytorch_half_pixel",
        "align_corners=False is what ONNX calls pytorch_half_pixel.",
        (SINGLE_PIXEL, TENSORRT),
        ClaimVerdict.TRUE_ONLY_WHEN,
        "That mode puts a single output on pixel 0; PyTorch puts it on the middle of the input.",
        f"10 -> 1: {reads(PYTORCH_HALF_PIXEL, 10, 1, 0)} against {reads(HALF_PIXEL, 10, 1, 0)}.",
        _same_rows(HALF_PIXEL, PYTORCH_HALF_PIXEL),
        lambda n, m: m > 1 or n == 1,
        "the output has more than one pixel (or the input has one)",
        example=(3, 5),
        modes=(HALF_PIXEL,),
    ),
    Claim(
        "True is ONNX align_corners",
        "align_corners=True is what ONNX calls align_corners.",
        (ONNX, TENSORRT),
        ClaimVerdict.TRUE,
        "ONNX's formula is x (n - 1)/(m - 1). It does not say what a single output is; PyTorch and ONNX Runtime take "
        "pixel 0.",
        "3 -> 5: 3 * 2/4 = 1 1/2.",
        _follows(ALIGN_CORNERS, _corner_pixel),
        all_sizes,
        about=lambda n, m: m > 1,
        modes=(ALIGN_CORNERS,),
    ),
    Claim(
        "False is the same in TensorFlow 1",
        "align_corners=False of PyTorch is align_corners=False of TensorFlow 1.",
        (TENSORFLOW_1,),
        ClaimVerdict.TRUE_ONLY_WHEN,
        "TensorFlow 1 without half_pixel_centers samples o n/m, ONNX's asymmetric: a shift of up to half a pixel.",
        f"3 -> 5: {reads(ASYMMETRIC, 3, 5, 1)} against {reads(HALF_PIXEL, 3, 5, 1)} for output 1.",
        _same_rows(HALF_PIXEL, ASYMMETRIC),
        lambda n, m: n == m or n == 1,
        "the sizes are equal, or the input is one pixel",
        modes=(HALF_PIXEL,),
    ),
    Claim(
        "the modes give different pictures",
        "The two modes give different pictures.",
        (FORUM,),
        ClaimVerdict.TRUE_ONLY_WHEN,
        "They meet at equal sizes, for one input pixel, and from 2 to 3, where clamping hides the difference.",
        f"2 -> 3: True samples {reads(ALIGN_CORNERS, 2, 3, *range(3))}, False {reads(HALF_PIXEL, 2, 3, *range(3))}.",
        lambda sampler, n, m: sampler(ALIGN_CORNERS, n, m).rows != sampler(HALF_PIXEL, n, m).rows,
        lambda n, m: n not in (1, m) and (n, m) != (2, 3),
        "the sizes differ, the input has more than one pixel, and it is not 2 -> 3",
    ),
    Claim(
        "True can be undone",
        "align_corners=True is reversible: enlarging and then shrinking returns the image.",
        (REVERSIBLE, CHINESE),
        ClaimVerdict.TRUE_ONLY_WHEN,
        "The way back reads at i (m - 1)/(n - 1) of the enlarged row. Where that is an output, it is pixel i; "
        "elsewhere it is a mean across a kink.",
        f"4 -> 8 -> 4, pixel 1: {_weights(_UP_DOWN)}. 4 -> 7 -> 4: unchanged.",
        _returns(ALIGN_CORNERS),
        keeps_grid,
        "n_in = 1, or n_out > 1 and (n_out - 1) is a multiple of (n_in - 1)",
        example=(4, 8),
        about=lambda n, m: m >= n,
        modes=(ALIGN_CORNERS,),
    ),
    Claim(
        "False can be undone",
        "align_corners=False is reversible: enlarging and then shrinking returns the image.",
        (REVERSIBLE,),
        ClaimVerdict.TRUE_ONLY_WHEN,
        "The way back reads at (i + 1/2) m/n - 1/2 of the enlarged row: an output on pixel i's centre only for odd "
        "factors.",
        f"4 -> 8 -> 4, pixel 1: {_weights(_UP_DOWN_FALSE)}. 4 -> 12 -> 4: unchanged.",
        _returns(HALF_PIXEL),
        lambda n, m: n == 1 or (m % n == 0 and (m // n) % 2 == 1),
        "n_in = 1, or n_out is an odd multiple of n_in",
        example=(4, 8),
        about=lambda n, m: m >= n,
        modes=(HALF_PIXEL,),
    ),
    Claim(
        "down then up returns the image",
        "With the right mode, shrinking and then enlarging returns the image.",
        (OPENCV_PIL,),
        ClaimVerdict.FALSE,
        "m pixels hold m numbers: n > m of them cannot come back, in either mode.",
        "4 -> 2 -> 4: a product of a (4, 2) and a (2, 4) matrix has rank 2.",
        lambda sampler, n, m: _returns(ALIGN_CORNERS)(sampler, n, m) or _returns(HALF_PIXEL)(sampler, n, m),
        no_sizes,
        example=(4, 2),
        about=lambda n, m: m < n,
    ),
    Claim(
        "True mirrors",
        "With align_corners=True a mirrored image gives the mirrored result, as flips at test time assume.",
        (UPSAMPLE,),
        ClaimVerdict.TRUE_ONLY_WHEN,
        "The map is symmetric about the middle; a single output sits on pixel 0, which is not the middle.",
        f"3 -> 5: {reads(ALIGN_CORNERS, 3, 5, *range(5))} reads the same backwards, as 2 - x.",
        _mirrors(ALIGN_CORNERS),
        lambda n, m: m > 1 or n == 1,
        "the output has two pixels or more (or the input has one)",
        modes=(ALIGN_CORNERS,),
    ),
    Claim(
        "False mirrors",
        "With align_corners=False a mirrored image gives the mirrored result, as flips at test time assume.",
        (UPSAMPLE,),
        ClaimVerdict.TRUE,
        "The map is symmetric about the middle, and clamped alike at both ends.",
        f"3 -> 5: {reads(HALF_PIXEL, 3, 5, *range(5))}.",
        _mirrors(HALF_PIXEL),
        all_sizes,
        modes=(HALF_PIXEL,),
    ),
    Claim(
        "crops of k s + 1 suit True",
        "A crop and the feature map that a stride of s makes of it have step 1/s with align_corners=True.",
        (MMSEG_WARNING, CROPS, CHINESE),
        ClaimVerdict.TRUE_ONLY_WHEN,
        "(n - 1)/(m - 1) = 1/s needs m = s (n - 1) + 1: 769 and 513, not 512.",
        f"769 -> 97: 96/768 = {step(ALIGN_CORNERS, 97, 769)}. 512 -> 64: 63/511 = {step(ALIGN_CORNERS, 64, 512)}.",
        _step_is_stride(ALIGN_CORNERS),
        lambda n, m: m % _stride(n, m) == 1,
        "the crop is a multiple of the stride, plus one",
        example=(4, 25),
        about=_is_feature_map,
        modes=(ALIGN_CORNERS,),
    ),
    Claim(
        "crops of k s suit False",
        "A crop and the feature map that a stride of s makes of it have step 1/s with align_corners=False.",
        (MMSEG_WARNING, CROPS),
        ClaimVerdict.TRUE_ONLY_WHEN,
        "n/m = 1/s needs m = s n: 512 and 1024, not 769.",
        f"512 -> 64: {step(HALF_PIXEL, 64, 512)}. 769 -> 97: {step(HALF_PIXEL, 97, 769)}.",
        _step_is_stride(HALF_PIXEL),
        lambda n, m: m % _stride(n, m) == 0,
        "the crop is a multiple of the stride",
        example=(4, 32),
        about=_is_feature_map,
        modes=(HALF_PIXEL,),
    ),
)
