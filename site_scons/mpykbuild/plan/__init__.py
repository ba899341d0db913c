# SPDX-License-Identifier: GPL-3.0-or-later
"""From the command line to plans: options, the matrix, which product is built where. Imports up to artefact."""
