#!/usr/bin/env python3
"""Reads the instructions of compiled objects, and names those that an x86-64 CPU may lack.

Usage: check_baseline.py OBJECT_LIST

OBJECT_LIST names object files, one a line. An object whose source is named *_ni.cc, *_avx2.cc or
*_avx512.cc may use that extension and no other: each is called only where the CPU was asked, and it
was asked about that one. Such an object also defines no inline function that the linker could keep
in place of everybody's.
"""

import collections
import os
import re
import subprocess
import sys
import tempfile

# What came after the first x86-64, by the mnemonics that objdump prints. `tzcnt` is left out: it is
# what `rep bsf` looks like, which compilers write for old CPUs too.
EXTENSIONS = {
    "sse": "addsubp[sd] haddp[sd] hsubp[sd] lddqu movddup mov[hl]dup movs[hl]dup fisttp[a-z]* "
           "pshufb palignr pabs[bwd] ph(add|sub)(w|d|sw) pmaddubsw pmulhrsw psign[bwd] "
           "p?blend[a-z]* dpp[sd] insertps extractps movntdqa mpsadbw packusdw pcmpeqq pcmpgtq "
           "pextr[bdq] pinsr[bdq] p(max|min)(sb|sd|ud|uw) pmov[sz]x[a-z]* pmuldq pmulld ptest "
           "round[ps][sd] phminposuw crc32[a-z]* pcmp[ei]str[im]",
    "sha": "sha1[a-z0-9]+ sha256[a-z0-9]+",
    "avx2": "v[a-z0-9]+",
    "fma": "vf(n?m(add|sub)|maddsub|msubadd)[a-z0-9]+ vcvtp[hs]2p[hs]",
    # With them those that AVX2 has no form of, whatever registers they name.
    "avx512": "k[a-z]+[bwdq] vpternlog[dq] vpro[lr]v?[dq] vpsrav?q vps(ll|rl|ra)vw vpabsq "
              "vp(max|min)[su]q vpmullq vp(and|andn|or|xor)[dq] vmovdq(a32|a64|u8|u16|u32|u64) "
              "vperm[it]2[a-z]+ vperm[bw] v(p?compress|p?expand)[a-z]+ "
              "vpmov(u?s)?(q[bwd]|d[bw]|wb) vpmov([bwdq]2m|m2[bwdq]) "
              "v(p?blendm|p?scatter)[a-z]+ vptestn?m[bwdq] vp(conflict|lzcnt)[dq] vpopcnt[bwdq] "
              "vpsh[lr]dv?[wdq] vpshufbitqmb vpmultishiftqb vpmadd52[a-z]+ vpdp[a-z]+ "
              "vdbpsadbw valign[dq] vshuf[fi](32x4|64x2) "
              "v(broadcast|extract|insert)[fi](32x[248]|64x[24]) vpbroadcastm[a-z0-9]+ "
              "v(getexp|getmant|rndscale|scalef|range|reduce|fixupimm|fpclass)[a-z]+ "
              "v(rcp|rsqrt)(14|28)[a-z]+ vexp2p[sd] vcvt[a-z0-9]*(uqq|udq|usi|qq)[a-z0-9]* "
              "vp2intersect[dq]",
    "bmi": "andn bextr bls(i|msk|r) bzhi mulx pdep pext rorx sarx shlx shrx lzcnt popcnt",
    "other": "ad[co]x movbe cmpxchg16b [ls]ahf v?aes[a-z0-9]+ v?pclmul[a-z]* v?gf2p8[a-z]+ "
             "rd(rand|seed) xsave[a-z]* xrstor[a-z]*",
}
MNEMONICS = {name: re.compile("(?:%s)" % "|".join(words.split()))
             for name, words in EXTENSIONS.items()}
WIDE_OPERAND = re.compile(r"%zmm|%k[0-7]\b|%[xy]mm(?:1[6-9]|2\d|3[01])\b")
PREFIXES = {"rep", "repz", "repnz", "lock", "bnd", "data16", "cs", "ds", "es", "fs", "gs", "ss"}

# What the object of a source may use, by the end of its name.
ALLOWED = (
    (re.compile(r"_ni\.cc\.o$"), {"sse", "sha"}),
    (re.compile(r"_avx2\.cc\.o$"), {"sse", "avx2"}),
    (re.compile(r"_avx512\.cc\.o$"), {"sse", "avx2", "avx512"}),
)


def allowed_in(path):
    return next((names for pattern, names in ALLOWED if pattern.search(path)), set())


def extension_of(mnemonic):
    """Returns the name of the extension that an instruction is of, or None."""
    if mnemonic in ("verr", "verw"):
        return None
    # The narrower families go first: a `vfmadd` also looks like AVX2.
    for name in ("fma", "avx512", "bmi", "sse", "sha", "other", "avx2"):
        if MNEMONICS[name].fullmatch(mnemonic):
            return name
    return None


def extensions_in(text):
    """Returns {extension: mnemonics} of a disassembly."""
    found = collections.defaultdict(set)
    for words in set(re.findall(r":\t([a-z0-9 ]+)", text)):
        for mnemonic in words.split():
            if mnemonic not in PREFIXES and (name := extension_of(mnemonic)):
                found[name].add(mnemonic)
    if found and WIDE_OPERAND.search(text):
        found["avx512"].add("registers")
    return found


def disassemble(path, scratch):
    # Without names objdump takes a twentieth of the time.
    bare = os.path.join(scratch, "bare.o")
    subprocess.run(["objcopy", "--strip-all", "-R", ".rel*", "-R", ".group", path, bare], check=True)
    text = subprocess.run(["objdump", "-d", "-w", "--no-show-raw-insn", bare], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    kind = re.search(r":     file format (.+)$", text, re.MULTILINE).group(1)
    if kind != "elf64-x86-64":
        raise ValueError(f"{path} is {kind}")
    return text


def weak_functions(path):
    names = subprocess.run(["nm", "-C", "--quiet", "--defined-only", path], check=True, text=True,
                           stdout=subprocess.PIPE).stdout
    return re.findall(r"^[0-9a-f]+ W (.*)$", names, re.MULTILINE)


def check(objects):
    """Returns (complaints, number of instructions, objects with the extensions in them)."""
    complaints, total, used = [], 0, {}
    for path in objects:
        with tempfile.TemporaryDirectory(prefix="stile-baseline-") as scratch:
            text = disassemble(path, scratch)
        total += text.count(":\t")
        found = extensions_in(text)
        if found:
            used[os.path.basename(path)] = sorted(found)
        allowed = allowed_in(path)
        for name in sorted(set(found) - allowed):
            complaints.append(f"{path} uses {name}: {' '.join(sorted(found[name])[:5])}")
        if allowed:
            complaints += [f"{path} defines {name}, which the linker may keep for everybody"
                           for name in weak_functions(path)]
    return complaints, total, used


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    with open(sys.argv[1], encoding="utf-8") as file:
        objects = sorted(set(file.read().split("\n")) - {""})
    missing = [path for path in objects if not os.path.exists(path)]
    if missing or not objects:
        print(f"not built: {' '.join(missing) or 'anything'}")
        return 1
    complaints, total, used = check(objects)
    for complaint in complaints:
        print(complaint)
    print(f"{total} instructions in {len(objects)} objects; beyond the baseline: {used}")
    return 1 if complaints or total == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
