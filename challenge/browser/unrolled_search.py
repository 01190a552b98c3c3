"""Writes the search loop of the plain JavaScript solver: SHA-256's rounds one after the other.

The loop is the one of challenge/puzzle/sha256_search.cc: what the low half of the nonce doesn't
change is computed once and passed in, words that are zero never appear, and only the first word of
the digest is computed. A browser's optimizer likes straight code with local variables best, and a
page without eval can't write such code itself.
"""

ROUND = [
    0x428A2F98, 0x71374491, 0xB5C0FBCF, 0xE9B5DBA5, 0x3956C25B, 0x59F111F1, 0x923F82A4, 0xAB1C5ED5,
    0xD807AA98, 0x12835B01, 0x243185BE, 0x550C7DC3, 0x72BE5D74, 0x80DEB1FE, 0x9BDC06A7, 0xC19BF174,
    0xE49B69C1, 0xEFBE4786, 0x0FC19DC6, 0x240CA1CC, 0x2DE92C6F, 0x4A7484AA, 0x5CB0A9DC, 0x76F988DA,
    0x983E5152, 0xA831C66D, 0xB00327C8, 0xBF597FC7, 0xC6E00BF3, 0xD5A79147, 0x06CA6351, 0x14292967,
    0x27B70A85, 0x2E1B2138, 0x4D2C6DFC, 0x53380D13, 0x650A7354, 0x766A0ABB, 0x81C2C92E, 0x92722C85,
    0xA2BFE8A1, 0xA81A664B, 0xC24B8B70, 0xC76C51A3, 0xD192E819, 0xD6990624, 0xF40E3585, 0x106AA070,
    0x19A4C116, 0x1E376C08, 0x2748774C, 0x34B0BCB5, 0x391C0CB3, 0x4ED8AA4A, 0x5B9CCA4F, 0x682E6FF3,
    0x748F82EE, 0x78A5636F, 0x84C87814, 0x8CC70208, 0x90BEFFFA, 0xA4506CEB, 0xBEF9A3F7, 0xC67178F2]
ONE_BIT = 0x80000000
MESSAGE_BITS = 608


def signed(x):
    x &= 0xFFFFFFFF
    return x - (1 << 32) if x >> 31 else x


def rotated(x, n):
    return f"({x}>>>{n}|{x}<<{32 - n})"


def sigma(x, first, second, shift):
    return f"({rotated(x, first)}^{rotated(x, second)}^{x}>>>{shift})"


def small_sigma0(x):
    return sigma(x, 7, 18, 3)


def small_sigma1(x):
    return sigma(x, 17, 19, 10)


def small_sigma0_of(x):
    rotate = lambda n: (x >> n | x << 32 - n) & 0xFFFFFFFF
    return rotate(7) ^ rotate(18) ^ x >> 3


def schedule_word(i):
    """The expression of word i, from 17 on. Words 4 to 14 are zero, 3 and 15 known, 16 fixed."""
    terms = []
    if i - 2 >= 17:
        terms.append(small_sigma1(f"w{i - 2}"))
    if i - 7 >= 17:
        terms.append(f"w{i - 7}")
    if i - 15 == 2 or i - 15 >= 17:
        terms.append(small_sigma0(f"w{i - 15}"))
    if i - 16 == 2 or i - 16 >= 17:
        terms.append(f"w{i - 16}")
    if i == 17:
        terms.append("x17")  # s1(w15) + w1
    if i == 18:
        terms.append("x18")  # s1(w16) + s0(w3)
    if i == 19:
        terms.append(str(signed(ONE_BIT)))
    if i == 22:
        terms.append(str(MESSAGE_BITS))
    if i in (23, 32):
        terms.append("w16")
    if i == 30:
        terms.append(str(small_sigma0_of(MESSAGE_BITS)))
    if i == 31:
        terms.append("x31")  # s0(w16) + w15
    return "+".join(terms) + "|0"


def search_function():
    """function scan(x, low, count): how many nonces from `low` on were looked at and passed over
    before one whose first word is at most the target's. `x` is an Int32Array of what is fixed."""
    fixed = ["a2", "e2", "b2", "c2", "d2", "f2", "g2", "k3", "k4", "k5", "w16", "x17", "x18", "x31",
             "first", "limit"]
    lines = ["function scan(x,low,count){"]
    lines.append("var " + ",".join(f"{name}=x[{i}]" for i, name in enumerate(fixed)) + ";")
    lines.append("var a,b,c,d,e,f,g,h,t,w2," + ",".join(f"w{i}" for i in range(17, 64)) + ";")
    lines.append("for(var i=0;i<count;i=i+1|0){")
    lines.append("w2=low+i|0;a=a2+w2|0;e=e2+w2|0;b=b2;c=c2;d=d2;f=f2;g=g2;h=0;")
    a, b, c, d, e, f, g, h = "abcdefgh"
    for i in range(3, 64):
        added = []
        if i >= 17:
            lines.append(f"w{i}={schedule_word(i)};")
            added.append(f"w{i}")
        if i > 5:
            added.append(h)
        constant = ROUND[i]
        if i == 15:
            constant += MESSAGE_BITS
        if i == 16:
            added.append("w16")
        added.append(f"k{i}" if i <= 5 else str(signed(constant)))
        big1 = f"({rotated(e, 6)}^{rotated(e, 11)}^{rotated(e, 25)})"
        big0 = f"({rotated(a, 2)}^{rotated(a, 13)}^{rotated(a, 22)})"
        lines.append(f"t={'+'.join(added)}+{big1}+({g}^{e}&({f}^{g}))|0;".replace("+-", "-"))
        if i < 63:
            lines.append(f"{d}={d}+t|0;")
        lines.append(f"{h}=t+{big0}+({b}^({a}^{b})&({b}^{c}))|0;")
        a, b, c, d, e, f, g, h = h, a, b, c, d, e, f, g
    lines.append(f"if({a}+first>>>0<=limit>>>0)return i;")
    lines.append("}return count}")
    return "\n".join(lines)
