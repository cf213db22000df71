"""Audit one config, or all that mmsegmentation ships: its ``align_corners`` settings, and which are inconsistent."""

from __future__ import annotations

import importlib.util
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from multiprocessing import get_context
from pathlib import Path

from halfpixel.segmentation.configs.heads import (
    WITHOUT_PARAMETER,
    AlignCornersSetting,
    ModelPart,
    ResizingModule,
    resizing_modules,
    settings,
)
from halfpixel.segmentation.configs.read import MmengineNotInstalled, ReadConfig, read
from halfpixel.segmentation.configs.sizes import (
    ConfigSize,
    SlidingWindow,
    crop_sizes,
    feature_displacement,
    image_sizes_in_testing,
    is_suited_size,
    output_stride,
    sliding_window,
    suited_sizes,
)
from halfpixel.segmentation.configs.values import ConfigValue, SourceLine, UnreadableConfig


class ConfigKind(StrEnum):
    """A whole config, or a fragment of one that others inherit."""

    WHOLE = "config"
    MODEL = "model"
    DATASET = "dataset"
    SCHEDULE = "schedule"
    RUNTIME = "runtime"


# By what they hold, in this order; a config that has a model and data is whole.
_FRAGMENTS = {
    ConfigKind.DATASET: ("train_dataloader", "test_dataloader", "train_pipeline", "tta_pipeline"),
    ConfigKind.SCHEDULE: ("optim_wrapper", "param_scheduler", "train_cfg", "optimizer"),
    ConfigKind.RUNTIME: ("default_scope", "env_cfg", "vis_backends", "log_level", "default_hooks"),
}
# Of a fragment that leaves the decode head to the config, the name of the segmentor says what it is of.
_SEGMENTORS = ("EncoderDecoder", "CascadeEncoderDecoder", "MultimodalEncoderDecoder", "DepthEstimator")


class RemarkKind(StrEnum):
    """What a remark is about."""

    HEADS_DISAGREE = "heads disagree"
    NECK_DISAGREES = "neck disagrees"
    BACKBONE_DISAGREES = "backbone disagrees"
    CUSTOM_IMPORTS = "custom imports"
    FIXED_IN_BACKBONE = "fixed in the backbone"
    SIZE_UNSUITED = "size unsuited"
    CROP_SIZES_DIFFER = "crop sizes differ"
    GAPS = "gaps"
    WINDOW_DIFFERS = "window differs"
    WINDOW_CUT = "window cut"


@dataclass(frozen=True, slots=True)
class Remark:
    """A remark about a config; ``is_fault`` where its pieces do not fit together."""

    kind: RemarkKind
    message: str
    place: SourceLine
    is_fault: bool = True


@dataclass(frozen=True, slots=True)
class ConfigAudit:
    """The audit of one config.

    stride
        How many pixels apart the coarsest features are that the deciding setting resizes to the image; ``None`` where
        that is not known.
    images
        What test images are resized to, and whether that only bounds them.
    """

    file: Path
    kind: ConfigKind
    files: tuple[Path, ...]
    settings: tuple[AlignCornersSetting, ...]
    resizers: tuple[ResizingModule, ...]
    stride: int | None
    crops: tuple[ConfigSize, ...]
    slide: SlidingWindow | None
    images: tuple[tuple[ConfigSize, bool], ...]
    remarks: tuple[Remark, ...]

    @property
    def faults(self) -> tuple[Remark, ...]:
        """The remarks that make it inconsistent."""
        return tuple(remark for remark in self.remarks if remark.is_fault)

    @property
    def deciding(self) -> ResizingModule | None:
        """The head whose setting resizes the logits in testing: the last decode head."""
        return _deciding(self.resizers)


def _deciding(modules: Sequence[ResizingModule]) -> ResizingModule | None:
    heads = [module for module in modules if module.part is ModelPart.DECODE_HEAD]
    return heads[-1] if heads else None


def audit(config: ReadConfig) -> ConfigAudit:
    """Audit a config; ``UnreadableConfig`` where it is none of a segmentation model, nor a fragment of one."""
    values = config.values
    kind = _kind(config)
    modules = resizing_modules(values)
    stride = _stride(values, modules)
    crops, slide, images = crop_sizes(values), sliding_window(values), image_sizes_in_testing(values)
    deciding = _deciding(modules)
    remarks = [*_disagreements(modules), *_imports(values), *_fixed(values, deciding)]
    if deciding is not None and isinstance(deciding.align_corners, bool):
        setting = deciding.align_corners
        remarks += _crop_remarks(crops, stride, setting)
        if slide is None:
            remarks += _image_remarks(images, stride, setting)
        else:
            remarks += _window_remarks(slide, crops, images, stride, setting)
    return ConfigAudit(
        config.file,
        kind,
        config.files,
        tuple(settings(values)),
        tuple(modules),
        stride,
        tuple(crops),
        slide,
        tuple(images),
        tuple(remarks),
    )


