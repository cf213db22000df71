"""Which output size libraries and image processors make of a request such as "shortest side 800"."""

from halfpixel.golden.library_sizes.rules import LibrarySize, RequestKind, Size, SizeRefused, SizeRequest
from halfpixel.golden.library_sizes.table import LIBRARY_SIZES

__all__ = ["LIBRARY_SIZES", "LibrarySize", "RequestKind", "Size", "SizeRefused", "SizeRequest"]
