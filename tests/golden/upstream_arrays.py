"""Literal arrays from upstream documentation, tests and threads, each with the convention that explains it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from halfpixel.golden import Convention

Nested = list


@dataclass(frozen=True, slots=True)
class Upstream:
    """Numbers that somebody published: ``rule`` is what they decide, ``source`` where they stand.

    ``convention`` holds for every axis, and so does ``scale`` unless there is one for each. ``printed`` is how many
    decimals were printed; ``tolerance`` replaces what follows from that where upstream rounded otherwise. ``only`` are
    the outputs of the last axis that were published, of the first output along the others, when not all were.
    """

    rule: str
    source: str
    convention: Convention
    given: Nested
    expected: Nested
    scale: Fraction | tuple[Fraction, ...] | None = None
    size: tuple[int, ...] | None = None
    printed: int | None = None
    tolerance: float | None = None
    only: tuple[int, ...] | None = None


def nearest(nearest_mode: str, mode: str = "half_pixel") -> Convention:
    """The nearest pixel."""
    return Convention(kernel="nearest", nearest_mode=nearest_mode, coordinate_transformation_mode=mode)


def linear(mode: str = "half_pixel", **more: object) -> Convention:
    """Linear."""
    return Convention(kernel="linear", coordinate_transformation_mode=mode, **more)


def cubic(a: str, mode: str = "half_pixel", **more: object) -> Convention:
    """Keys' cubic."""
    return Convention(kernel="cubic", cubic_coeff_a=a, coordinate_transformation_mode=mode, **more)


def zoom(order: int, border: str) -> Convention:
    """SciPy's zoom as it is by default: corners aligned."""
    return Convention(
        kernel="bspline",
        order=order,
        prefilter="bspline",
        border=border,
        coordinate_transformation_mode="align_corners",
    )


GITHUB = "https://github.com/"
UPSAMPLE = "https://docs.pytorch.org/docs/stable/generated/torch.nn.Upsample.html"
TF_PAGE = "https://www.tensorflow.org/api_docs/python/tf/image/resize"
_TF = GITHUB + "tensorflow/tensorflow/blob/master/tensorflow/"
TF_BILINEAR = _TF + "core/kernels/image/resize_bilinear_op_test.cc"
TF_NEAREST = _TF + "core/kernels/image/resize_nearest_neighbor_op_test.cc"
TF_IMAGE_OPS = _TF + "python/ops/image_ops_test.py"
OPENVINO = (
    GITHUB + "openvinotoolkit/openvino/blob/master/src/plugins/template/tests/functional/op_reference/interpolate.cpp"
)
WPT = GITHUB + "web-platform-tests/wpt/blob/master/webnn/conformance_tests/resample2d-nearest-half-pixel.https.any.js"
PILLOW = GITHUB + "python-pillow/Pillow/blob/main/Tests/test_image_resample.py"
CHAINER = GITHUB + "chainer/chainer/blob/master/tests/chainer_tests/functions_tests/array_tests/test_resize_images.py"

_COUNT_2 = [[1, 2], [3, 4]]
_COUNT_3 = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]
_COUNT_4 = [[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11, 12], [13, 14, 15, 16]]
_PADDED = [[1, 2, 0], [3, 4, 0], [0, 0, 0]]
_THREE_BY_TWO = [[64, 32], [32, 64], [50, 100]]
_DROPPED = {"border": "renormalise"}
_RENORMALISED = {"antialias": True, "border": "renormalise"}
_THIRD = 1 / 3

