"""The ``align_corners`` settings of a config, and which of them each head, neck and backbone uses."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from halfpixel.segmentation.configs.values import ConfigPath, ConfigValue, SourceLine, dotted_path

ALIGN_CORNERS_KEY = "align_corners"
SOURCE = "https://github.com/open-mmlab/mmsegmentation/tree/v1.2.2/mmseg/models"
# Every head of mmsegmentation 1.2.2 has the parameter and this default: decode_heads/decode_head.py, and
# mask2former_head.py and maskformer_head.py, which do not inherit it.
HEAD_DEFAULT = False
# These backbones and necks have it too, each in its own file, with False as its default.
WITH_PARAMETER = ("BiSeNetV1", "BiSeNetV2", "DDRNet", "FastSCNN", "ICNet", "ICNeck", "JPU", "PIDNet")
# These resize with align_corners=False inside, whatever a config says.
WITHOUT_PARAMETER = ("ERFNet", "HRNet", "PIDNet")
# IterativeDecodeHead goes by the head that makes its kernels: decode_heads/knet_head.py.
_DELEGATES = {"IterativeDecodeHead": "kernel_generate_head"}


class ModelPart(StrEnum):
    """The part of a model that a setting belongs to."""

    DECODE_HEAD = "decode head"
    AUXILIARY_HEAD = "auxiliary head"
    NECK = "neck"
    BACKBONE = "backbone"
    LOSS = "loss"
    TEST = "test"
    OTHER = "other"

    @property
    def is_head(self) -> bool:
        """Whether logits are made there."""
        return self in (ModelPart.DECODE_HEAD, ModelPart.AUXILIARY_HEAD)


_MODULE_KEYS = {
    "decode_head": ModelPart.DECODE_HEAD,
    "auxiliary_head": ModelPart.AUXILIARY_HEAD,
    "neck": ModelPart.NECK,
    "backbone": ModelPart.BACKBONE,
}
"""The keys of ``model`` that hold modules which resize."""


@dataclass(frozen=True, slots=True)
class AlignCornersSetting:
    """One ``align_corners`` of a config.

    ``path`` as one would write it; ``replaced``: what it overrides, the nearest base first.
    """

    path: str
    part: ModelPart
    value: object
    place: SourceLine
    replaced: tuple[tuple[object, SourceLine], ...] = ()

    def origin(self) -> str:
        """Where it was set, and over what."""
        return str(self.place) + "".join(f", over {value} at {place}" for value, place in self.replaced)


@dataclass(frozen=True, slots=True)
class ResizingModule:
    """A head, neck or backbone, and the setting it goes by; ``setting`` is ``None`` where that is its default."""

    path: str
    part: ModelPart
    type: str
    align_corners: object
    place: SourceLine
    setting: AlignCornersSetting | None = None


def settings(values: ConfigValue) -> list[AlignCornersSetting]:
    """Every ``align_corners`` of a config, in its order."""
    return [
        AlignCornersSetting(
            dotted_path(path),
            _part(path),
            value.plain(),
            value.place,
            tuple((old.plain(), old.place) for old in value.replaced),
        )
        for path, value in values.walk()
        if path and path[-1] == ALIGN_CORNERS_KEY
    ]


def _part(path: ConfigPath) -> ModelPart:
    if any(isinstance(key, str) and key.startswith("loss") for key in path):
        return ModelPart.LOSS
    if path[0] != "model" or len(path) == 1:
        return ModelPart.OTHER
    return {**_MODULE_KEYS, "test_cfg": ModelPart.TEST}.get(str(path[1]), ModelPart.OTHER)


def resizing_modules(values: ConfigValue) -> list[ResizingModule]:
    """The decode heads, the auxiliary heads, and the neck and the backbone where they have the parameter."""
    by_path = {setting.path: setting for setting in settings(values)}
    modules = []
    for key, part in _MODULE_KEYS.items():
        holder = values.get("model", key)
        if holder is not None and isinstance(holder.content, list | tuple):
            modules += [
                _module(("model", key, index), part, value, by_path) for index, value in enumerate(holder.content)
            ]
        elif holder is not None:
            modules.append(_module(("model", key), part, holder, by_path))
    return [module for module in modules if module is not None]


def _module(
    path: ConfigPath, part: ModelPart, value: ConfigValue, by_path: dict[str, AlignCornersSetting]
) -> ResizingModule | None:
    if not isinstance(value.content, dict):
        return None
    kind = value.get("type")
    name = str(kind.plain()) if kind is not None else ""
    if name in _DELEGATES:
        delegate = value.get(_DELEGATES[name])
        if delegate is not None:
            path, value = (*path, _DELEGATES[name]), delegate
    setting = by_path.get(dotted_path((*path, ALIGN_CORNERS_KEY)))
    if setting is not None:
        return ResizingModule(dotted_path(path), part, name, setting.value, setting.place, setting)
    if not part.is_head and name not in WITH_PARAMETER:
        return None
    return ResizingModule(dotted_path(path), part, name, HEAD_DEFAULT, value.place)
