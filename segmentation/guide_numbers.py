"""The numbers of the guide to ``align_corners``: each stands in its text beside the call that computes it.

In the text, ``<!--= shift(64, 512) -->3 1/2<!--/-->`` is a number and where it comes from; Markdown shows the number
alone. ``python -m halfpixel.segmentation.guide_numbers`` writes every number anew. The calls are the functions of
``CALLS``, with literals.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from halfpixel.golden.align_corners import (
    MODES,
    exact_axis,
    keeps_grid,
    largest_shift_in_input,
    largest_shift_in_output,
    magnification,
    mixed_number,
)
from halfpixel.segmentation.claims.catalogue import CLAIMS
from halfpixel.segmentation.claims.claim import LARGEST_CHECKED_SIZE
from halfpixel.segmentation.configs.sizes import feature_count
from halfpixel.segmentation.mask_measurement import MaskMeasurement, measure_mask
from halfpixel.segmentation.scenes import FACTORS, ROAD_SIDE, SCENES

FOLDER = Path(__file__).parents[1] / "docs"
GUIDES = (FOLDER / "align-corners.md", FOLDER / "align-corners.zh.md")
MARKED = re.compile(r"<!--= (.+?) -->(.*?)<!--/-->", re.DOTALL)

LANGUAGES = ("en", "zh")
_HEADS = {
    "output": ("output", "输出"),
    "input": ("input", "输入"),
    "reads": ("reads input", "读取的输入坐标"),
    "lands": ("lands at output", "落在的输出坐标"),
    "sizes": ("sizes", "尺寸"),
    "shift": ("largest shift, output pixels", "最大偏移（输出像素）"),
    "shift_in": ("largest shift, input pixels", "最大偏移（输入像素）"),
    "magnified": ("magnified by", "放大"),
    "crop": ("crop", "裁剪"),
    "map": ("feature map", "特征图"),
    "step": ("step with", "采样步长"),
    "way": ("trained → deployed", "训练 → 部署"),
    "changed": ("labels changed", "改变的标签"),
    "moved": ("boundaries moved, pixels", "边界移动（像素）"),
    "iou": ("mean IoU", "平均 IoU"),
    "biou": ("boundary IoU", "边界 IoU"),
    "factor": ("factor", "倍率"),
    "nearest": ("labels, nearest", "标签最近邻"),
}
"""Heads of tables, in the order of ``LANGUAGES``."""


def _heads(language: str) -> dict[str, str]:
    return {name: texts[LANGUAGES.index(language)] for name, texts in _HEADS.items()}


def reads(setting: bool, n_in: int, n_out: int, o: int) -> str:
    """The input coordinate that an output samples."""
    return mixed_number(exact_axis(MODES[setting], n_in, n_out).samples(o))


def lands(setting: bool, n_in: int, n_out: int, i: int) -> str:
    """The output coordinate where an input pixel comes to lie."""
    return mixed_number(exact_axis(MODES[setting], n_in, n_out).lands(i))


def step(setting: bool, n_in: int, n_out: int) -> str:
    """Input pixels from one output's sample to the next."""
    return mixed_number(exact_axis(MODES[setting], n_in, n_out).step)


def shift(n_in: int, n_out: int) -> str:
    """The largest shift between the modes, in output pixels."""
    return mixed_number(largest_shift_in_output(n_in, n_out))


def shift_in(n_in: int, n_out: int) -> str:
    """The same in input pixels."""
    return mixed_number(largest_shift_in_input(n_in, n_out))


def magnified(n_in: int, n_out: int) -> str:
    """By how much ``True`` enlarges beyond ``False``."""
    return f"{100 * float(magnification(n_in, n_out) - 1):.2f} %"


def feature_map(crop: int, stride: int) -> str:
    """The pixels that a backbone of this stride, padded as usual, leaves of a crop."""
    return str(feature_count(crop, stride))


def strides(count: int, stride: int) -> str:
    """Pixels that so many strides lead on."""
    return str(count * stride)


