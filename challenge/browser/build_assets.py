#!/usr/bin/env python3
"""Writes the C++ file that holds all that a visitor's browser gets.

Usage: build_assets.py SOURCE_DIR SOLVER_WASM SOLVER_SIMD_WASM OUTPUT_CC

The name of an asset holds a hash of its contents. An asset that names another one is hashed after
it, so that a change anywhere changes every name above it. page.html is cut into pieces, for each
language: the text before a slot, and what goes into the slot (page_piece.h).
"""

import hashlib
import json
import os
import re
import sys

import unrolled_search

# Files of translations/. The first is the one for everybody else.
LANGUAGES = ["en", "ar", "cs", "da", "de", "el", "es", "fa", "fi", "fr", "he", "hi", "hu", "id", "it",
             "ja", "ko", "nb", "nl", "pl", "pt", "ro", "ru", "sv", "tr", "uk", "vi", "zh-Hans",
             "zh-Hant"]
# The site's title is the heading of the notices that come with a form.
HEADINGS = ["site", "site", "limited", "site", "denied", "unavailable", "site", "limited"]
NOTICES = ["none", "too_early", "limited", "refused", "denied", "unavailable", "resend", "spent"]
SLOTS = ["title", "heading", "prefix", "notice", "seconds", "challenge", "solution", "contact",
         "privacy", "logo", "stylesheet", "reference"]
SECTIONS = ["form", "wait", "script", "resend", "footer", "contact", "privacy", "logo", "stylesheet",
            "reference"]
# The waiting times that the style sheet knows, in seconds. Others are rounded up.
WAITS = [2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 25, 30, 40, 50, 60, 75, 90, 120, 150, 180, 240, 300,
         450, 600, 900, 1200, 1800, 2700, 3600]
HASH_LENGTH = 12
STABLE = ["client.js"]  # What a site's own pages name, without the hash.

TEXT = "text/%s; charset=utf-8"


class Mistake(Exception):
    pass


