# SPDX-License-Identifier: GPL-3.0-or-later
"""What a CPU does: interrupts, softirqs, timers, works of workqueues, and the tasks that wait for it."""