def _kind(config: ReadConfig) -> ConfigKind:
    values = config.values
    model = values.get("model")
    fragments = [kind for kind, keys in _FRAGMENTS.items() if any(values.get(key) is not None for key in keys)]
    if model is None:
        if not fragments:
            raise UnreadableConfig(
                SourceLine(config.file, 1), "no config of mmsegmentation: it has no model, data or schedule"
            )
        return fragments[0]
    kind = ConfigKind.WHOLE if ConfigKind.DATASET in fragments else ConfigKind.MODEL
    name = model.get_plain("type") or ""
    is_fragment = kind is ConfigKind.MODEL and name in _SEGMENTORS
    if model.get("decode_head") is None and not is_fragment:
        raise UnreadableConfig(model.place, f"not a segmentation model: {name or 'a model'} without a decode_head")
    return kind


def _stride(values: ConfigValue, modules: Sequence[ResizingModule]) -> int | None:
    """The stride of the coarsest features that are resized to the image by one and the same setting."""
    backbone, neck = values.get_plain("model", "backbone"), values.get_plain("model", "neck")
    if not isinstance(backbone, dict):
        return None
    inside = [module.align_corners for module in modules if module.part is ModelPart.BACKBONE]
    outside = [module.align_corners for module in modules if module.part is ModelPart.DECODE_HEAD]
    return output_stride(backbone, neck if isinstance(neck, dict) else None, as_given=inside[:1] != outside[-1:])


def _disagreements(modules: Sequence[ResizingModule]) -> Iterator[Remark]:
    """Heads against each other, then the neck and the backbone against the head that decides."""
    heads = [module for module in modules if module.part.is_head]
    if len({module.align_corners for module in heads}) > 1:
        listed = ", ".join(f"{module.path} has {module.align_corners}" for module in heads)
        yield Remark(RemarkKind.HEADS_DISAGREE, listed, heads[-1].place)
    deciding = _deciding(modules)
    kinds = {ModelPart.NECK: RemarkKind.NECK_DISAGREES, ModelPart.BACKBONE: RemarkKind.BACKBONE_DISAGREES}
    for module in modules:
        if module.part in kinds and deciding is not None and module.align_corners != deciding.align_corners:
            message = f"{module.path} has {module.align_corners}, {deciding.path} has {deciding.align_corners}"
            yield Remark(kinds[module.part], message, module.place)


def _imports(values: ConfigValue) -> Iterator[Remark]:
    custom, names = values.get("custom_imports"), values.get_plain("custom_imports", "imports")
    if custom is not None and names is not None:
        listed = names if isinstance(names, str) else ", ".join(map(str, names))
        message = f"{listed}: not imported for this audit"
        yield Remark(RemarkKind.CUSTOM_IMPORTS, message, custom.place, is_fault=False)


def _fixed(values: ConfigValue, deciding: ResizingModule | None) -> Iterator[Remark]:
    backbone = values.get("model", "backbone", "type")
    if backbone is None or deciding is None or deciding.align_corners is not True:
        return
    if str(backbone.content) in WITHOUT_PARAMETER:
        message = f"{backbone.content} resizes with align_corners=False inside, whatever the heads have"
        yield Remark(RemarkKind.FIXED_IN_BACKBONE, message, backbone.place, is_fault=False)


def _crop_remarks(crops: Sequence[ConfigSize], stride: int | None, setting: bool) -> Iterator[Remark]:
    distinct = {(size.height, size.width): size for size in reversed(crops)}
    for size in reversed(distinct.values()):
        yield from _unsuited(size, stride, setting)
    for size in crops[1:]:
        if (size.height, size.width) != (crops[0].height, crops[0].width):
            message = f"{size.what} is {size}, {crops[0].what} {crops[0]} ({crops[0].place})"
            yield Remark(RemarkKind.CROP_SIZES_DIFFER, message, size.place)


def _unsuited(size: ConfigSize, stride: int | None, setting: bool) -> Iterator[Remark]:
    # Every backbone halves at least once, so that a size unfit for a stride of 2 is unfit for any.
    step = stride or 2
    unfit = [n for n in (size.height, size.width) if not is_suited_size(n, step, setting)]
    if not unfit:
        return
    n = unfit[0]
    form = f"k * {step} + 1" if setting else f"k * {step}"
    nearest = " or ".join(map(str, suited_sizes(n, step, setting)))
    message = (
        f"{size.what} is {size}: align_corners={setting} suits {form}, for {n} that is {nearest}; "
        f"at {n} it pulls features {float(feature_displacement(n, step, setting)):.4g} px out of place"
    )
    yield Remark(RemarkKind.SIZE_UNSUITED, message, size.place)