def read(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return file.read()


def compact_script(text):
    """Drops lines that hold only a comment, and indentation. Scripts here keep to both on purpose:
    a comment that ends a line stays out of strings and has two spaces before it."""
    lines = []
    for line in text.split("\n"):
        line = re.sub(r"(^|\s\s)//\s.*$", "", line).strip()
        if line:
            lines.append(line)
    return "\n".join(lines) + "\n"


def compact_style(text):
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    text = re.sub(r"\s+", " ", text)
    text = re.sub(r"\s*([{};,])\s*", r"\1", text)
    return re.sub(r":\s", ":", text).replace(";}", "}").strip() + "\n"


class Assets:
    def __init__(self):
        self.all = []  # (name, content type, bytes)
        self.named = {}  # "page.css" -> its name with the hash

    def add(self, file_name, content_type, body):
        body = body.encode() if isinstance(body, str) else body
        stem, suffix = file_name.rsplit(".", 1)
        name = f"{stem}-{hashlib.sha256(body).hexdigest()[:HASH_LENGTH]}.{suffix}"
        self.all.append((name, content_type, body))
        self.named[file_name] = name

    def stable(self):
        """[(stable name, index into all)]"""
        names = [name for name, _, _ in self.all]
        return [(name, names.index(self.named[name])) for name in STABLE]

    def refer(self, text):
        """Puts the names of assets into a script."""
        return re.sub(r"/\*ASSET:([a-z.-]+)\*/", lambda match: self.named[match.group(1)], text)


def solver_script(folder):
    rounds = ",".join(str(unrolled_search.signed(word)) for word in unrolled_search.ROUND)
    text = compact_script(read(folder, "solver.js"))
    text = text.replace("/*ROUND*/", rounds)
    return text.replace("/*SEARCH*/", unrolled_search.search_function())


def style_sheet(folder):
    waits = "".join(f".w{s}::before{{animation-duration:{s}s}}.w{s} #wait button{{animation-delay:{s}s}}"
                    for s in WAITS)
    return compact_style(read(folder, "page.css").replace("/*WAITS*/", waits))


def translation(folder, tag):
    words = json.loads(read(folder, f"translations/{tag}.json"))
    model = json.loads(read(folder, f"translations/{LANGUAGES[0]}.json"))
    if words["tag"] != tag or words["dir"] not in ("ltr", "rtl"):
        raise Mistake(f"translations/{tag}.json: tag or dir is wrong")
    for group in ("headings", "notices", "page", "script"):
        if words[group].keys() != model[group].keys():
            raise Mistake(f"translations/{tag}.json: {group} has other keys than {LANGUAGES[0]}.json")
        for key, text in words[group].items():
            if re.search(r"[<>&\"\\]", text):
                raise Mistake(f"translations/{tag}.json: {group}.{key} holds one of < > & \" \\")
            if text.count("{{seconds}}") != model[group][key].count("{{seconds}}"):
                raise Mistake(f"translations/{tag}.json: {group}.{key}: {{{{seconds}}}} is missing")
    return words


def build_assets(folder, wasm, simd):
    assets = Assets()
    for name, path in (("solver.wasm", wasm), ("solver-simd.wasm", simd)):
        with open(path, "rb") as file:
            assets.add(name, "application/wasm", file.read())
    assets.add("worker.js", TEXT % "javascript",
               solver_script(folder) + compact_script(read(folder, "worker.js")))
    assets.add("page.css", TEXT % "css", style_sheet(folder))
    work = "".join(compact_script(read(folder, name)) for name in ("crew.js", "challenge.js"))
    for name in ("page.js", "client.js"):
        assets.add(name, TEXT % "javascript",
                   assets.refer(work + compact_script(read(folder, name))))
    for tag in LANGUAGES:
        words = json.dumps(translation(folder, tag)["script"], ensure_ascii=False,
                           separators=(",", ":"))
        assets.add(f"words-{tag}.js", TEXT % "javascript", f"var StileWords={words};\n")
    return assets


def page_pieces(folder, tag, assets):
    """Returns [(text, slot)]: the page in one language, cut before each slot."""
    words = translation(folder, tag)
    text = "".join(line.strip() for line in read(folder, "page.html").split("\n"))
    text = re.sub(r"\{\{text:(\w+)\}\}", lambda match: words["page"][match.group(1)], text)
    pieces = []
    at = 0
    for match in re.finditer(r"\{\{([#/]?)([\w:.]+)\}\}", text):
        pieces.append([text[at:match.start()], None])
        at = match.end()
        mark, name = match.groups()
        if mark:
            if name not in SECTIONS:
                raise Mistake(f"page.html: no section is called {name}")
            pieces[-1][1] = ("kBegin" if mark == "#" else "kEnd") + name.capitalize()
        elif name in SLOTS:
            pieces[-1][1] = "k" + name.capitalize()
        elif name in ("tag", "dir"):
            pieces[-1] = [pieces[-1][0] + words[name], None]
        elif name == "asset:words.js":
            pieces[-1] = [pieces[-1][0] + assets.named[f"words-{tag}.js"], None]
        elif name.startswith("asset:"):
            pieces[-1] = [pieces[-1][0] + assets.named[name[6:]], None]
        else:
            raise Mistake(f"page.html: unknown slot {name}")
    pieces.append([text[at:], "kNothing"])
    joined = []
    for piece in pieces:
        if joined and joined[-1][1] is None:
            joined[-1] = [joined[-1][0] + piece[0], piece[1]]
        else:
            joined.append(piece)
    return joined


def literal(data, indent):
    """A C++ string literal in lines of at most 100 columns."""
    data = data.encode() if isinstance(data, str) else data
    lines, line = [], ""
    for byte in data:
        if byte == 10:
            mark = "\\n"
        elif byte in b'"\\':
            mark = "\\" + chr(byte)
        elif 32 <= byte < 127 and byte != ord("?"):
            mark = chr(byte)
        else:
            mark = f"\\{byte:03o}"
        if len(line) + len(mark) > 97 - indent:
            lines.append(line)
            line = ""
        line += mark
    lines.append(line)
    return "\n".join(" " * indent + f'"{line}"' for line in lines)


def cpp(folder, assets):
    out = ["// Written by challenge/browser/build_assets.py.", "",
           '#include "challenge/browser/asset.h"', '#include "challenge/browser/page_piece.h"', "",
           "namespace stile {", "namespace {", ""]
    entries = []
    for i, (name, content_type, body) in enumerate(assets.all):
        out += [f"constexpr char kBody{i}[] =", literal(body, 4) + ";", ""]
        etag = re.search(r"-([0-9a-f]+)\.\w+$", name).group(1)
        entries.append(f'"{content_type}", {{kBody{i}, sizeof kBody{i} - 1}},\n'
                       f'     "\\"{etag}\\"", ')
    out += ["constexpr Asset kAssets[] = {",
            *(f'    {{"{asset[0]}", {entry}true}},' for asset, entry in zip(assets.all, entries)),
            "};", "", "constexpr Asset kStableAssets[] = {",
            *(f'    {{"{name}", {entries[i]}false}},' for name, i in assets.stable()), "};", ""]
    translations = []
    for tag in LANGUAGES:
        words = translation(folder, tag)
        variable = "kPieces" + tag.capitalize().replace("-", "")
        out.append(f"constexpr PagePiece {variable}[] = {{")
        for text, slot in page_pieces(folder, tag, assets):
            out += ["    {", literal(text, 8) + ",", f"        PageSlot::{slot}}},"]
        out += ["};", ""]
        notices = ",\n".join(literal(words["notices"][key], 8) for key in NOTICES)
        title = literal(words["headings"]["site"], 8)
        headings = ",\n".join(
            '        ""' if key == "site" else literal(words["headings"][key], 8) for key in HEADINGS)
        translations.append(f'    {{"{tag}", {variable},\n{title},\n     {{\n{headings}}},\n'
                            f"     {{\n{notices}}}}},")
    out += ["constexpr PageTranslation kTranslations[] = {", *translations, "};", "",
            "constexpr std::string_view kLanguages[] = {" + ", ".join(f'"{t}"' for t in LANGUAGES) + "};",
            "", "constexpr std::uint32_t kWaits[] = {" + ", ".join(map(str, WAITS)) + "};", "",
            "}  // namespace", "",
            "std::span<const Asset> Assets() noexcept { return kAssets; }",
            "std::span<const Asset> StableAssets() noexcept { return kStableAssets; }",
            "std::span<const PageTranslation> PageTranslations() noexcept { return kTranslations; }",
            "std::span<const std::string_view> PageLanguages() noexcept { return kLanguages; }",
            "std::span<const std::uint32_t> PageWaits() noexcept { return kWaits; }", "",
            "}  // namespace stile", ""]
    return "\n".join(out)


def main():
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    folder, wasm, simd, output = sys.argv[1:]
    try:
        text = cpp(folder, build_assets(folder, wasm, simd))
    except (Mistake, KeyError, ValueError) as mistake:
        sys.exit(f"build_assets.py: {mistake}")
    with open(output, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
