"""Every convention that a documentation or source names, with its address; and the sizes that tell them apart."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from fractions import Fraction
from itertools import starmap

from halfpixel.golden.convention import Convention


@dataclass(frozen=True, slots=True)
class NamedConvention:
    """A convention under the name that its own documentation uses for it.

    ``source`` is the page or file that states it; ``comment`` says in a sentence what is special about it, or what the
    page leaves open.
    """

    name: str
    convention: Convention
    source: str
    comment: str


def named_convention(name: str) -> NamedConvention:
    """The entry of that name; ``ValueError`` names the nearest ones when there is none."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    near = get_close_matches(name, _BY_NAME, n=3, cutoff=0.6)
    hint = f"did you mean {', '.join(near)}?" if near else "list them with: halfpixel golden list"
    raise ValueError(f"unknown name {name!r}; {hint}")


_KEYS = Fraction(-1, 2)
_SHARP = Fraction(-3, 4)

_ONNX = "https://onnx.ai/onnx/operators/onnx__Resize.html"
_ONNX_11 = "https://onnx.ai/onnx/operators/onnx__Resize.html#resize-11"
_UPSAMPLE = "https://onnx.ai/onnx/operators/onnx__Upsample.html#upsample-9"
_TORCH = "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional."
_INTERPOLATE = _TORCH + "interpolate.html"
_GRID_SAMPLE = _TORCH + "grid_sample.html"
_TF_KERNELS = "https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/core/kernels/image/"
_TF_SCALERS = "https://github.com/tensorflow/tensorflow/blob/v2.21.0/tensorflow/core/util/image_resizer_state.h"
_TF_NEAREST = _TF_KERNELS + "resize_nearest_neighbor_op.cc"
_TF_BICUBIC = _TF_KERNELS + "resize_bicubic_op.cc"
_TF_RESIZE = "https://www.tensorflow.org/api_docs/python/tf/image/resize"
_TF_CROP = "https://www.tensorflow.org/api_docs/python/tf/image/crop_and_resize"
_OPENCV = "https://docs.opencv.org/5.x/da/d54/group__imgproc__transform.html"
_OPENCV_FILTER = "https://docs.opencv.org/5.x/d4/d86/group__imgproc__filter.html"
_OPENCV_SOURCE = "https://github.com/opencv/opencv/blob/5.x/modules/imgproc/src/resize.cpp"
_PILLOW = "https://pillow.readthedocs.io/en/stable/handbook/concepts.html#filters"
_PILLOW_SOURCE = "https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Resample.c"
_PILLOW_GEOMETRY = "https://github.com/python-pillow/Pillow/blob/main/src/libImaging/Geometry.c"
_SCIPY = "https://docs.scipy.org/doc/scipy/reference/generated/scipy.ndimage.zoom.html"
_SKIMAGE = "https://scikit-image.org/docs/stable/api/skimage.transform.html#skimage.transform.resize"
_JAX = "https://docs.jax.dev/en/latest/_autosummary/jax.image.resize.html"
_MATLAB = "https://www.mathworks.com/help/matlab/ref/imresize.html"
_OPENVINO = (
    "https://docs.openvino.ai/2025/documentation/openvino-ir-format/operation-sets/operation-specs/image/"
    "interpolate-11.html"
)
_WEBNN = "https://www.w3.org/TR/webnn/#api-mlgraphbuilder-resample2d-method"
_CHAINER = "https://docs.chainer.org/en/v7.2.0/reference/generated/chainer.functions.resize_images.html"


def _nearest(nearest_mode: str, mode: str = "half_pixel", /, **more: object) -> Convention:
    return Convention(kernel="nearest", nearest_mode=nearest_mode, coordinate_transformation_mode=mode).but(**more)


def _linear(mode: str = "half_pixel", /, **more: object) -> Convention:
    return Convention(kernel="linear", coordinate_transformation_mode=mode).but(**more)


def _cubic(a: Fraction, mode: str = "half_pixel", /, **more: object) -> Convention:
    return Convention(kernel="cubic", cubic_coeff_a=a, coordinate_transformation_mode=mode).but(**more)


