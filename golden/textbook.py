"""Every textbook claim about ``align_corners``, in the order in which one learns them."""

from golden._claims_corners import CORNERS
from golden._claims_names import NAMES
from golden._claims_scale import SCALE
from golden.claims import Claim

CLAIMS: tuple[Claim, ...] = (*CORNERS, *SCALE, *NAMES)


def claim(name: str) -> Claim:
    """The claim of that name; ``KeyError`` when there is none."""
    return {each.name: each for each in CLAIMS}[name]
