# SPDX-License-Identifier: GPL-3.0-or-later
"""What the build decides: sources, trees, manifests, bundle, artefact. Plain Python, never imports SCons."""
