#!/usr/bin/env python3
"""Plants one mistake at a time in a copy of the tree and sees the layering check name it.

Usage: check_layering_test.py SOURCE_ROOT
"""

import os
import shutil
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check_layering  # noqa: E402

SOURCE_ROOT = None


class PlantedMistake(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="stile-layering-")
        cls.root = cls.folder.name
        kept = check_layering.SOURCE_SUFFIXES + ("CMakeLists.txt",)
        for path in check_layering.Tree(SOURCE_ROOT).files:
            if path.endswith(kept):
                target = os.path.join(cls.root, path)
                os.makedirs(os.path.dirname(target), exist_ok=True)
                shutil.copyfile(os.path.join(SOURCE_ROOT, path), target)
        cls.before = set(check_layering.Tree(cls.root).check())

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def plant(self, path, text):
        """Returns the complaints that appear when `text` is put at the end of `path`."""
        full = os.path.join(self.root, path)
        existed = os.path.exists(full)
        old = None
        if existed:
            with open(full, encoding="utf-8") as file:
                old = file.read()
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write((old or "") + text)
        try:
            return sorted(set(check_layering.Tree(self.root).check()) - self.before)
        finally:
            if existed:
                with open(full, "w", encoding="utf-8") as file:
                    file.write(old)
            else:
                os.remove(full)

    def expect(self, path, text, complaint):
        found = self.plant(path, text)
        self.assertEqual(len(found), 1, found)
        self.assertIn(complaint, found[0])

    def expect_nothing(self, path, text):
        self.assertEqual(self.plant(path, text), [])

    def test_arrow_against_the_order(self):
        self.expect("challenge/planted.cc", '#include "verifier/gate.h"\n',
                    "challenge must not include verifier")
        self.expect("verifier/planted.cc", '#include "engine/engine.h"\n',
                    "verifier must not include engine")
        self.expect("engine/planted.cc", '#include "service/planted.h"\n',
                    "engine must not include service")
        self.expect("tool/planted.cc", '#include "capi/stile.h"\n', "tool must not include capi")

    def test_arrow_with_the_order_is_fine(self):
        self.expect_nothing("service/planted.cc", '#include "challenge/error.h"\n')
        self.expect_nothing("tests/planted/planted_test.cc", '#include "engine/engine.h"\n')

    def test_third_party_header_in_the_wrong_room(self):
        self.expect("engine/planted.cc", "#include <boost/asio.hpp>\n", "belongs to service, tool")
        self.expect("verifier/planted.cc", "#include <absl/status/status.h>\n",
                    "belongs to service, tool")
        self.expect("challenge/planted.cc", "#include <spdlog/spdlog.h>\n",
                    "belongs to service, tool")
        self.expect("engine/planted.cc", "#include <gtest/gtest.h>\n", "belongs to tests, bench")
        self.expect_nothing("service/planted.cc", "#include <boost/asio.hpp>\n")

    def test_input_and_output_in_a_library(self):
        self.expect("engine/planted.cc", "#include <fstream>\n", "does no input, output")
        self.expect("verifier/planted.cc", "#include <sys/socket.h>\n", "does no input, output")

    def test_issuer_on_the_check_path(self):
        self.expect("verifier/gate.cc", '\n#include "challenge/issuer.h"\n',
                    "reachable from verifier/gate.cc")
        found = self.plant("verifier/verdict.h", '\n#include "challenge/issuer.h"\n')
        self.assertTrue(any("reachable from verifier/gate.h" in line for line in found), found)

    def test_compiler_in_what_verifies(self):
        for path in ("challenge/planted.cc", "verifier/planted.cc", "service/planted.cc",
                     "capi/planted.cc", "challenge/puzzle/hashwx_puzzle.cc"):
            self.expect(path, '\n#include "challenge/puzzle/hashwx_search.h"\n',
                        "for solvers only")
        self.expect_nothing("tool/planted.cc", '#include "challenge/puzzle/hashwx_search.h"\n')
        self.expect("challenge/planted.cc", "#include <sys/mman.h>\n", "does no input, output")

    def test_c_header_stays_small(self):
        self.expect("capi/stile.h", "\n#include <stdbool.h>\n", "only <stddef.h> and <stdint.h>")

    def test_examples_use_installed_headers(self):
        self.expect("examples/planted/planted.cc", '#include "service/config.h"\n',
                    "is not installed")
        self.expect("examples/planted/planted.cc", "#include <capi/stile.h>\n", "is not installed")
        self.expect_nothing("examples/planted/planted.c", "#include <stile.h>\n")
        self.expect_nothing("examples/planted/planted.cc", '#include "challenge/issuer.h"\n')

    def test_guard_must_match_the_path(self):
        self.expect("engine/planted.h", "#ifndef STILE_PLANTED_H_\n#define STILE_PLANTED_H_\n#endif\n",
                    "must be STILE_ENGINE_PLANTED_H_")
        self.expect("engine/planted.h", "#pragma once\n", "must be STILE_ENGINE_PLANTED_H_")

    def test_vague_name(self):
        self.expect("engine/string_util.cc", "\n", "'util' names nothing")
        self.expect("tests/common/planted.cc", "\n", "'common' names nothing")

    def test_relative_include(self):
        self.expect("engine/planted.cc", '#include "answer.h"\n', "from the source root")
        self.expect("engine/planted.cc", '#include "engine/../service/x.h"\n',
                    "from the source root")

    def test_computed_include(self):
        self.expect("engine/planted.cc", "#include PLANTED\n", "name the header itself")

    def test_comment_is_not_an_include(self):
        self.expect_nothing("engine/planted.cc", "/*\n#include <boost/asio.hpp>\n*/\n")
        self.expect_nothing("engine/planted.cc", "// #include <boost/asio.hpp>\n")


if __name__ == "__main__":
    SOURCE_ROOT = sys.argv.pop(1)
    unittest.main()