def _lanczos(lobes: int, /, **more: object) -> Convention:
    return Convention(kernel="lanczos", lobes=lobes).but(**more)


def _spline(order: int, border: str, mode: str = "half_pixel") -> Convention:
    return Convention(
        kernel="bspline", order=order, prefilter="bspline", border=border, coordinate_transformation_mode=mode
    )


def _cropped(kernel: Convention) -> Convention:
    return kernel.but(coordinate_transformation_mode="tf_crop_and_resize", border="extrapolate")


def _stretched(kernel: str) -> Convention:
    return Convention(kernel=kernel, antialias=True, border="renormalise")


# Stretched when shrinking, taps outside dropped and the rest renormalised: Pillow's way, and of those who follow it.
_STRETCHED = {"antialias": True, "border": "renormalise"}
_MIRRORED = {"antialias": True, "border": "reflect"}
_PYRAMID = _nearest("floor", "asymmetric", prefilter="binomial", border="mirror")

_ROWS = (
    # ONNX
    ("onnx-nearest", _nearest("round_prefer_floor"), _ONNX, "Resize's defaults: ties go to the smaller index."),
    ("onnx-nearest-ceil-ties", _nearest("round_prefer_ceil"), _ONNX, "Ties go to the larger index."),
    ("onnx-nearest-floor", _nearest("floor"), _ONNX, "With half_pixel this shifts a mask by up to half a pixel."),
    ("onnx-nearest-ceil", _nearest("ceil"), _ONNX, "The mirror image of floor."),
    ("onnx-linear", _linear(), _ONNX, "Pixel centres; what most libraries call bilinear today."),
    ("onnx-linear-symmetric", _linear("half_pixel_symmetric"), _ONNX, "Stays centred when scale * n_in is not whole."),
    ("onnx-linear-pytorch", _linear("pytorch_half_pixel"), _ONNX, "half_pixel, but one output pixel samples at 0."),
    ("onnx-linear-align-corners", _linear("align_corners"), _ONNX, "Centres of corner pixels coincide."),
    ("onnx-linear-asymmetric", _linear("asymmetric"), _ONNX, "Top left corners of pixels coincide: shifts the image."),
    ("onnx-linear-antialias", _linear(antialias=True), _ONNX, "antialias=1 with taps outside clamped to the edge."),
    ("onnx-linear-antialias-exclude", _linear(**_STRETCHED), _ONNX, "antialias=1, exclude_outside=1: equals Pillow."),
    ("onnx-cubic", _cubic(_SHARP), _ONNX, "The default coefficient is -0.75."),
    ("onnx-cubic-exclude", _cubic(_SHARP, border="renormalise"), _ONNX, "exclude_outside=1 drops taps outside."),
    ("onnx-cubic-antialias-exclude", _cubic(_KEYS, **_STRETCHED), _ONNX, "With cubic_coeff_a=-0.5: equals Pillow."),
    ("onnx-cubic-align-corners", _cubic(_SHARP, "align_corners"), _ONNX, "As torch's bicubic with align_corners=True."),
    ("onnx-crop-and-resize", _cropped(_linear()), _ONNX, "With the whole image as roi."),
    ("onnx-11-tf-nearest", _nearest("floor", "tf_half_pixel_for_nn"), _ONNX_11, "Only in opset 11; later withdrawn."),
    ("onnx-9-upsample-nearest", _nearest("floor", "asymmetric"), _UPSAMPLE, "The page gives no formula; scales only."),
    ("onnx-9-upsample-linear", _linear("asymmetric"), _UPSAMPLE, "Before opset 11 nothing else could be said."),
    # PyTorch
    ("torch-nearest", _nearest("floor", "asymmetric"), _INTERPOLATE, "Kept for old models; shifts masks."),
    ("torch-nearest-exact", _nearest("round_prefer_ceil"), _INTERPOLATE, "The page says: as Pillow and scikit-image."),
    ("torch-bilinear", _linear(), _INTERPOLATE, "align_corners=False, the default."),
    ("torch-bilinear-align-corners", _linear("align_corners"), _INTERPOLATE, "The default up to version 0.3.1."),
    ("torch-bicubic", _cubic(_SHARP), _INTERPOLATE, "The coefficient is stated on the page of grid_sample."),
    ("torch-bicubic-align-corners", _cubic(_SHARP, "align_corners"), _INTERPOLATE, "Coefficient as without."),
    ("torch-bilinear-antialias", _linear(**_STRETCHED), _INTERPOLATE, "The page promises Pillow's result."),
    ("torch-bicubic-antialias", _cubic(_KEYS, **_STRETCHED), _INTERPOLATE, "antialias also changes the coefficient."),
    ("torch-area", Convention(kernel="adaptive_average"), _INTERPOLATE, "Adaptive average pooling: not coverage."),
    ("torch-grid-sample-nearest", _nearest("round_half_even"), _GRID_SAMPLE, "Rounds as nearbyint: half to even."),
    ("torch-grid-sample-zeros", _linear(border="constant"), _GRID_SAMPLE, "Its default border fades to zero."),
    # TensorFlow
    ("tf1-bilinear", _linear("asymmetric"), _TF_SCALERS, "Both flags off: the old default."),
    ("tf1-bilinear-align-corners", _linear("align_corners"), _TF_SCALERS, "align_corners=True."),
    ("tf1-bicubic", _cubic(_SHARP, "asymmetric"), _TF_BICUBIC, "Coefficient -0.75, edges clamped."),
    ("tf1-nearest", _nearest("floor", "asymmetric"), _TF_NEAREST, "Both flags off: the old default."),
    ("tf1-nearest-align-corners", _nearest("round_prefer_ceil", "align_corners"), _TF_NEAREST, "Rounds halves up."),
    ("tf2-bilinear", _linear(), _TF_RESIZE, "tf.image.resize; the flags of TF1 are gone."),
    ("tf2-nearest", _nearest("floor", "tf_half_pixel_for_nn"), _TF_NEAREST, "floor((o + 0.5) * scale)."),
    ("tf2-bicubic", _cubic(_KEYS, border="renormalise"), _TF_RESIZE, "Coefficient -0.5, taps outside dropped."),
    ("tf2-area", Convention(kernel="area"), _TF_RESIZE, "Exact coverage of the output pixel."),
    ("tf2-bilinear-antialias", _linear(**_STRETCHED), _TF_RESIZE, "The triangle kernel, stretched."),
    ("tf2-bicubic-antialias", _cubic(_KEYS, **_STRETCHED), _TF_RESIZE, "Keys' kernel, stretched."),
    ("tf2-lanczos3", _lanczos(3, border="renormalise"), _TF_RESIZE, "Without antialias, as by default."),
    ("tf2-lanczos5", _lanczos(5, border="renormalise"), _TF_RESIZE, "Without antialias, as by default."),
    ("tf2-gaussian", Convention(kernel="gaussian", border="renormalise"), _TF_RESIZE, "Blurs even at the same size."),
    ("tf2-mitchellcubic", Convention(kernel="mitchell", border="renormalise"), _TF_RESIZE, "B = C = 1/3: blurs too."),
    ("tf-crop-and-resize", _cropped(_linear()), _TF_CROP, "Corner-aligned crops."),
    ("tf-crop-and-resize-nearest", _cropped(_nearest("round_prefer_ceil")), _TF_CROP, "Halves go up."),
    # OpenCV
    ("opencv-nearest", _nearest("floor", "asymmetric"), _OPENCV_SOURCE, "INTER_NEAREST: floor(x / scale)."),
    ("opencv-nearest-exact", _nearest("round_prefer_ceil"), _OPENCV, "INTER_NEAREST_EXACT; ties are not documented."),
    ("opencv-linear", _linear(), _OPENCV_SOURCE, "INTER_LINEAR, the default; never antialiases."),
    ("opencv-cubic", _cubic(_SHARP), _OPENCV_SOURCE, "INTER_CUBIC, A = -0.75."),
    ("opencv-area", Convention(kernel="area"), _OPENCV, "INTER_AREA when shrinking; something else when enlarging."),
    ("opencv-lanczos4", _lanczos(4), _OPENCV, "INTER_LANCZOS4: eight taps, four lobes."),
    ("opencv-pyrdown", _PYRAMID, _OPENCV_FILTER, "1 4 6 4 1, then every second pixel (even sizes)."),
    # Pillow
    ("pillow-nearest", _nearest("round_prefer_ceil"), _PILLOW_GEOMETRY, "floor of the pixel centre's position."),
    ("pillow-box", _stretched("box"), _PILLOW_SOURCE, "One-sided at its edge; not coverage."),
    ("pillow-bilinear", _linear(**_STRETCHED), _PILLOW, "Always antialiases; cannot be turned off."),
    ("pillow-hamming", _stretched("hamming"), _PILLOW_SOURCE, "Sharper than bilinear, same cost."),
    ("pillow-bicubic", _cubic(_KEYS, **_STRETCHED), _PILLOW_SOURCE, "Keys' kernel, a = -0.5; the page is silent on a."),
    ("pillow-lanczos", _lanczos(3, **_STRETCHED), _PILLOW, "Three lobes."),
    # SciPy
    ("scipy-zoom", _spline(3, "extrapolate", "align_corners"), _SCIPY, "The default: cubic spline, corners aligned."),
    ("scipy-zoom-linear", _linear("align_corners", border="extrapolate"), _SCIPY, "order=1."),
    ("scipy-zoom-grid-nearest", _nearest("round_prefer_ceil"), _SCIPY, "order=0, grid_mode=True; ties undocumented."),
    ("scipy-zoom-grid-linear", _linear(), _SCIPY, "order=1, mode='nearest', grid_mode=True: as scikit-image."),
    ("scipy-zoom-grid-cubic", _spline(3, "replicate"), _SCIPY, "order=3, mode='nearest', grid_mode=True."),
    ("scipy-zoom-grid-mirror", _spline(3, "mirror"), _SCIPY, "order=3, mode='mirror', grid_mode=True."),
    ("scipy-zoom-grid-wrap", _spline(3, "wrap"), _SCIPY, "order=3, mode='grid-wrap', grid_mode=True."),
    # scikit-image
    ("skimage-resize", _linear(border="mirror", prefilter="gaussian"), _SKIMAGE, "Default: gaussian first."),
    ("skimage-resize-plain", _linear(border="mirror"), _SKIMAGE, "anti_aliasing=False; its 'reflect' is mirror here."),
    ("skimage-resize-cubic", _spline(3, "mirror"), _SKIMAGE, "order=3, anti_aliasing=False: not Keys' kernel."),
    # JAX
    ("jax-nearest", _nearest("round_prefer_ceil"), _JAX, "The page gives no rule for ties; floor((o + 0.5) / scale)."),
    ("jax-linear", _linear(**_STRETCHED), _JAX, "antialias=True is the default, unlike torch and TensorFlow."),
    ("jax-cubic", _cubic(_KEYS, **_STRETCHED), _JAX, "Keys' kernel."),
    ("jax-cubic-pytorch", _cubic(_SHARP), _JAX, "cubic-pytorch with antialias=False."),
    ("jax-lanczos3", _lanczos(3, **_STRETCHED), _JAX, "A radius of 3."),
    # MATLAB
    ("matlab-imresize", _cubic(_KEYS, **_MIRRORED), _MATLAB, "The page is silent on the border; imresize.m mirrors."),
    ("matlab-imresize-bilinear", _linear(**_MIRRORED), _MATLAB, "Triangle, stretched when shrinking."),
    ("matlab-imresize-nearest", _nearest("round_prefer_ceil"), _MATLAB, "Ties are not documented."),
    # Others
    ("openvino-linear-onnx", _linear(), _OPENVINO, "mode linear_onnx with the default coordinates."),
    ("openvino-nearest", _nearest("round_prefer_floor"), _OPENVINO, "ONNX's names and defaults."),
    ("openvino-bilinear-pillow", _linear(**_STRETCHED), _OPENVINO, "Pillow's filter under OpenVINO's name."),
    ("openvino-bicubic-pillow", _cubic(_KEYS, **_STRETCHED), _OPENVINO, "cube_coeff is -0.75 unless told: give -0.5."),
    ("webnn-linear", _linear(), _WEBNN, "resample2d, mode linear."),
    ("webnn-nearest", _nearest("round_prefer_floor"), _WEBNN, "Its conformance tests send ties to the smaller index."),
    ("chainer-resize-images", _linear("align_corners"), _CHAINER, "align_corners=True is its default."),
    ("chainer-resize-images-opencv", _linear(), _CHAINER, "align_corners=False: the page says as OpenCV."),
)  # fmt: skip

