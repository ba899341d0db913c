# SPDX-License-Identifier: GPL-3.0-or-later
"""Colours and cursor movements of a terminal. If the output is not a terminal, nothing is written."""

from __future__ import annotations

import sys

(BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, DARKGRAY, LIGHTRED, LIGHTGREEN, LIGHTYELLOW, LIGHTBLUE, LIGHTMAGENTA,
 LIGHTCYAN, LIGHTGRAY, WHITE, RESET) = range(1, 18)  # fmt: skip
MAX_COLOR = WHITE
# A mode is combined with a colour: set_color(RED | BOLD).
BOLD, BLINK, UNDERLINE, INVERT = 0x100, 0x200, 0x400, 0x800
MIN_MODE, MAX_MODE = BOLD, INVERT
COLOR_MASK, MODE_MASK = 0x00FF, 0xFF00

_PLAIN = (BLACK, RED, GREEN, YELLOW, BLUE, MAGENTA, CYAN, LIGHTGRAY)
_BRIGHT = (DARKGRAY, LIGHTRED, LIGHTGREEN, LIGHTYELLOW, LIGHTBLUE, LIGHTMAGENTA, LIGHTCYAN, WHITE)
_MODES = {BOLD: "\x1b[1m", BLINK: "\x1b[5m", UNDERLINE: "\x1b[4m", INVERT: "\x1b[7m"}
color_list = {
    **{color: f"\x1b[{30 + number}m" for number, color in enumerate(_PLAIN)},
    **{color: f"\x1b[{30 + number};1m" for number, color in enumerate(_BRIGHT)},
    RESET: "\x1b[0m",
    **_MODES,
}
bg_color_list = {
    **{color: f"\x1b[{40 + number}m" for number, color in enumerate(_PLAIN)},
    **{color: f"\x1b[{40 + number};1m" for number, color in enumerate(_BRIGHT)},
    RESET: "\x1b[0m",
}


def _terminal() -> bool:
    return sys.stdout.isatty()


def run_ansi_code(ansi_code_str: str) -> None:
    """Write an escape sequence, even if the output is not a terminal."""
    print(ansi_code_str, end="")


def _send(code: str) -> None:
    if code and _terminal():
        run_ansi_code(code)


def get_color(color: int) -> str:
    """Return the escape sequence of a colour; "" if the output is not a terminal."""
    return color_list.get(color, "") if _terminal() else ""


def set_color(color_mix: int) -> None:
    """Write in this colour and these modes from now on."""
    modes = "".join(code for mode, code in _MODES.items() if color_mix & mode)
    _send(color_list.get(color_mix & COLOR_MASK, "") + modes)


def set_bg_color(color: int) -> None:
    """Write on a background of this colour from now on."""
    _send(bg_color_list.get(color, ""))


def cursor_reset() -> None:
    """Move the cursor to the beginning of the line."""
    _send("\x1b[1000D")


def cursor_up(by: int = 1) -> None:
    """Move the cursor ``by`` lines up."""
    _send(f"\x1b[{by}A")


def cursor_down(by: int = 1) -> None:
    """Move the cursor ``by`` lines down."""
    _send(f"\x1b[{by}B")


def cursor_right(by: int = 1) -> None:
    """Move the cursor ``by`` columns to the right."""
    _send(f"\x1b[{by}C")


def cursor_left(by: int = 1) -> None:
    """Move the cursor ``by`` columns to the left."""
    _send(f"\x1b[{by}D")


def set_cursor(xpos: int, ypos: int) -> None:
    """Move the cursor to a column and a line; both are counted from 1."""
    _send(f"\x1b[{ypos};{xpos}H")


def clear_screen() -> None:
    """Clear the whole screen."""
    _send("\x1b[2J")


def clear_screen_before() -> None:
    """Clear the screen up to the cursor."""
    _send("\x1b[1J")


def clear_screen_after() -> None:
    """Clear the screen from the cursor to the end."""
    _send("\x1b[0J")


def clear_line() -> None:
    """Clear the line."""
    _send("\x1b[2K")


def clear_line_before() -> None:
    """Clear the line up to the cursor."""
    _send("\x1b[1K")


def clear_line_after() -> None:
    """Clear the line from the cursor to its end."""
    _send("\x1b[0K")
