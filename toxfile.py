"""Gives tox an environment for each release in the catalogues of suites/ledger; tox reads this file beside tox.ini."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

from tox.config.loader.memory import MemoryLoader
from tox.config.sets import ConfigSet
from tox.plugin import impl
from tox.session.state import State

ROOT = Path(__file__).parent


def _releases() -> Iterator[tuple[str, str, list[str]]]:
    """Each framework, its release, and what its environment holds beside what all of them do."""
    for path in sorted((ROOT / "suites" / "ledger").glob("*.toml")):
        catalogue = tomllib.loads(path.read_text(encoding="utf-8"))
        releases = catalogue.get("releases", {})
        shared = releases.pop("with", "")
        for release, pins in releases.items():
            yield catalogue["framework"], release, [f"{catalogue['package']}=={release}", *f"{shared} {pins}".split()]


@impl
def tox_extend_envs() -> list[str]:
    """The names of the environments."""
    return [f"versions-{framework}-{release}" for framework, release, _ in _releases()]


@impl
def tox_add_core_config(core_conf: ConfigSet, state: State) -> None:
    """The settings of each environment; what they share is in tox.ini, in the section [release]."""
    for framework, release, requirements in _releases():
        name = f"versions-{framework}-{release}"
        settings = MemoryLoader(
            base=["release"],
            description=f"{framework} {release} measured; writes reports/versions/{framework}-{release}",
            labels=["releases"],
            set_env={"FRAMEWORK": framework, "RELEASE": release},
            deps="\n".join(["-r requirements/versions.txt", *requirements]),
        )
        state.conf.memory_seed_loaders[name].append(settings)
