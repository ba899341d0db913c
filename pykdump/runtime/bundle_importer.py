# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages of the bundle are found even if its file has been replaced or removed.

zipimport looks at the name of the file again for each package. But C gives Python the file that was loaded (see
ext/extension/bundle_file.h), and the contents of that one are known already.
"""

from __future__ import annotations

import os
import sys
from zipimport import zipimporter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _importer_of_folder(path: str) -> Any:
    """Return an importer for a folder in an archive that is on sys.path already. It is a hook of sys.path_hooks."""
    for archive, importer in list(sys.path_importer_cache.items()):
        if type(importer) is zipimporter and importer.archive == archive and path.startswith(archive + os.sep):
            same: Any = zipimporter.__new__(zipimporter)
            same.__dict__.update(vars(importer))
            same.prefix = path[len(archive) + 1 :] + os.sep
            return same
    raise ImportError(f"{path} is not in an archive of sys.path")


def install() -> None:
    """Use the hook before zipimport's own. A second call does nothing."""
    if _importer_of_folder not in sys.path_hooks:
        sys.path_hooks.insert(0, _importer_of_folder)
