#include "bench/attack/gpu/hashwx_text.h"

#include "bench/attack/gpu/hashwx_state.cuh"

namespace stile::gpu {
namespace {

std::string Name(int r) { return "r" + std::to_string(r); }

std::string Shifted(const HashwxInstruction& i) {
  const std::string d = Name(i.dst);
  const std::string imm = std::to_string(i.imm);
  if (i.opcode <= 6) return "(" + d + " >> " + imm + " | " + d + " << (64 - " + imm + "))";
  if (i.opcode <= 9) return "(u64)((long long)" + d + " >> " + imm + ")";
  return "(" + d + " >> " + imm + ")";
}

// One instruction as a statement; `memory` as in section 3.3.
std::string Statement(const HashwxInstruction& i, bool memory) {
  const std::string d = Name(i.dst);
  const std::string s = memory ? "M(" + Name(i.src) + ")" : Name(i.src);
  const std::string imm = std::to_string(i.imm);
  constexpr const char* kMul[] = {" | ", " ^ ", " + "};
  constexpr const char* kXas[] = {" ^ ", " + ", " - "};
  if (i.opcode < 3) return d + " = (" + d + kMul[i.opcode] + imm + "ull) * " + s + "; ";
  if (i.opcode == 3) {
    return d + " *= " + Name(i.src) + "; " + d + " = " + d + " >> " + imm + " | " + d +
           " << (64 - " + imm + "); more = (" + d + " & 32) == 0; ";
  }
  return d + " = " + Shifted(i) + kXas[(i.opcode - 4) % 3] + s + "; ";
}

std::string Phase(const HashwxFunction& function, bool memory) {
  std::string text = "  branches = 32;\n";
  for (int p = 0; p < 32; ++p) {
    const HashwxInstruction* program = function.programs[p];
    text += "  do { ";
    for (int i = 0; i < 7; ++i) text += Statement(program[i], memory);
    text += "more = more && branches != 0; branches -= more; } while (more);\n  ";
    text += Statement(program[8], memory);
    if (!memory) text += "STORE(" + std::to_string(p * 8) + ")";
    text += "\n";
  }
  return text;
}

}  // namespace

std::string HashwxTextHead() {
  return "typedef unsigned long long u64;\n"
         "struct Hit { unsigned function, unused; u64 nonce, value; };\n"
         "struct Hits { unsigned count, unused; Hit hits[1 << 16]; };\n" STILE_TEXT(
             STILE_HASHWX_STATE) "\n";
}

std::string HashwxText(const HashwxFunction& function, const std::string& name, int block,
                       bool shared_scratch) {
  std::string text;
  const std::string columns = std::to_string(block);
  // Word 255 - w of HashWX's memory is word w here.
  if (shared_scratch) {
    text += "#define M(s) m[(~(unsigned)(s) >> 3 & 255) * " + columns + "]\n";
    text += "#define PUT(w, r) m[(w) * " + columns + "] = r;\n";
    text +=
        "#define STORE(w) PUT(w, r0) PUT(w + 1, r1) PUT(w + 2, r2) PUT(w + 3, r3) PUT(w + 4, r4) "
        "PUT(w + 5, r5) PUT(w + 6, r6) PUT(w + 7, r7)\n";
  } else {
    text += "#define M(s) (*(const u64*)(m + (~(unsigned)(s) & 2040)))\n";
    text += "#define PUT(w, a, b) *(ulonglong2*)(m + (w) * 8) = make_ulonglong2(a, b);\n";
    text +=
        "#define STORE(w) PUT(w, r0, r1) PUT(w + 2, r2, r3) PUT(w + 4, r4, r5) "
        "PUT(w + 6, r6, r7)\n";
  }
  text += "extern \"C\" __global__ void __launch_bounds__(" + columns + ") " + name +
          "(u64 first, unsigned count, u64 target, unsigned which, char* scratch, Hits* hits, "
          "u64* hashes) {\n";
  text += shared_scratch
              ? "  extern __shared__ u64 shared[];\n  u64* const m = shared + threadIdx.x;\n"
              : "  char* const m = scratch + 2048ull * (blockIdx.x * blockDim.x + threadIdx.x);\n";
  text +=
      "#pragma unroll 1\n  for (unsigned n = blockIdx.x * blockDim.x + threadIdx.x; n < count; "
      "n += gridDim.x * blockDim.x) {\n";
  text += "  u64 r[10]; bool more; unsigned branches;\n  StartHashwx(" +
          std::to_string(function.key[0]) + "ull, " + std::to_string(function.key[1]) +
          "ull, first + n, r);\n  u64 ";
  for (int i = 0; i < 10; ++i) {
    text += (i == 0 ? "" : ", ") + Name(i) + " = r[" + std::to_string(i) + "]";
  }
  text += ";\n" + Phase(function, false) + Phase(function, true) + "  ";
  for (int i = 0; i < 8; ++i) text += "r[" + std::to_string(i) + "] = " + Name(i) + "; ";
  text +=
      "\n  const u64 hash = FinishHashwx(r);\n"
      "  if (hashes != 0) hashes[n] = hash;\n"
      "  if (hash <= target) {\n"
      "    const unsigned at = atomicAdd(&hits->count, 1u);\n"
      "    if (at < (1u << 16)) { Hit hit = {which, 0, first + n, hash}; hits->hits[at] = hit; }\n"
      "  }\n  }\n}\n#undef M\n#undef PUT\n#undef STORE\n";
  return text;
}

}  // namespace stile::gpu
