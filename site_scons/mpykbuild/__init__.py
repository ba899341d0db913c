# SPDX-License-Identifier: GPL-3.0-or-later
"""What the build decides: sources, trees, manifests, bundle, artefact. Plain Python, never imports SCons.

The rooms, each of which may import those before it::

    base <- fetch <- toolchain <- python, crash, vmcore <- artefact <- plan <- targets
"""