def keeps(n_in: int, n_out: int, yes: str, no: str) -> str:
    """Whether ``True`` finds every input pixel again."""
    return yes if keeps_grid(n_in, n_out) else no


def claims(verdict: str = "") -> str:
    """How many claims there are, or have a verdict."""
    return str(sum(verdict in ("", claim.verdict) for claim in CLAIMS))


def largest_size() -> str:
    """Up to which size claims are decided."""
    return str(LARGEST_CHECKED_SIZE)


def maps_table(language: str, n_in: int, n_out: int) -> str:
    """Both directions of both maps, pixel by pixel."""
    heads = _heads(language)
    there = [[str(o), *(reads(setting, n_in, n_out, o) for setting in (True, False))] for o in range(n_out)]
    back = [[str(i), *(lands(setting, n_in, n_out, i) for setting in (True, False))] for i in range(n_in)]
    names = ["`True`", "`False`"]
    return (
        _table([heads["output"], *(f"{name}: {heads['reads']}" for name in names)], there)
        + "\n"
        + _table([heads["input"], *(f"{name}: {heads['lands']}" for name in names)], back)
    )


def shifts_table(language: str) -> str:
    """The closed form at the factors of decode heads."""
    heads = _heads(language)
    rows = [
        [f"{n} → {ROAD_SIDE}", shift(n, ROAD_SIDE), shift_in(n, ROAD_SIDE), magnified(n, ROAD_SIDE)]
        for n in (ROAD_SIDE // factor for factor in FACTORS)
    ]
    return _table([heads[name] for name in ("sizes", "shift", "shift_in", "magnified")], rows)


def crops_table(language: str, *crops: int) -> str:
    """What a stride of 8 makes of each crop, and the step back up in both modes."""
    heads = _heads(language)
    rows = []
    for crop in crops:
        small = int(feature_map(crop, 8))
        rows.append([str(crop), str(small), step(True, small, crop), step(False, small, crop)])
    return _table([heads["crop"], heads["map"], f"{heads['step']} `True`", f"{heads['step']} `False`"], rows)


@lru_cache(maxsize=8)
def _road(factor: int) -> tuple[MaskMeasurement, ...]:
    return measure_mask(SCENES[-1], factor)


def masks_table(language: str, *factors: int) -> str:
    """The road scene, in every way to train and deploy."""
    heads = _heads(language)
    rows = [
        [
            str(factor),
            f"`{mask.trained}` → {heads['nearest'] if mask.deployed is None else f'`{mask.deployed}`'}",
            f"{100 * mask.share:.2f} %",
            str(mask.moved),
            f"{mask.iou:.3f}",
            f"{mask.boundary_iou:.3f}",
        ]
        for factor in factors
        for mask in _road(factor)
    ]
    return _table([heads[name] for name in ("factor", "way", "changed", "moved", "iou", "biou")], rows)


def _table(heads: list[str], rows: list[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n" + "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


CALLS: dict[str, Callable[..., str]] = {
    function.__name__: function
    for function in (
        *(reads, lands, step, shift, shift_in, magnified, feature_map, strides, keeps, claims, largest_size),
        *(maps_table, shifts_table, crops_table, masks_table),
    )
}


def evaluate_call(call: str) -> str:
    """What a call in the text gives; ``ValueError`` for anything but a function of ``CALLS`` with literals."""
    try:
        tree = ast.parse(call, mode="eval").body
    except SyntaxError:
        tree = None
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name) or tree.func.id not in CALLS:
        raise ValueError(f"not a call of {', '.join(CALLS)}: {call!r}")
    return CALLS[tree.func.id](*map(ast.literal_eval, tree.args))


def with_recomputed_numbers(text: str) -> str:
    """The text with every marked number computed anew."""
    return MARKED.sub(lambda match: f"<!--= {match[1]} -->{evaluate_call(match[1])}<!--/-->", text)


def main() -> None:
    """Write the numbers of both guides anew."""
    for path in GUIDES:
        path.write_text(with_recomputed_numbers(path.read_text(encoding="utf-8")), encoding="utf-8")
        print(path)


if __name__ == "__main__":
    main()
