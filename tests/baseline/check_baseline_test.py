#!/usr/bin/env python3
"""Assembles one instruction at a time and sees the check of the baseline name it.

Usage: check_baseline_test.py C_COMPILER
"""

import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check_baseline  # noqa: E402

COMPILER = None


class PlantedInstruction(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="stile-baseline-")
        self.addCleanup(self.folder.cleanup)

    def complaints(self, name, text):
        """Returns what is said of an object of the source `name` that holds `text`."""
        path = os.path.join(self.folder.name, name + ".o")
        subprocess.run([COMPILER, "-x", "assembler", "-c", "-", "-o", path],
                       input=text + "\n", check=True, text=True)
        return check_baseline.check([path])[0]

    def expect(self, name, text, extension):
        found = self.complaints(name, text)
        self.assertEqual(len(found), 1, (text, found))
        self.assertIn(f"uses {extension}:", found[0])

    def test_baseline_is_fine(self):
        for text in ("ret", "paddd %xmm0, %xmm1", "andnps %xmm0, %xmm1", "rep bsf %eax, %ecx",
                     "lock cmpxchg8b (%rax)", "rep stosb", "cpuid", "verr %ax", "pause",
                     "pextrw $1, %xmm0, %eax", "movdqa %xmm15, %xmm0", "cvtsi2sdl (%rax), %xmm1"):
            self.assertEqual(self.complaints("plain.cc", text), [], text)

    def test_each_extension_is_named(self):
        for text, extension in (
                ("pshufb %xmm0, %xmm1", "sse"), ("pextrd $1, %xmm0, %eax", "sse"),
                ("ptest %xmm0, %xmm1", "sse"), ("crc32l %eax, %ecx", "sse"),
                ("sha256rnds2 %xmm1, %xmm2", "sha"), ("vpaddd %ymm0, %ymm1, %ymm2", "avx2"),
                ("vpaddd %xmm0, %xmm1, %xmm2", "avx2"), ("vzeroupper", "avx2"),
                ("vfmadd213ps %xmm0, %xmm1, %xmm2", "fma"),
                ("kmovw %k1, %eax", "avx512"),
                ("andn %eax, %ecx, %edx", "bmi"), ("rorx $3, %eax, %ecx", "bmi"),
                ("shlx %eax, %ecx, %edx", "bmi"), ("lzcnt %eax, %ecx", "bmi"),
                ("popcnt %eax, %ecx", "bmi"), ("aesenc %xmm0, %xmm1", "other"),
                ("lock cmpxchg16b (%rax)", "other"), ("movbe (%rax), %ecx", "other")):
            self.expect("plain.cc", text, extension)

    def test_registers_of_avx512_are_told_from_avx2(self):
        for text in ("vpaddd %zmm0, %zmm1, %zmm2", "vpaddd %xmm0, %xmm1, %xmm20",
                     "vpaddd %ymm0, %ymm1, %ymm2{%k1}"):
            found = self.complaints("plain.cc", text)
            self.assertEqual(len(found), 2, (text, found))
            self.assertIn("uses avx2:", found[0])
            self.assertIn("uses avx512:", found[1])

    def test_named_source_may_use_its_own_extension_alone(self):
        self.assertEqual(self.complaints("mac_ni.cc", "sha256rnds2 %xmm1, %xmm2"), [])
        self.expect("mac_ni.cc", "vpaddd %xmm0, %xmm1, %xmm2", "avx2")
        self.assertEqual(self.complaints("mac_avx2.cc", "vpaddd %ymm0, %ymm1, %ymm2"), [])
        self.expect("mac_avx2.cc", "vpaddd %ymm0, %ymm1, %ymm20", "avx512")
        self.expect("mac_avx2.cc", "rorx $3, %eax, %ecx", "bmi")
        self.assertEqual(self.complaints("mac_avx512.cc", "vprold $3, %zmm1, %zmm20"), [])
        self.expect("mac_avx512.cc", "sha256rnds2 %xmm1, %xmm2", "sha")

    def test_avx512_without_its_registers_is_told_from_avx2(self):
        for text in ("vpternlogd $150, %xmm0, %xmm1, %xmm2", "vprold $7, %ymm0, %ymm1",
                     "vprorvq %xmm0, %xmm1, %xmm2", "vpermi2d %ymm0, %ymm1, %ymm2",
                     "vmovdqu8 %ymm0, (%rax)", "vpxord %xmm0, %xmm1, %xmm2", "vpmovdb %ymm0, %xmm1",
                     "vpsraq $1, %ymm0, %ymm1", "vinserti32x4 $1, %xmm0, %ymm1, %ymm2",
                     "vpopcntd %ymm0, %ymm1", "vcvtudq2ps %ymm0, %ymm1"):
            self.expect("mac_avx2.cc", text, "avx512")
            self.assertEqual(self.complaints("mac_avx512.cc", text), [], text)

    def test_other_extensions_with_a_v_are_told_from_avx2(self):
        for text in ("vaesenc %xmm0, %xmm1, %xmm2", "vpclmulqdq $1, %xmm0, %xmm1, %xmm2",
                     "vgf2p8mulb %ymm0, %ymm1, %ymm2"):
            self.expect("mac_avx2.cc", text, "other")
            self.expect("mac_avx512.cc", text, "other")

    def test_avx2_is_all_that_it_is(self):
        for text in ("vpsravd %ymm0, %ymm1, %ymm2", "vpxor %ymm0, %ymm1, %ymm2",
                     "vmovdqu %ymm0, (%rax)", "vinserti128 $1, %xmm0, %ymm1, %ymm2", "vpermd %ymm0, %ymm1, %ymm2",
                     "vpermq $1, %ymm0, %ymm1", "vpmovzxbw %xmm0, %ymm1", "vpmovmskb %ymm0, %eax",
                     "vpblendd $1, %ymm0, %ymm1, %ymm2", "vpsrlq $1, %ymm0, %ymm1",
                     "vpsllvq %ymm0, %ymm1, %ymm2", "vptest %ymm0, %ymm1", "vpabsd %ymm0, %ymm1",
                     "vcvtdq2pd %xmm0, %ymm1", "vbroadcasti128 (%rax), %ymm0"):
            self.assertEqual(self.complaints("mac_avx2.cc", text), [], text)

    def test_named_source_keeps_no_function_for_everybody(self):
        found = self.complaints("mac_avx2.cc", ".weak f\n.type f, @function\nf: ret")
        self.assertEqual(len(found), 1, found)
        self.assertIn("defines f", found[0])
        self.assertEqual(self.complaints("plain.cc", ".weak f\n.type f, @function\nf: ret"), [])

    def test_object_of_another_machine_is_refused(self):
        path = os.path.join(self.folder.name, "plain.cc.o")
        subprocess.run([COMPILER, "-m32", "-x", "assembler", "-c", "-", "-o", path],
                       input="ret\n", check=True, text=True)
        with self.assertRaisesRegex(ValueError, "elf32-i386"):
            check_baseline.check([path])


if __name__ == "__main__":
    COMPILER = sys.argv.pop(1)
    unittest.main()
