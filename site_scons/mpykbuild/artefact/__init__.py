# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes mpykdump.so: the bundle, libdeflate, the finished file and its rules. Imports up to python and crash."""
