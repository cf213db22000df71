"""All claims about ``align_corners``, in learning order."""

from halfpixel.segmentation.claims.claim import Claim
from halfpixel.segmentation.claims.corners import CORNER_CLAIMS
from halfpixel.segmentation.claims.equivalences import EQUIVALENCE_CLAIMS
from halfpixel.segmentation.claims.scale import SCALE_CLAIMS

CLAIMS: tuple[Claim, ...] = (*CORNER_CLAIMS, *SCALE_CLAIMS, *EQUIVALENCE_CLAIMS)
