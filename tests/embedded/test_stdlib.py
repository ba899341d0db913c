# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules that programs of others expect, and what the import of an omitted one says."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from support.session import CrashSession, Variant

Program = Callable[..., str]

# A name: the C module that is needed (a prebuilt Python may lack it), the program, what it prints.
USES = {
    "zlib": ("zlib", "import zlib\nprint(zlib.decompress(zlib.compress(b'x' * 99)) == b'x' * 99)", "True"),
    "gzip": ("zlib", "import gzip\nprint(gzip.decompress(gzip.compress(b'text')))", "b'text'"),
    "tarfile": (
        "zlib",
        "import io, tarfile\nout = io.BytesIO()\nwith tarfile.open(fileobj=out, mode='w:gz') as tar:\n"
        "    tar.addfile(tarfile.TarInfo('n'))\nout.seek(0)\nprint(tarfile.open(fileobj=out).getnames())",
        "['n']",
    ),
    "zipfile": (
        "zlib",
        "import io, zipfile\nout = zipfile.ZipFile(io.BytesIO(), 'w', zipfile.ZIP_DEFLATED)\n"
        "out.writestr('a', 'x' * 99)\nprint(len(out.read('a')), out.getinfo('a').compress_size < 99)",
        "99 True",
    ),
    "xml.etree": (
        "pyexpat",
        "from xml.etree import ElementTree\nprint(ElementTree.fromstring('<a><b c=\"1\"/></a>')[0].attrib)",
        "{'c': '1'}",
    ),
    "xml.dom": (
        "pyexpat",
        "from xml.dom import minidom\nprint(minidom.parseString('<a/>').documentElement.tagName)",
        "a",
    ),
    "plistlib": ("pyexpat", "import plistlib\nprint(plistlib.loads(plistlib.dumps({'k': 1})))", "{'k': 1}"),
    "decimal": ("", "import decimal\nprint(decimal.Decimal('1.1') * 3)", "3.3"),
    "pyparsing": (
        "",
        "import pyparsing\nprint(pyparsing.Word(pyparsing.alphas).parse_string('abc 1').as_list())",
        "['abc']",
    ),
    "urllib": (
        "",
        "import urllib.request, urllib.error, urllib.response\n"
        "print(urllib.request.urlopen('file:///proc/self/comm').read().decode().strip())",
        "crash",
    ),
    "robotparser": (
        "",
        "from urllib import robotparser\nrules = robotparser.RobotFileParser()\nrules.parse(['User-agent: *'])\n"
        "print(rules.can_fetch('a', '/'))",
        "True",
    ),
    "email": (
        "",
        "import http.client\nfrom email.message import EmailMessage\nmessage = EmailMessage()\n"
        "message['To'] = 'a@b'\nprint(message['To'], http.client.OK.value)",
        "a@b 200",
    ),
    "unittest": ("", "import unittest\nprint(unittest.TestResult().wasSuccessful())", "True"),
    "doctest": ("", "import doctest\nprint(doctest.script_from_examples('>>> 1\\n').strip())", "1"),
    "colorsys": ("", "import colorsys\nprint(colorsys.rgb_to_hsv(0, 0, 0)[1])", "0.0"),
}


@pytest.mark.parametrize("modules", USES)
def test_modules_that_programs_expect(
    crash_session: CrashSession, variant: Variant, program: Program, modules: str
) -> None:
    if modules == "doctest" and variant.python in ("3.14", "3.15"):
        assert "(it imports pdb, which imports asyncio)" in crash_session.run("epython -c 'import doctest'")
        return
    needs, text, expected = USES[modules]
    lacking = f"import sys\nif {needs!r} and {needs!r} not in sys.builtin_module_names:\n    sys.exit('lacking')\n"
    output = crash_session.run(f"epython {program(lacking + text)}")
    if output == "lacking\n":
        pytest.skip(f"this prebuilt Python has no {needs}; the build said so")
    assert output == f"{expected}\n"


def test_decimal_is_the_one_in_c(crash_session: CrashSession, program: Program) -> None:
    path = program(
        "import decimal, sys\n"
        "print('_decimal' not in sys.builtin_module_names or decimal.Decimal is __import__('_decimal').Decimal)\n"
    )
    assert crash_session.run(f"epython {path}") == "True\n"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("ssl", "their C halves need libraries of the host"),
        ("ctypes", "it needs libffi"),
        ("asyncio", "no event loop"),
        ("_lzma", "would link a library of the build machine"),
        ("unittest.mock", "of unittest only a part is here"),
    ],
)
def test_the_import_of_an_omitted_module_explains_itself(
    crash_session: CrashSession, variant: Variant, name: str, reason: str
) -> None:
    last = crash_session.run(f'epython -c "import {name}"').splitlines()[-1]
    assert last.startswith(f"ModuleNotFoundError: No module named '{name}': this build of PyKdump leaves it out (")
    assert reason in last
    assert f"change stdlib_manifests/{variant.python}/" in last


def test_a_program_may_ask_whether_a_module_is_there(crash_session: CrashSession, program: Program) -> None:
    path = program(
        "import importlib.util\nprint(importlib.util.find_spec('ssl'))\n"
        "try:\n    import ssl\nexcept ImportError as error:\n    print(error.name)\n"
    )
    assert crash_session.run(f"epython {path}") == "None\nssl\n"