# fmt: off
THREADS = (
    Upstream("TF1's default samples at o / s: the image moves left", GITHUB + "tensorflow/tensorflow/issues/6720",
             linear("asymmetric"), [5, 1], [5, 4.2, 3.4, 2.6, 1.8, 1, 1, 1, 1, 1], printed=1),
    Upstream("TF1's align_corners takes steps of 1/9", GITHUB + "tensorflow/tensorflow/issues/6720",
             linear("align_corners"), [5, 1], [5, 4.56, 4.11, 1], size=(10,), only=(0, 1, 2, 9), printed=2),
    Upstream("half_pixel_centers is what OpenCV and TF2 do", GITHUB + "tensorflow/tensorflow/issues/33691",
             linear(), [5, 1], [5, 5, 5, 4.2, 3.4, 2.6, 1.8, 1, 1, 1], printed=1),
    Upstream("crop_and_resize aligns the corners of its box", GITHUB + "tensorflow/tensorflow/issues/26278",
             linear("tf_crop_and_resize", roi=("1/4", "1/2"), border="extrapolate"),
             [list(range(5 * row, 5 * row + 5)) for row in range(5)], [6, 6.33, 6.67, 7],
             size=(4, 4), only=(0, 1, 2, 3), printed=2),
    Upstream("one output under pytorch_half_pixel is pixel 0", GITHUB + "onnx/onnx/issues/4276",
             linear("pytorch_half_pixel"), list(range(10)), [0]),
    Upstream("one output under half_pixel is the middle", GITHUB + "onnx/onnx/issues/4276",
             linear(), list(range(10)), [4.5]),
    Upstream("OpenCV's NEAREST floors o / s", GITHUB + "opencv/opencv/issues/9096",
             nearest("floor", "asymmetric"), [0, 1, 2, 3, 4], [0, 1, 3]),
    Upstream("Pillow's and scikit-image's nearest rounds the pixel centre", GITHUB + "opencv/opencv/issues/9096",
             nearest("round_prefer_ceil"), [0, 1, 2, 3, 4], [0, 2, 4]),
    Upstream("10 to 3 has a tie at 9/2: OpenCV 4's NEAREST_EXACT went down", GITHUB + "opencv/opencv/issues/22204",
             nearest("round_prefer_floor"), list(range(10)), [1, 4, 8]),
    Upstream("10 to 3 has a tie at 9/2: Pillow goes up", GITHUB + "opencv/opencv/issues/22204",
             nearest("round_prefer_ceil"), list(range(10)), [1, 5, 8]),
    Upstream("128 to 160, output 7: 15 * 128 / 320 is exactly 6, and adding 0.8 in double falls short",
             GITHUB + "opencv/opencv/pull/28661", nearest("round_prefer_ceil"), list(range(128)), [6],
             size=(160,), only=(7,)),
    Upstream("8 to 6, output 4: 11/2 is a tie that torch, scikit-image and TF2 send up",
             GITHUB + "opencv/opencv/pull/28661", nearest("round_prefer_ceil"), list(range(8)), [6],
             size=(6,), only=(4,)),
    Upstream("26 to 64, output 32: 32 * 26 / 64 is exactly 13", GITHUB + "microsoft/onnxruntime/issues/12098",
             nearest("floor", "asymmetric"), list(range(26)), [13], size=(64,), only=(32,)),
    # onnx/onnx#7841 lists 4 for output 1. Its coordinate is (1 + 1/2) * 20/6 - 1/2 = 9/2, a tie, which
    # round_prefer_ceil sends to 5, as it sends output 4 (29/2) to 15, which that thread does list.
    Upstream("20 to 6: the ties 9/2 and 29/2 both go up, to 5 and 15", GITHUB + "microsoft/onnxruntime/issues/28291",
             nearest("round_prefer_ceil"), list(range(20)), [1, 5, 8, 11, 15, 18]),
    Upstream("3 by 1.5, the scale as given: -1/6, 1/2, 7/6, 11/6, and the tie goes down",
             GITHUB + "apache/tvm/issues/19500",
             nearest("round_prefer_floor"), [0, 1, 2], [0, 0, 1, 2], scale=Fraction(3, 2)),
    Upstream("nearest takes the scale as given, not the ratio of the sizes", GITHUB + "pytorch/executorch/pull/22437",
             nearest("floor", "asymmetric"), [0, 1, 2, 3], [0, 0, 1, 1, 2, 3], scale=Fraction(8, 5)),
    Upstream("JAX's bicubic: a = -1/2, taps outside dropped", GITHUB + "jax-ml/jax/issues/15768",
             cubic("-1/2", **_DROPPED), [[i / 9 for i in range(5)], [i / 9 for i in range(5, 10)]],
             [-0.0588, -0.0304, 0.0299, 0.0899], size=(4, 10), only=(0, 1, 2, 3), printed=4),
    Upstream("torch's bicubic: a = -3/4, taps outside clamped", GITHUB + "jax-ml/jax/issues/15768",
             cubic("-3/4"), [[i / 9 for i in range(5)], [i / 9 for i in range(5, 10)]],
             [-0.0703, -0.0373, 0.0156, 0.0855], size=(4, 10), only=(0, 1, 2, 3), printed=4),
    Upstream("2 by 2.3, the scale as given", GITHUB + "pytorch/pytorch/issues/27176",
             linear(), [0, 1], [0, 0.1522, 0.587, 1], scale=Fraction(23, 10), printed=4),
    Upstream("2 by 2.3, the scale worked out again from the sizes", GITHUB + "pytorch/pytorch/issues/27176",
             linear(), [0, 1], [0, 0.25, 0.75, 1]),
    Upstream("3 by 1.3 keeps its size and yet is no copy", GITHUB + "pytorch/pytorch/issues/70559",
             linear(), [1, 2, 3], [1, 1.6538, 2.4231], scale=Fraction(13, 10), printed=4),
    Upstream("2 by 1.3 keeps its size and yet is no copy", GITHUB + "onnx/onnx/pull/4862",
             linear(), [100, 200], [100, 165.385], scale=Fraction(13, 10), printed=3),
    Upstream("SciPy's zoom aligns corners, so 3 to 9 repeats the middle pixel four times",
             GITHUB + "scipy/scipy/issues/10620",
             nearest("round_prefer_ceil", "align_corners"), [0, 1, 2], [0, 0, 1, 1, 1, 1, 2, 2, 2]),
    Upstream("with pixel centres 3 to 9 repeats each pixel three times", GITHUB + "scipy/scipy/issues/10620",
             nearest("round_prefer_ceil"), [0, 1, 2], [0, 0, 0, 1, 1, 1, 2, 2, 2]),
    Upstream("zoom, order 3, mode nearest: the spline goes on through repeated pixels",
             GITHUB + "scipy/scipy/issues/13700", zoom(3, "replicate"), [0, 1, 0],
             [0, 0.47, 0.92, 0.92, 0.47, 0], printed=2),
    Upstream("zoom, order 3, mode constant: the spline's coefficients are mirrored",
             GITHUB + "scipy/scipy/issues/13700", zoom(3, "extrapolate"), [0, 1, 0],
             [0, 0.35, 0.9, 0.9, 0.35, 0], printed=2),
    Upstream("zoom, order 2, mode nearest", GITHUB + "scipy/scipy/issues/13700", zoom(2, "replicate"), [0, 1, 0],
             [0, 0.43, 0.93, 0.93, 0.43, 0], printed=2),
    Upstream("zoom, order 2, mode constant", GITHUB + "scipy/scipy/issues/13700", zoom(2, "extrapolate"), [0, 1, 0],
             [0, 0.32, 0.92, 0.92, 0.32, 0], printed=2),
    Upstream("zoom, order 1", GITHUB + "scipy/scipy/issues/13700", linear("align_corners"), [0, 1, 0],
             [0, 0.4, 0.8, 0.8, 0.4, 0], printed=1),
    Upstream("INTER_AREA averages whole blocks", GITHUB + "opencv/opencv/issues/21472",
             Convention(kernel="area"), [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], [0.2, 0.5, 0.8], printed=6),
    Upstream("fx=1.5 is the scale as given: INTER_CUBIC in float, where 8 bits give 155 or 156",
             GITHUB + "opencv/opencv/issues/22477", cubic("-3/4"), [[0, 255, 0], [255, 0, 255]], [155.557],
             scale=Fraction(3, 2), size=(3, 4), only=(1,), printed=3),
)

