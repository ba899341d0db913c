# SPDX-License-Identifier: GPL-3.0-or-later
"""What all commands share: options, text and JSON output, findings, problems and the exit status.

A command names its options, a generator of records, and the columns of its tables; see Command. The layer may
import the modules of the folder pykdump; commands import the layer.
"""

from pykdump.command_layer.command import Command
from pykdump.command_layer.events import Finding, Problem, Section, Text, guarded
from pykdump.command_layer.parser import name_pattern, positive_number
from pykdump.command_layer.progress import Progress
from pykdump.command_layer.records import item
from pykdump.command_layer.tables import Column

__all__ = [
    "Column",
    "Command",
    "Finding",
    "Problem",
    "Progress",
    "Section",
    "Text",
    "guarded",
    "item",
    "name_pattern",
    "positive_number",
]
