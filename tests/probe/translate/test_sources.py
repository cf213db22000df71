"""Is what people write for a resize found, and what means nothing refused?"""

from __future__ import annotations

import pytest

from halfpixel.adapters import integer_operations, operations
from halfpixel.golden import Convention
from halfpixel.golden.catalogue import CATALOGUE
from halfpixel.probe.operation_search import ignored_words, near_names
from halfpixel.probe.translate.sources import find_source

_KNOWN = [*operations(), *integer_operations()]

_CALLS = [
    # Pillow
    ("Image.BICUBIC", "pillow resize(BICUBIC)"),
    ("Image.BILINEAR", "pillow resize(BILINEAR)"),
    ("Image.Resampling.LANCZOS", "pillow resize(LANCZOS)"),
    ("PIL", "pillow resize()"),
    ("PIL bicubic", "pillow resize(BICUBIC)"),
    ("PIL.Image.resize", "pillow resize()"),
    ("pillow Resampling.BICUBIC", "pillow resize(BICUBIC)"),
    ("pillow bicubic", "pillow resize(BICUBIC)"),
    ("Pillow hamming", "pillow resize(HAMMING)"),
    ("img.resize((224, 224), Image.LANCZOS)", "pillow resize(LANCZOS)"),
    ("im.resize(size, Image.ANTIALIAS)", "pillow resize(LANCZOS)"),
    ("image.resize((w, h), resample=Image.BILINEAR)", "pillow resize(BILINEAR)"),
    ("Image.reduce", "pillow reduce()"),
    ("PIL bicubic RGB", "pillow resize(BICUBIC) of RGB"),
    # OpenCV
    ("cv2", "opencv resize()"),
    ("cv2.resize", "opencv resize()"),
    ("cv2.INTER_AREA", "opencv resize(INTER_AREA)"),
    ("cv.INTER_LINEAR", "opencv resize(INTER_LINEAR)"),
    ("cv2 cubic", "opencv resize(INTER_CUBIC)"),
    ("opencv bicubic", "opencv resize(INTER_CUBIC)"),
    ("opencv area interpolation", "opencv resize(INTER_AREA)"),
    ("INTER_NEAREST_EXACT", "opencv resize(INTER_NEAREST_EXACT)"),
    ("cv2.resize(img, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)", "opencv resize(INTER_AREA)"),
    ("cv2.dnn.blobFromImage", "opencv-dnn blobFromImage()"),
    # PyTorch
    ("pytorch", "torch interpolate()"),
    ("F.interpolate", "torch interpolate()"),
    ("torch bilinear align_corners=True", "torch interpolate(mode=bilinear, align_corners=True)"),
    ("torch bilinear align_corners", "torch interpolate(mode=bilinear, align_corners=True)"),
    ("torch bilinear", "torch interpolate(mode=bilinear, align_corners=False)"),
    ("F.interpolate(x, size=(h, w), mode='area')", "torch interpolate(mode=area)"),
    (
        "F.interpolate(x, scale_factor=2, mode='bilinear', align_corners=False)",
        "torch interpolate(mode=bilinear, align_corners=False)",
    ),
    ("nn.Upsample(scale_factor=2, mode='bicubic')", "torch Upsample(mode=bicubic, align_corners=False)"),
    ("pytorch nearest", "torch interpolate(mode=nearest)"),
    ("torch nearest-exact", "torch interpolate(mode=nearest-exact)"),
    (
        "pytorch bicubic interpolation with antialias",
        "torch interpolate(mode=bicubic, align_corners=False, antialias=True)",
    ),
    (
        "F.grid_sample bicubic border",
        "torch grid_sample(mode=bicubic, padding_mode=border, align_corners=False)",
    ),
    ("torch.nn.AdaptiveAvgPool2d", "torch adaptive_avg_pool2d"),
    # torchvision
    ("v2.Resize", "torchvision Resize()"),
    ("torchvision bilinear antialias=False", "torchvision resize(bilinear, antialias=False)"),
    ("transforms.Resize(256, interpolation=Image.BICUBIC)", "torchvision resize(PIL image, bicubic)"),
    # TensorFlow and Keras
    ("tf", "tensorflow image.resize()"),
    ("tensorflow bilinear", "tensorflow image.resize(method=bilinear, antialias=False)"),
    ("tensorflow's bicubic", "tensorflow image.resize(method=bicubic, antialias=False)"),
    ("tf.image.resize(bilinear, antialias=False)", "tensorflow image.resize(method=bilinear, antialias=False)"),
    ("tf.image.resize(x, s, method=tf.image.ResizeMethod.AREA)", "tensorflow image.resize(method=area)"),
    (
        "tf.image.resize(images, [h, w], method='bicubic', antialias=True)",
        "tensorflow image.resize(method=bicubic, antialias=True)",
    ),
    ("tf.keras.layers.Resizing", "tensorflow keras.layers.Resizing()"),
    ("keras.ops.image.resize", "keras ops.image.resize() on tensorflow"),
    # scikit-image and SciPy
    ("skimage default", "skimage resize()"),
    ("skimage.transform.resize(image, (100, 100), anti_aliasing=True)", "skimage resize()"),
    (
        "skimage.transform.resize order=3",
        "skimage resize(order=3, mode=reflect, preserve_range=True, anti_aliasing=False)",
    ),
    ("scipy.ndimage.zoom", "scipy zoom()"),
    ("scipy.ndimage.zoom(x, 2, order=1)", "scipy zoom(order=1, mode=constant, grid_mode=False)"),
    (
        "scipy.ndimage.zoom(img, 0.5, order=3, mode='mirror')",
        "scipy zoom(order=3, mode=mirror, grid_mode=False)",
    ),
    # Others
    ("jax.image.resize bilinear", "jax image.resize(method=linear)"),
    ("jax.image.ResizeMethod.CUBIC", "jax image.resize(method=cubic, antialias=False)"),
    (
        "ort Resize cubic",
        "onnxruntime Resize-19(mode=cubic, coordinate_transformation_mode=half_pixel, cubic_coeff_a=-0.75)",
    ),
    ("tflite RESIZE_NEAREST_NEIGHBOR", "litert RESIZE_NEAREST_NEIGHBOR()"),
    ("kornia bicubic", "kornia resize(bicubic)"),
    (
        "openvino nearest round_prefer_floor",
        "openvino Interpolate-11(mode=nearest, coordinate_transformation_mode=half_pixel, "
        "nearest_mode=round_prefer_floor)",
    ),
    ("opencv linear exact", "opencv resize(INTER_LINEAR_EXACT)"),
    ("tf.image.resize(x, size, 'lanczos5')", "tensorflow image.resize(method=lanczos5, antialias=False)"),
    ("mmseg resize bilinear", "mmseg resize(mode=bilinear, align_corners=False)"),
]