DOCUMENTATION = (
    Upstream("Upsample: nearest repeats", UPSAMPLE, nearest("floor", "asymmetric"), _COUNT_2,
             [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]),
    Upstream("Upsample: bilinear", UPSAMPLE, linear(), _COUNT_2,
             [[1, 1.25, 1.75, 2], [1.5, 1.75, 2.25, 2.5], [2.5, 2.75, 3.25, 3.5], [3, 3.25, 3.75, 4]]),
    Upstream("Upsample: bilinear, align_corners=True", UPSAMPLE, linear("align_corners"), _COUNT_2,
             [[1, 1.3333, 1.6667, 2], [1.6667, 2, 2.3333, 2.6667], [2.3333, 2.6667, 3, 3.3333],
              [3, 3.3333, 3.6667, 4]], printed=4),
    Upstream("Upsample: zeros around do not move the rest", UPSAMPLE, linear(), _PADDED,
             [[1, 1.25, 1.75, 1.5, 0.5, 0], [1.5, 1.75, 2.25, 1.875, 0.625, 0],
              [2.5, 2.75, 3.25, 2.625, 0.875, 0], [2.25, 2.4375, 2.8125, 2.25, 0.75, 0],
              [0.75, 0.8125, 0.9375, 0.75, 0.25, 0], [0, 0, 0, 0, 0, 0]], printed=4),
    Upstream("Upsample: zeros around move the rest with align_corners=True", UPSAMPLE, linear("align_corners"), _PADDED,
             [[1, 1.4, 1.8, 1.6, 0.8, 0], [1.8, 2.2, 2.6, 2.24, 1.12, 0], [2.6, 3, 3.4, 2.88, 1.44, 0],
              [2.4, 2.72, 3.04, 2.56, 1.28, 0], [1.2, 1.36, 1.52, 1.28, 0.64, 0], [0, 0, 0, 0, 0, 0]], printed=4),
    Upstream("tf.image.resize: the identity, 5x5 to 3x5", TF_PAGE, linear(),
             [[int(row == column) for column in range(5)] for row in range(5)],
             [[0.6666667, 0.3333333, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 0.3333335, 0.6666665]], tolerance=3e-7),
)

