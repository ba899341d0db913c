# SPDX-License-Identifier: GPL-3.0-or-later
"""The parts of mpykdump.so: bundle, libdeflate, the finished file and its rules. Imports up to python and crash."""
