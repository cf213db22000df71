"""The sizes that a config trains and tests with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from parity.mmseg.values import Place, Value


@dataclass(frozen=True, slots=True)
class Size:
    """A height and a width in pixels, what they are, and where they are set."""

    what: str
    height: int
    width: int
    place: Place

    def __str__(self) -> str:
        return f"{self.height}x{self.width}"


@dataclass(frozen=True, slots=True)
class Slide:
    """Slide inference: the window, and the step from one window to the next."""

    window: Size
    step: Size


def crops(values: Value) -> list[Size]:
    """The sizes that training crops or pads images to; the first is the crop."""
    found = []
    for transform in _transforms(values.get("train_dataloader", "dataset"), "RandomCrop"):
        found.append(_size("the training crop", transform.get("crop_size")))
    found.append(_size("the size that data_preprocessor pads to", values.get("model", "data_preprocessor", "size")))
    if not any(found):
        found.append(_size("crop_size", values.get("crop_size")))
    return list(dict.fromkeys(size for size in found if size is not None))


def slide(values: Value) -> Slide | None:
    """The windows of slide inference, or ``None`` for a config that tests whole images."""
    test = values.get("model", "test_cfg")
    if test is None or test.get("mode") is None or test.get("mode").plain() != "slide":
        return None
    window, step = _size("the test window", test.get("crop_size")), _size("the test step", test.get("stride"))
    return Slide(window, step) if window is not None and step is not None else None


def test_images(values: Value) -> list[tuple[Size, bool]]:
    """What test images are resized to, and whether the aspect ratio is kept, so that this only bounds them.

    ``scale`` of ``Resize`` is ``(width, height)``. Source:
    https://github.com/open-mmlab/mmcv/blob/v2.1.0/mmcv/transforms/processing.py
    """
    found = []
    for transform in _transforms(values.get("test_dataloader", "dataset"), "Resize"):
        turned = _size("the test image", transform.get("scale"))
        keep = transform.get("keep_ratio")
        if turned is not None:
            size = Size(turned.what, turned.width, turned.height, turned.place)
            found.append((size, keep is not None and bool(keep.plain())))
    return found


def _transforms(dataset: Value | None, kind: str) -> Iterator[Value]:
    if dataset is None:
        return
    for _, value in dataset.walk():
        name = value.get("type")
        if name is not None and name.content == kind:
            yield value


def _size(what: str, value: Value | None) -> Size | None:
    if value is None:
        return None
    sides = value.plain()
    sides = (sides, sides) if isinstance(sides, int) else sides
    if not isinstance(sides, list | tuple) or len(sides) != 2 or not all(_is_length(side) for side in sides):
        return None
    return Size(what, *sides, value.place)


def _is_length(side: object) -> bool:
    return isinstance(side, int) and not isinstance(side, bool) and side > 0