CATALOGUE: tuple[NamedConvention, ...] = tuple(starmap(NamedConvention, _ROWS))
_BY_NAME = {entry.name: entry for entry in CATALOGUE}
if len(_BY_NAME) != len(CATALOGUE):
    raise AssertionError("a name occurs twice in the catalogue")


Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class DiscriminatingSize:
    """A pair of sizes and what it shows; ``differing_conventions`` are two catalogue names that differ there."""

    n_in: int
    n_out: int
    why: str
    differing_conventions: tuple[str, str]


SIZES: tuple[DiscriminatingSize, ...] = (
    DiscriminatingSize(
        *(5, 3, "shrinking by no whole number: antialias shows, and every coordinate rule parts from the others"),
        ("torch-bilinear", "torch-bilinear-antialias"),
    ),
    DiscriminatingSize(
        *(3, 5, "enlarging by no whole number: each coordinate rule has fractions of its own"),
        ("torch-bilinear", "tf1-bilinear"),
    ),
    DiscriminatingSize(
        *(2, 7, "a strong enlargement: most outputs lie near a border, where half_pixel and align_corners part most"),
        ("torch-bilinear", "torch-bilinear-align-corners"),
    ),
    DiscriminatingSize(
        *(3, 6, "doubling: half_pixel reads quarters, asymmetric halves, align_corners fifths"),
        ("tf1-bilinear", "torch-bilinear-align-corners"),
    ),
    DiscriminatingSize(
        *(8, 4, "halving: every half-pixel coordinate is a tie between two pixels, so rounding rules part"),
        ("onnx-nearest", "torch-nearest-exact"),
    ),
    DiscriminatingSize(
        *(8, 5, "what is called area: coverage weighs cut pixels by their part, a box filter takes them whole or not"),
        ("opencv-area", "pillow-box"),
    ),
    DiscriminatingSize(
        *(7, 4, "a step of 2 with aligned corners: align_corners picks pixels as they are, half_pixel mixes them"),
        ("torch-bilinear", "torch-bilinear-align-corners"),
    ),
    DiscriminatingSize(
        *(1, 4, "one input pixel: every output should repeat it, unless a border of zeros shines through"),
        ("torch-bilinear", "torch-grid-sample-zeros"),
    ),
    DiscriminatingSize(
        *(4, 1, "one output pixel: half_pixel reads the middle, align_corners the first pixel"),
        ("onnx-linear", "onnx-linear-align-corners"),
    ),
    DiscriminatingSize(
        *(6, 6, "nothing changes size: kernels that blur all the same stand out"),
        ("tf2-mitchellcubic", "tf2-bicubic"),
    ),
    DiscriminatingSize(
        *(14, 18, "coordinates that are ties or whole numbers exactly, and that float32 misses by its rounding"),
        ("onnx-nearest", "torch-nearest"),
    ),
    DiscriminatingSize(
        *(20, 6, "a strong reduction: antialias reads windows of seven pixels and more; ties that float32 misses"),
        ("pillow-bicubic", "opencv-cubic"),
    ),
    DiscriminatingSize(
        *(48, 36, "the photograph: a step of 4/3 passes every phase of a kernel, and antialias has a little to do"),
        ("torch-bicubic", "pillow-bicubic"),
    ),
)


def size_key(size: Size) -> str:
    """How records and fragments name a pair of sizes: ``5x3`` from 5 pixels to 3."""
    return f"{size[0]}x{size[1]}"