TENSORFLOW = (
    Upstream("TF1: 2x2 to 3x3", TF_BILINEAR, linear("asymmetric"), _COUNT_2,
             [[1, 5 * _THIRD, 2], [7 * _THIRD, 3, 10 * _THIRD], [3, 11 * _THIRD, 4]]),
    Upstream("TF1: 3x3 to 2x2", TF_BILINEAR, linear("asymmetric"), _COUNT_3, [[1, 2.5], [5.5, 7]]),
    Upstream("TF1: 4x4 to 3x3", TF_BILINEAR, linear("asymmetric"), _COUNT_4,
             [[1, 7 * _THIRD, 11 * _THIRD], [19 * _THIRD, 23 * _THIRD, 9], [35 * _THIRD, 13, 43 * _THIRD]]),
    Upstream("TF1: 2x2 to 4x4 repeats the last pixel", TF_BILINEAR, linear("asymmetric"), _COUNT_2,
             [[1, 1.5, 2, 2], [2, 2.5, 3, 3], [3, 3.5, 4, 4], [3, 3.5, 4, 4]]),
    Upstream("TF1: one output is pixel 0", TF_BILINEAR, linear("asymmetric"), _COUNT_2, [[1]]),
    Upstream("TF1, align_corners: 2x2 to 3x3", TF_BILINEAR, linear("align_corners"), _COUNT_2,
             [[1, 1.5, 2], [2, 2.5, 3], [3, 3.5, 4]]),
    Upstream("TF1, align_corners: 4x4 to 3x3", TF_BILINEAR, linear("align_corners"), _COUNT_4,
             [[1, 2.5, 4], [7, 8.5, 10], [13, 14.5, 16]]),
    Upstream("TF1, align_corners: one output is pixel 0", TF_BILINEAR, linear("align_corners"), _COUNT_2, [[1]]),
    Upstream("TF1, nearest: 2x2 to 3x3", TF_NEAREST, nearest("floor", "asymmetric"), _COUNT_2,
             [[1, 1, 2], [1, 1, 2], [3, 3, 4]]),
    Upstream("TF1, nearest, align_corners: the tie at 1/2 goes up", TF_NEAREST,
             nearest("round_prefer_ceil", "align_corners"), _COUNT_2, [[1, 2, 2], [3, 4, 4], [3, 4, 4]]),
    Upstream("TF1, nearest, align_corners: the tie at 3/2 goes up", TF_NEAREST,
             nearest("round_prefer_ceil", "align_corners"), _COUNT_4, [[1, 3, 4], [9, 11, 12], [13, 15, 16]]),
    Upstream("TF, nearest, half_pixel_centers: 2x2 to 3x3", TF_NEAREST, nearest("floor", "tf_half_pixel_for_nn"),
             _COUNT_2, [[1, 2, 2], [3, 4, 4], [3, 4, 4]]),
    Upstream("TF, nearest, half_pixel_centers: one output is the last of two", TF_NEAREST,
             nearest("floor", "tf_half_pixel_for_nn"), _COUNT_2, [[4]]),
    Upstream("TF, nearest, half_pixel_centers: 5 to 2", TF_NEAREST, nearest("floor", "tf_half_pixel_for_nn"),
             [1, 2, 3, 4, 5], [2, 4]),
    Upstream("TF2: bilinear", TF_IMAGE_OPS, linear(), _THREE_BY_TWO,
             [[64, 56, 40, 32], [56, 52, 44, 40], [40, 44, 52, 56], [36.5, 45.625, 63.875, 73],
              [45.5, 56.875, 79.625, 91], [50, 62.5, 87.5, 100]]),
    Upstream("TF2: area enlarges by repeating", TF_IMAGE_OPS, Convention(kernel="area"), _THREE_BY_TWO,
             [[64, 64, 32, 32], [64, 64, 32, 32], [32, 32, 64, 64], [32, 32, 64, 64], [50, 50, 100, 100],
              [50, 50, 100, 100]]),
    Upstream("TF2: lanczos3", TF_IMAGE_OPS, Convention(kernel="lanczos", lobes=3, **_DROPPED), _THREE_BY_TWO,
             [[75.8294, 59.6281, 38.4313, 22.23], [60.6851, 52.0037, 40.6454, 31.964],
              [35.8344, 41.0779, 47.9383, 53.1818], [24.6968, 43.0769, 67.1244, 85.5045],
              [35.7939, 56.4713, 83.5243, 104.2017], [44.8138, 65.1949, 91.8603, 112.2413]], tolerance=1e-4),
    Upstream("TF2: lanczos5", TF_IMAGE_OPS, Convention(kernel="lanczos", lobes=5, **_DROPPED), _THREE_BY_TWO,
             [[77.5699, 60.0223, 40.6694, 23.1219], [61.8253, 51.2369, 39.5593, 28.9709],
              [35.7438, 40.8875, 46.5604, 51.7041], [21.5942, 43.5299, 67.7223, 89.658],
              [32.1213, 56.784, 83.984, 108.6467], [44.5802, 66.183, 90.0082, 111.6109]], tolerance=1e-4),
    Upstream("TF2: gaussian", TF_IMAGE_OPS, Convention(kernel="gaussian", **_DROPPED), _THREE_BY_TWO,
             [[61.1087, 54.6926, 41.3074, 34.8913], [54.6926, 51.4168, 44.5832, 41.3074],
              [41.696, 45.2456, 52.6508, 56.2004], [39.4273, 47.0526, 62.9602, 70.5855],
              [47.3008, 57.3042, 78.173, 88.1764], [51.4771, 62.3638, 85.0752, 95.9619]], tolerance=1e-4),
    Upstream("TF2: bicubic", TF_IMAGE_OPS, cubic("-1/2", **_DROPPED), _THREE_BY_TWO,
             [[70.1453, 59.0252, 36.9748, 25.8547], [59.3195, 53.3386, 41.4789, 35.4981],
              [36.383, 41.285, 51.0051, 55.9071], [30.2232, 42.151, 65.8032, 77.731],
              [41.6492, 55.823, 83.9288, 98.1026], [47.0363, 62.2744, 92.4903, 107.7284]], tolerance=1e-4),
    Upstream("TF2: mitchellcubic", TF_IMAGE_OPS, Convention(kernel="mitchell", **_DROPPED), _THREE_BY_TWO,
             [[66.0382, 56.6079, 39.3921, 29.9618], [56.7255, 51.9603, 43.2611, 38.4959],
              [39.1828, 43.4664, 51.2864, 55.57], [34.6287, 45.1812, 64.4458, 74.9983],
              [43.8523, 56.8078, 80.4594, 93.4149], [48.9943, 63.026, 88.6422, 102.6739]], tolerance=1e-4),
    Upstream("TF2: area, 6x6 to 4x4, published as whole numbers", TF_IMAGE_OPS, Convention(kernel="area"),
             [[128, 64, 32, 16, 8, 4], [4, 8, 16, 32, 64, 128], [128, 64, 32, 16, 8, 4],
              [5, 10, 15, 20, 25, 30], [30, 25, 20, 15, 10, 5], [5, 10, 15, 20, 25, 30]],
             [[73, 33, 23, 39], [73, 33, 23, 39], [14, 16, 19, 21], [14, 16, 19, 21]], tolerance=1),
)

