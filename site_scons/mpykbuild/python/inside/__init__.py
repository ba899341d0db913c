# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that run under the Python that was built, not under the one of the build. They import nothing of ours."""