@pytest.mark.parametrize(("text", "expected"), _CALLS, ids=[row[0] for row in _CALLS])
def test_a_call_is_found_as_people_write_it(text, expected):
    assert find_source(text, _KNOWN)[0].id == expected


_MATLAB = Convention(kernel="cubic", cubic_coeff_a="-1/2", antialias=True, border="reflect")
_CONVENTIONS = [
    ("matlab-imresize", _MATLAB),
    ("MATLAB imresize", _MATLAB),
    ("imresize", _MATLAB),
    ("chainer resize_images", Convention(coordinate_transformation_mode="align_corners")),
    ("matlab bicubic", _MATLAB),
    ("pillow-bicubic", _MATLAB.but(border="renormalise")),
    ("tf1_bilinear", Convention(coordinate_transformation_mode="asymmetric")),
    ("cubic half_pixel cubic_coeff_a=-1/2 antialias border=reflect", _MATLAB),
    ("Convention(kernel='cubic', cubic_coeff_a='-1/2', antialias=True, border='reflect')", _MATLAB),
    (
        "nearest asymmetric floor",
        Convention(kernel="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor"),
    ),
]


@pytest.mark.parametrize(("text", "expected"), _CONVENTIONS, ids=[row[0] for row in _CONVENTIONS])
def test_a_convention_is_found_by_name_and_by_its_words(text, expected):
    found, _ = find_source(text, _KNOWN)
    assert found.call is None
    assert found.claim == expected


@pytest.mark.parametrize("entry", CATALOGUE, ids=lambda entry: entry.name)
def test_every_convention_is_found_as_it_is_printed(entry):
    """By its name, and by its words, which are those that other commands print."""
    for text in (entry.name, str(entry.convention)):
        assert find_source(text, _KNOWN)[0].claim == entry.convention


_NOTHING = ["no_such_call", "cv2.INTER_AREA bicubic", "torch lanczos5", "tf.image.resize_with_pad", "", "PIL thumbnail"]


@pytest.mark.parametrize("text", _NOTHING)
def test_what_means_nothing_is_refused_in_one_line(text):
    with pytest.raises(ValueError, match="matches") as refusal:
        find_source(text, _KNOWN)
    assert "\n" not in str(refusal.value)


_MEANINGLESS = [
    ("linear half_pixel border=sideways", "unknown border 'sideways'"),
    ("lanczos half_pixel lobes=many", "lobes must be a whole number"),
    ("Convention(kernel='qubic')", "unknown kernel 'qubic'"),
    ("Convention(open('x'))", "is no convention"),
]


@pytest.mark.parametrize(("text", "reason"), _MEANINGLESS)
def test_a_convention_without_meaning_is_refused(text, reason):
    with pytest.raises(ValueError, match=reason):
        find_source(text, _KNOWN)


def test_a_misspelt_word_counts_as_the_one_it_looks_like():
    assert near_names("Image.BICUBC", _KNOWN)[0] == "pillow resize(BICUBIC)"
    assert near_names("cv2.INTER_CUBICS", _KNOWN)[0] == "opencv resize(INTER_CUBIC)"


def test_a_parameter_that_a_call_has_otherwise_excludes_it():
    """Words that contradict a call never mean it; those that no call has are named."""
    found, others = find_source("torch bicubic align_corners=True antialias=False", _KNOWN)
    for call in (found, *others):
        assert "align_corners=True" in call.id
        assert "antialias=True" not in call.id
    text = "cv2.resize(img, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)"
    assert ignored_words(text, find_source(text, _KNOWN)[0]) == ["fx=0.5", "fy=0.5"]


def test_of_several_frameworks_the_one_asked_about_most_comes_first_and_the_others_are_named():
    found, others = find_source("bilinear", _KNOWN)
    assert found.framework == "torch"
    assert {"opencv", "pillow", "tensorflow"} <= {call.framework for call in others}