OTHERS = (
    Upstream("OpenVINO: cubic, scale 0.8 as given", OPENVINO, cubic("-3/4"), _COUNT_4,
             [[1.47119141, 2.78125, 4.08251953], [6.71142578, 8.02148438, 9.32275391],
              [11.91650391, 13.2265625, 14.52783203]], scale=Fraction(4, 5), printed=6),
    Upstream("OpenVINO: cubic, 4x4 to 3x3", OPENVINO, cubic("-3/4"), _COUNT_4,
             [[1.63078704, 3.00462963, 4.37847222], [7.12615741, 8.5, 9.87384259],
              [12.62152778, 13.99537037, 15.36921296]], printed=6),
    Upstream("OpenVINO: cubic, asymmetric", OPENVINO, cubic("-3/4", "asymmetric"), _COUNT_4,
             [1, 1.40625, 2, 2.5, 3, 3.59375, 4, 4.09375], size=(8, 8), only=tuple(range(8))),
    Upstream("OpenVINO: cubic, align_corners", OPENVINO, cubic("-3/4", "align_corners"), _COUNT_4,
             [1, 1.34110787, 1.80029155, 2.32944606, 2.67055394, 3.19970845, 3.65889213, 4],
             size=(8, 8), only=tuple(range(8)), printed=6),
    Upstream("OpenVINO: nearest, scale 0.6 as given", OPENVINO, nearest("round_prefer_floor"),
             [[1, 2, 3, 4], [5, 6, 7, 8]], [[1, 3]], scale=Fraction(3, 5)),
    Upstream("OpenVINO: tf_half_pixel_for_nn, rounded", OPENVINO, nearest("round_prefer_floor", "tf_half_pixel_for_nn"),
             _COUNT_4, [[6, 8], [10, 12], [14, 16]]),
    Upstream("OpenVINO: ceil, half_pixel", OPENVINO, nearest("ceil"), [1, 2, 3, 4], [1, 2, 2, 3, 3, 4, 4, 4]),
    Upstream("OpenVINO: floor, align_corners", OPENVINO, nearest("floor", "align_corners"), [1, 2, 3, 4],
             [1, 1, 1, 2, 2, 3, 3, 4]),
    Upstream("OpenVINO: round_prefer_ceil, asymmetric", OPENVINO, nearest("round_prefer_ceil", "asymmetric"),
             [1, 2, 3, 4], [1, 2, 2, 3, 3, 4, 4, 4]),
    Upstream("OpenVINO: linear, scale 0.6 as given", OPENVINO, linear(), [[1, 2, 3, 4], [5, 6, 7, 8]],
             [[2.6666665, 4.3333331]], scale=Fraction(3, 5), printed=6),
    Upstream("OpenVINO: pytorch_half_pixel, one column out", OPENVINO, linear("pytorch_half_pixel"), _COUNT_4,
             [[1.6666666], [7], [12.333333]], printed=6),
    Upstream("OpenVINO: three axes, scales 0.8, 0.6, 0.6 as given", OPENVINO, linear(),
             [[[1, 2, 3, 4], [5, 6, 7, 8]], [[9, 10, 11, 12], [13, 14, 15, 16]], [[17, 18, 19, 20], [21, 22, 23, 24]]],
             [[[3.6666665, 5.333333]], [[13.666666, 15.333333]]],
             scale=(Fraction(4, 5), Fraction(3, 5), Fraction(3, 5)), tolerance=2e-6),
    Upstream("WebNN: 3 to 4, the scale worked out from the sizes", WPT, nearest("round_prefer_floor"), [10, 20, 30],
             [10, 20, 20, 30]),
    Upstream("WebNN: 4 to 3", WPT, nearest("round_prefer_floor"), [10, 20, 30, 40], [10, 20, 40]),
    Upstream("WebNN: 5 to 2", WPT, nearest("round_prefer_floor"), [10, 20, 30, 40, 50], [20, 40]),
    Upstream("WebNN: ties select the smaller index", WPT, nearest("round_prefer_floor"), [10, 20], [10, 10, 20]),
    Upstream("WebNN: one output selects the centre", WPT, nearest("round_prefer_floor"), [10, 20, 30], [20]),
    Upstream("WebNN: one input is repeated", WPT, nearest("round_prefer_floor"), [10], [10, 10, 10, 10]),
    Upstream("Chainer: corners aligned", CHAINER, linear("align_corners"), [[1, 3], [2, 4]],
             [[1, 2, 3], [1.5, 2.5, 3.5], [2, 3, 4]]),
)
# fmt: on