def _window_remarks(
    slide: SlidingWindow,
    crops: Sequence[ConfigSize],
    images: Iterable[tuple[ConfigSize, bool]],
    stride: int | None,
    setting: bool,
) -> Iterator[Remark]:
    window, step = slide.window, slide.step
    yield from _unsuited(window, stride, setting)
    if step.height > window.height or step.width > window.width:
        yield Remark(RemarkKind.GAPS, f"a step of {step} leaves gaps between windows of {window}", step.place)
    if crops and (window.height, window.width) != (crops[0].height, crops[0].width):
        message = f"the test window is {window}, {crops[0].what} {crops[0]} ({crops[0].place})"
        yield Remark(RemarkKind.WINDOW_DIFFERS, message, window.place)
    for image, keeps_ratio in images:
        if min(image.height, image.width) < min(window.height, window.width):
            bound = "at most " if keeps_ratio else ""
            message = f"test images are {bound}{image}, smaller than the window of {window}: windows are cut to them"
            yield Remark(RemarkKind.WINDOW_CUT, message, image.place, is_fault=False)


def _image_remarks(images: Iterable[tuple[ConfigSize, bool]], stride: int | None, setting: bool) -> Iterator[Remark]:
    """Images tested whole; where their aspect ratio is kept, the size is only bounded."""
    for image, keeps_ratio in images:
        for remark in _unsuited(image, stride, setting):
            message = f"{remark.message}{' (where the image has this aspect ratio)' if keeps_ratio else ''}"
            yield Remark(remark.kind, message, remark.place, is_fault=not keeps_ratio)


CONFIGS = Path(".mim") / "configs"
# Below this, starting processes takes longer than the reading.
_SEQUENTIAL_UP_TO = 16


class MmsegNotInstalled(Exception):
    """mmsegmentation, whose configs were asked for, is not installed."""


@dataclass(frozen=True, slots=True)
class ConfigReadFailure:
    """A config that could not be read; ``message`` begins with the file and the line."""

    file: Path
    message: str


def shipped_configs() -> list[Path]:
    """Every config that the installed mmsegmentation ships, sorted; ``MmsegNotInstalled`` for none. Imports nothing."""
    package = importlib.util.find_spec("mmseg")
    folders = package.submodule_search_locations if package is not None else []
    files = sorted(file for folder in folders or [] for file in (Path(folder) / CONFIGS).rglob("*.py"))
    if not files:
        raise MmsegNotInstalled(
            "mmsegmentation, which ships the configs, is not installed; tox run -e mmseg installs it"
        )
    return files


def audit_file(file: str | Path) -> ConfigAudit | ConfigReadFailure:
    """One config; a failure to read it is an answer as well. Raises ``MmengineNotInstalled``."""
    try:
        return audit(read(file))
    except UnreadableConfig as error:
        return ConfigReadFailure(Path(os.path.abspath(file)), str(error))


def audit_all(files: Iterable[str | Path]) -> list[ConfigAudit | ConfigReadFailure]:
    """Every config, in order; mmengine's reading takes most of the time, so many are shared between processes."""
    files = list(files)
    workers = min(os.cpu_count() or 1, 8)
    if len(files) <= _SEQUENTIAL_UP_TO or workers == 1:
        return [audit_file(file) for file in files]
    if importlib.util.find_spec("mmengine") is None:
        raise MmengineNotInstalled(
            "mmengine, which reads these configs, is not installed; tox run -e mmseg installs it"
        )
    # A fresh process each: a fork of one that has threads, as pytest's workers may, can hang.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        return list(pool.map(audit_file, files, chunksize=16))


@dataclass(frozen=True, slots=True)
class UsageRow:
    """One row of the table: how many whole configs go by a setting, with a crop, with a decode head."""

    align_corners: object
    crop: str
    head: str


def usage_table(audits: Iterable[ConfigAudit]) -> Counter[UsageRow]:
    """What whole configs use; the setting and the head are those that decide in testing."""
    uses: Counter[UsageRow] = Counter()
    for config in audits:
        if config.kind is ConfigKind.WHOLE and config.deciding is not None:
            crop = str(config.crops[0]) if config.crops else "none"
            uses[UsageRow(config.deciding.align_corners, crop, config.deciding.type)] += 1
    return uses
