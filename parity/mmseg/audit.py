"""Audits one config: what it is, what it says of ``align_corners``, and what in it does not fit together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from parity.mmseg import grids
from parity.mmseg.heads import FIXED, Resizer, Setting, resizers, settings
from parity.mmseg.read import Config
from parity.mmseg.sizes import Size, Slide, crops, slide, test_images
from parity.mmseg.strides import output_stride
from parity.mmseg.values import Place, Unreadable, Value

# By what they hold, in this order; a config that has a model and data is whole.
_FRAGMENTS = (
    ("dataset", ("train_dataloader", "test_dataloader", "train_pipeline", "tta_pipeline")),
    ("schedule", ("optim_wrapper", "param_scheduler", "train_cfg", "optimizer")),
    ("runtime", ("default_scope", "env_cfg", "vis_backends", "log_level", "default_hooks")),
)
# Of a fragment that leaves the decode head to the config, the name of the segmentor says what it is of.
_SEGMENTORS = ("EncoderDecoder", "CascadeEncoderDecoder", "MultimodalEncoderDecoder", "DepthEstimator")


@dataclass(frozen=True, slots=True)
class Remark:
    """Something to be said of a config: ``kind`` in a few words, ``is_fault`` where its pieces do not fit together."""

    kind: str
    message: str
    place: Place
    is_fault: bool = True


@dataclass(frozen=True, slots=True)
class Audit:
    """What was found in one config.

    kind
        ``config`` for a whole one; ``model``, ``dataset``, ``schedule`` or ``runtime`` for a fragment of one.
    stride
        How many pixels apart the coarsest features are that the deciding setting resizes to the image; ``None`` where
        that is not known.
    """

    file: Path
    kind: str
    files: tuple[Path, ...]
    settings: tuple[Setting, ...]
    resizers: tuple[Resizer, ...]
    stride: int | None
    crops: tuple[Size, ...]
    slide: Slide | None
    images: tuple[tuple[Size, bool], ...]
    remarks: tuple[Remark, ...]

    @property
    def faults(self) -> tuple[Remark, ...]:
        """The remarks that make it inconsistent."""
        return tuple(remark for remark in self.remarks if remark.is_fault)

    @property
    def deciding(self) -> Resizer | None:
        """The head whose setting resizes the logits in testing: the last decode head."""
        heads = [one for one in self.resizers if one.part == "decode head"]
        return heads[-1] if heads else None


def audit(config: Config) -> Audit:
    """Audit a config; raises ``Unreadable`` where it is none of a segmentation model, nor a fragment of one."""
    values = config.values
    kind = _kind(config)
    found = resizers(values)
    stride = _stride(values, found)
    sizes, windows, images = crops(values), slide(values), test_images(values)
    heads = [one for one in found if one.part == "decode head"]
    remarks = [*_disagreements(found), *_imports(values), *_fixed(values, heads)]
    if heads and isinstance(heads[-1].align_corners, bool):
        setting = heads[-1].align_corners
        remarks += _crop_remarks(sizes, stride, setting)
        remarks += _window_remarks(windows, sizes, images, stride, setting)
        if windows is None:
            remarks += _image_remarks(images, stride, setting)
    return Audit(
        config.file,
        kind,
        config.files,
        tuple(settings(values)),
        tuple(found),
        stride,
        tuple(sizes),
        windows,
        tuple(images),
        tuple(remarks),
    )


def _kind(config: Config) -> str:
    values = config.values
    model = values.get("model")
    fragments = [name for name, keys in _FRAGMENTS if any(key in values.content for key in keys)]
    if model is None:
        if not fragments:
            raise Unreadable(Place(config.file, 1), "no config of mmsegmentation: it has no model, data or schedule")
        return fragments[0]
    kind = "config" if "dataset" in fragments else "model"
    name = model.get("type").plain() if model.get("type") is not None else ""
    is_fragment = kind == "model" and name in _SEGMENTORS
    if model.get("decode_head") is None and not is_fragment:
        raise Unreadable(model.place, f"not a segmentation model: {name or 'a model'} without a decode_head")
    return kind


def _stride(values: Value, found: list[Resizer]) -> int | None:
    """The stride of the coarsest features that are resized to the image by one and the same setting."""
    backbone, neck = values.get("model", "backbone"), values.get("model", "neck")
    if backbone is None or not isinstance(backbone.content, dict):
        return None
    inside = [one.align_corners for one in found if one.part == "backbone"]
    deciding = [one.align_corners for one in found if one.part == "decode head"]
    neck_dict = neck.plain() if neck is not None and isinstance(neck.content, dict) else None
    return output_stride(backbone.plain(), neck_dict, as_given=inside[:1] != deciding[-1:])


def _disagreements(found: list[Resizer]) -> list[Remark]:
    """Heads against each other, then the neck and the backbone against the head that decides."""
    heads = [one for one in found if one.part.endswith("head")]
    remarks = []
    if len({one.align_corners for one in heads}) > 1:
        said = ", ".join(f"{one.path} has {one.align_corners}" for one in heads)
        remarks.append(Remark("heads disagree", said, heads[-1].place))
    deciding = [one for one in heads if one.part == "decode head"]
    for one in found:
        if not one.part.endswith("head") and deciding and one.align_corners != deciding[-1].align_corners:
            said = f"{one.path} has {one.align_corners}, {deciding[-1].path} has {deciding[-1].align_corners}"
            remarks.append(Remark(f"{one.part} disagrees", said, one.place))
    return remarks


def _imports(values: Value) -> list[Remark]:
    custom = values.get("custom_imports")
    if custom is None or custom.get("imports") is None:
        return []
    names = custom.get("imports").plain()
    listed = names if isinstance(names, str) else ", ".join(map(str, names))
    return [Remark("custom imports", f"{listed}: not imported for this audit", custom.place, is_fault=False)]


def _fixed(values: Value, heads: list[Resizer]) -> list[Remark]:
    backbone = values.get("model", "backbone", "type")
    if backbone is None or str(backbone.content) not in FIXED or not heads or heads[-1].align_corners is not True:
        return []
    said = f"{backbone.content} resizes with align_corners=False inside, whatever the heads have"
    return [Remark("fixed in the backbone", said, backbone.place, is_fault=False)]


def _crop_remarks(sizes: list[Size], stride: int | None, setting: bool) -> list[Remark]:
    distinct = {(size.height, size.width): size for size in reversed(sizes)}
    remarks = [_unsuited(size, stride, setting) for size in reversed(distinct.values())]
    for size in sizes[1:]:
        if (size.height, size.width) != (sizes[0].height, sizes[0].width):
            said = f"{size.what} is {size}, {sizes[0].what} {sizes[0]} ({sizes[0].place})"
            remarks.append(Remark("crop sizes differ", said, size.place))
    return [remark for remark in remarks if remark is not None]


def _unsuited(size: Size, stride: int | None, setting: bool) -> Remark | None:
    # Every backbone halves at least once, so that a size unfit for a stride of 2 is unfit for any.
    step = stride or 2
    unfit = [n for n in (size.height, size.width) if not grids.suits(n, step, setting)]
    if not unfit:
        return None
    n = unfit[0]
    form = f"k * {step} + 1" if setting else f"k * {step}"
    apart = grids.displacement(n, step, setting)
    nearest = " or ".join(map(str, grids.suited_sizes(n, step, setting)))
    said = (
        f"{size.what} is {size}: align_corners={setting} suits {form}, for {n} that is {nearest}; "
        f"at {n} it pulls features {float(apart):.4g} px out of place"
    )
    return Remark("size unsuited", said, size.place)


def _window_remarks(
    windows: Slide | None, sizes: list[Size], images: list[tuple[Size, bool]], stride: int | None, setting: bool
) -> list[Remark]:
    if windows is None:
        return []
    window, step = windows.window, windows.step
    remarks = [_unsuited(window, stride, setting)]
    if step.height > window.height or step.width > window.width:
        remarks.append(Remark("gaps", f"a step of {step} leaves gaps between windows of {window}", step.place))
    if sizes and (window.height, window.width) != (sizes[0].height, sizes[0].width):
        said = f"the test window is {window}, {sizes[0].what} {sizes[0]} ({sizes[0].place})"
        remarks.append(Remark("window differs", said, window.place))
    for image, keeps_ratio in images:
        short, small = min(image.height, image.width), min(window.height, window.width)
        if short < small:
            bound = "at most " if keeps_ratio else ""
            said = f"test images are {bound}{image}, smaller than the window of {window}: windows are then cut to them"
            remarks.append(Remark("window cut", said, image.place, is_fault=False))
    return [remark for remark in remarks if remark is not None]


def _image_remarks(images: list[tuple[Size, bool]], stride: int | None, setting: bool) -> list[Remark]:
    """Images tested whole; where their aspect ratio is kept, the size is only bounded."""
    remarks = []
    for image, keeps_ratio in images:
        found = _unsuited(image, stride, setting)
        if found is not None:
            said = f"{found.message}{' (where the image has this aspect ratio)' if keeps_ratio else ''}"
            remarks.append(Remark(found.kind, said, found.place, is_fault=not keeps_ratio))
    return remarks
