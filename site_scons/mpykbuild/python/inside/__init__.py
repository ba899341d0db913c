# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that run under the Python that was built. They import only its standard library, no module of this build."""
