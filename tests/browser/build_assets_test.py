#!/usr/bin/env python3
"""Usage: build_assets_test.py SOURCE_ROOT FOLDER_WITH_WASM"""

import os
import shutil
import sys
import tempfile
import unittest

ROOT, WASM = sys.argv[1:3]
BROWSER = os.path.join(ROOT, "challenge", "browser")
sys.dont_write_bytecode = True
sys.path.insert(0, BROWSER)

import build_assets  # noqa: E402


class BuildAssetsTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        for name in os.listdir(BROWSER):
            source = os.path.join(BROWSER, name)
            if os.path.isdir(source):
                shutil.copytree(source, os.path.join(self.folder, name))
            else:
                shutil.copy(source, self.folder)
        for name in ("solver.wasm", "solver-simd.wasm"):
            shutil.copy(os.path.join(WASM, name), self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def edit(self, name, old, new):
        with open(self.path(name), encoding="utf-8") as file:
            text = file.read()
        self.assertIn(old, text)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text.replace(old, new))

    def build(self):
        return build_assets.build_assets(
            self.folder, self.path("solver.wasm"), self.path("solver-simd.wasm"))

    def changed(self, before):
        after = self.build().named
        return {name for name in before if before[name] != after[name]}

    PAGES = {"page.js", "client.js"}

    def test_same_contents_have_same_names(self):
        before = self.build().named
        self.assertEqual(self.changed(before), set())

    def test_name_changes_with_contents(self):
        before = self.build().named
        self.edit("page.css", "margin: 0;", "margin: 1px;")
        self.assertEqual(self.changed(before), {"page.css"})

    def test_name_changes_with_what_it_names(self):
        before = self.build().named
        with open(self.path("solver.wasm"), "ab") as file:
            file.write(b"\0")
        self.assertEqual(self.changed(before), {"solver.wasm"} | self.PAGES)
        before = self.build().named
        self.edit("solver.js", "MESSAGE_BITS = 608", "MESSAGE_BITS = 600")
        self.assertEqual(self.changed(before), {"worker.js"} | self.PAGES)

    def test_translation_changes_its_own_words_alone(self):
        before = self.build().named
        self.edit("translations/de.json", "Fertig.", "Schon fertig.")
        self.assertEqual(self.changed(before), {"words-de.js"})

    def test_nothing_is_left_to_fill_in(self):
        assets = self.build()
        for name, kind, body in assets.all:
            if kind.startswith("text/"):
                self.assertNotRegex(body.decode(), r"/\*|\{\{|  //", name)
        for tag in build_assets.LANGUAGES:
            for text, slot in build_assets.page_pieces(self.folder, tag, assets):
                self.assertNotRegex(text, r"\{\{|\}\}")
                self.assertIsNotNone(slot)

    def test_translation_without_a_sentence_is_refused(self):
        self.edit("translations/ar.json", '"again"', '"agian"')
        with self.assertRaisesRegex(build_assets.Mistake, "ar.json: script"):
            self.build()

    def test_translation_with_markup_is_refused(self):
        self.edit("translations/de.json", "Weiter", "<b>Weiter</b>")
        with self.assertRaisesRegex(build_assets.Mistake, "de.json: page.go"):
            self.build()

    def test_translation_without_the_seconds_is_refused(self):
        self.edit("translations/de.json", "{{seconds}}", "fünf")
        with self.assertRaisesRegex(build_assets.Mistake, "de.json: page.wait"):
            self.build()

    def test_every_file_of_translations_is_a_language(self):
        files = {name[:-5] for name in os.listdir(os.path.join(BROWSER, "translations"))}
        self.assertEqual(files, set(build_assets.LANGUAGES))

    def test_stable_name_is_the_hashed_one(self):
        assets = self.build()
        for name, index in assets.stable():
            self.assertEqual(assets.all[index][0], assets.named[name])

    def test_unknown_slot_is_refused(self):
        self.edit("page.html", "{{notice}}", "{{notise}}")
        with self.assertRaisesRegex(build_assets.Mistake, "notise"):
            build_assets.page_pieces(self.folder, "en", self.build())

    def test_literal_is_the_bytes(self):
        data = bytes(range(256)) + b'??="\\\n7'
        text = build_assets.literal(data, 4)
        found = bytearray()
        for line in text.split("\n"):
            self.assertLessEqual(len(line), 100)
            found += line.strip()[1:-1].encode().decode("unicode_escape").encode("latin-1")
        self.assertEqual(bytes(found), data)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
