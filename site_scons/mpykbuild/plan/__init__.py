# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns the command line into plans: options, the matrix, what is built and where. Imports up to artefact."""