def squares(n: int) -> Nested:
    """Pillow's test image, ``n`` by ``n``: two bright squares (225) on the diagonal, two dark ones (30)."""
    half = n // 2
    return [[225 if (row < half) == (column < half) else 30 for column in range(n)] for row in range(n)]


# Pillow rounds to 8 bits after each of two passes: half a level, and half a level times the weights of the second pass,
# whose absolute values sum to at most 1.5. It publishes the top left quarter; ``only`` keeps its first row.
PILLOW_SAMPLES = (
    Upstream("Pillow: 8 to 4, bilinear", PILLOW, linear(**_RENORMALISED), squares(8), [0xE1, 0xC9],
             size=(4, 4), only=(0, 1), tolerance=1.25),
    Upstream("Pillow: 12 to 6, bicubic", PILLOW, cubic("-1/2", **_RENORMALISED), squares(12), [0xE1, 0xE3, 0xD4],
             size=(6, 6), only=(0, 1, 2), tolerance=1.25),
    Upstream("Pillow: 16 to 8, lanczos", PILLOW, Convention(kernel="lanczos", lobes=3, **_RENORMALISED), squares(16),
             [0xE1, 0xE0, 0xE4, 0xD7], size=(8, 8), only=(0, 1, 2, 3), tolerance=1.25),
    Upstream("Pillow: 4 to 8, bicubic", PILLOW, cubic("-1/2", **_RENORMALISED), squares(4), [0xE1, 0xE5, 0xEE, 0xB9],
             size=(8, 8), only=(0, 1, 2, 3), tolerance=1.25),
)  # fmt: skip

UPSTREAM = (*THREADS, *DOCUMENTATION, *TENSORFLOW, *OTHERS, *PILLOW_SAMPLES)
