"""What a config of a segmentation model says of ``align_corners``: where it is set, and what each head goes by."""

from __future__ import annotations

from dataclasses import dataclass

from parity.mmseg.values import Place, Value, dotted

KEY = "align_corners"
SOURCE = "https://github.com/open-mmlab/mmsegmentation/tree/v1.2.2/mmseg/models"
# Every head of mmsegmentation 1.2.2 has the parameter and this default: decode_heads/decode_head.py, and
# mask2former_head.py and maskformer_head.py, which do not inherit it.
HEAD_DEFAULT = False
# These backbones and necks have it too, each in its own file, with this default.
DEFAULTS = {
    "BiSeNetV1": False,
    "BiSeNetV2": False,
    "DDRNet": False,
    "FastSCNN": False,
    "ICNet": False,
    "ICNeck": False,
    "JPU": False,
    "PIDNet": False,
}
# These resize with align_corners=False inside, whatever a config says.
FIXED = ("ERFNet", "HRNet", "PIDNet")
# IterativeDecodeHead goes by the head that makes its kernels: decode_heads/knet_head.py.
_DELEGATES = {"IterativeDecodeHead": "kernel_generate_head"}

_PARTS = (
    ("decode_head", "decode head"),
    ("auxiliary_head", "auxiliary head"),
    ("neck", "neck"),
    ("backbone", "backbone"),
    ("test_cfg", "test"),
)


@dataclass(frozen=True, slots=True)
class Setting:
    """One ``align_corners`` of a config.

    ``path`` as one would write it; ``part``: decode head, auxiliary head, neck, backbone, loss, test or other;
    ``replaced``: what it overrides, the nearest base first.
    """

    path: str
    part: str
    value: object
    place: Place
    replaced: tuple[tuple[object, Place], ...] = ()

    def origin(self) -> str:
        """Where it was set, and over what."""
        return str(self.place) + "".join(f", over {value} at {place}" for value, place in self.replaced)


@dataclass(frozen=True, slots=True)
class Resizer:
    """A head, neck or backbone, and the setting it goes by; ``setting`` is ``None`` where that is its default."""

    path: str
    part: str
    type: str
    align_corners: object
    place: Place
    setting: Setting | None = None


def settings(values: Value) -> list[Setting]:
    """Every ``align_corners`` of a config, in its order."""
    return [
        Setting(
            dotted(path), _part(path), value.plain(), value.place, tuple((o.plain(), o.place) for o in value.replaced)
        )
        for path, value in values.walk()
        if path and path[-1] == KEY
    ]


def _part(path: tuple[str | int, ...]) -> str:
    if any(isinstance(key, str) and key.startswith("loss") for key in path):
        return "loss"
    parts = [name for key, name in _PARTS if path[0] == "model" and key in path[1:2]]
    return parts[0] if parts else "other"


def resizers(values: Value) -> list[Resizer]:
    """The decode heads, the auxiliary heads, and the neck and the backbone where they have the parameter."""
    by_path = {setting.path: setting for setting in settings(values)}
    found = []
    for key, part in _PARTS[:4]:
        holder = values.get("model", key)
        if holder is None:
            continue
        several = isinstance(holder.content, list | tuple)
        for index, value in enumerate(holder.content if several else [holder]):
            path = ("model", key, index) if several else ("model", key)
            one = _resizer(path, part, value, by_path)
            found += [one] if one is not None else []
    return found


def _resizer(path: tuple[str | int, ...], part: str, value: Value, by_path: dict[str, Setting]) -> Resizer | None:
    if not isinstance(value.content, dict):
        return None
    kind = value.get("type")
    name = str(kind.plain()) if kind is not None else ""
    delegate = _DELEGATES.get(name)
    if delegate is not None and value.get(delegate) is not None:
        path, value = (*path, delegate), value.get(delegate)
    setting = by_path.get(dotted((*path, KEY)))
    if setting is not None:
        return Resizer(dotted(path), part, name, setting.value, setting.place, setting)
    is_head = part.endswith("head")
    if not is_head and name not in DEFAULTS:
        return None
    return Resizer(dotted(path), part, name, HEAD_DEFAULT if is_head else DEFAULTS[name], value.place)
