#ifndef STILE_CHALLENGE_SHA256_VECTOR_H_
#define STILE_CHALLENGE_SHA256_VECTOR_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "challenge/sha256_rounds.h"

// The compression function over vectors of `kLanes` words, in the language of the compiler's vector
// types: it is compiled for as many lanes as the file that includes it wants, with the instructions
// which that file may use. Everything here is static, so that no two files share a copy.

namespace stile::sha256_vector {

template <std::size_t kLanes>
struct Vector {
  typedef std::uint32_t Words __attribute__((vector_size(4 * kLanes)));
};

template <typename V>
[[gnu::always_inline]] static inline V Rotate(V x, int n) noexcept {
  return (x >> n) | (x << (32 - n));
}

// Four words of four blocks, from rows to columns.
using Four = Vector<4>::Words;
[[gnu::always_inline]] static inline void Transpose(Four (&m)[4]) noexcept {
  const Four low01 = __builtin_shufflevector(m[0], m[1], 0, 4, 1, 5);
  const Four high01 = __builtin_shufflevector(m[0], m[1], 2, 6, 3, 7);
  const Four low23 = __builtin_shufflevector(m[2], m[3], 0, 4, 1, 5);
  const Four high23 = __builtin_shufflevector(m[2], m[3], 2, 6, 3, 7);
  m[0] = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
  m[1] = __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
  m[2] = __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
  m[3] = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
}

template <typename V>
[[gnu::always_inline]] static inline V SwapBytes(V x) noexcept {
  const V halves = (x << 16) | (x >> 16);
  return ((halves & 0x00FF00FFU) << 8) | ((halves >> 8) & 0x00FF00FFU);
}

// Columns `words` to `words` + 3 of `rows`, which are `stride` bytes apart, as vectors.
template <std::size_t kLanes>
[[gnu::always_inline]] static inline void LoadColumns(
    const std::uint8_t* rows, std::size_t stride, typename Vector<kLanes>::Words* out) noexcept {
  alignas(64) std::uint32_t columns[4][kLanes];
  for (std::size_t lane = 0; lane < kLanes; lane += 4) {
    Four m[4];
    for (std::size_t i = 0; i < 4; ++i) std::memcpy(&m[i], rows + (lane + i) * stride, sizeof m[i]);
    Transpose(m);
    for (std::size_t i = 0; i < 4; ++i) std::memcpy(&columns[i][lane], &m[i], sizeof m[i]);
  }
  for (std::size_t i = 0; i < 4; ++i) std::memcpy(&out[i], columns[i], sizeof out[i]);
}

template <std::size_t kLanes>
[[gnu::always_inline]] static inline void StoreColumns(const typename Vector<kLanes>::Words* in,
                                                       std::uint8_t* rows,
                                                       std::size_t stride) noexcept {
  alignas(64) std::uint32_t columns[4][kLanes];
  for (std::size_t i = 0; i < 4; ++i) std::memcpy(columns[i], &in[i], sizeof in[i]);
  for (std::size_t lane = 0; lane < kLanes; lane += 4) {
    Four m[4];
    for (std::size_t i = 0; i < 4; ++i) std::memcpy(&m[i], &columns[i][lane], sizeof m[i]);
    Transpose(m);
    for (std::size_t i = 0; i < 4; ++i) std::memcpy(rows + (lane + i) * stride, &m[i], sizeof m[i]);
  }
}

// Folds `kLanes` blocks into as many states. One turn inside another, in the sigmas, takes fewer
// registers than three side by side.
template <std::size_t kLanes>
[[gnu::always_inline]] static inline void Compress(std::uint32_t* states,
                                                   const std::uint8_t* blocks) noexcept {
  static_assert(std::endian::native == std::endian::little && kLanes % 4 == 0);
  using V = typename Vector<kLanes>::Words;
  V w[16];
  for (std::size_t i = 0; i < 16; i += 4) LoadColumns<kLanes>(blocks + 4 * i, 64, w + i);
  for (V& word : w) word = SwapBytes(word);
  V s[8];
  auto* const rows = reinterpret_cast<std::uint8_t*>(states);
  for (std::size_t i = 0; i < 8; i += 4) LoadColumns<kLanes>(rows + 4 * i, 32, s + i);
  V a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
#pragma GCC unroll 4
  for (std::size_t first = 0; first < 64; first += 16) {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < 16; ++i) {
      if (first != 0) {
        const V x = w[(i + 1) % 16];
        const V y = w[(i + 14) % 16];
        w[i] += w[(i + 9) % 16] + (Rotate(x, 7) ^ Rotate(x, 18) ^ (x >> 3)) +
                (Rotate(y, 17) ^ Rotate(y, 19) ^ (y >> 10));
      }
      const V t1 = h + Rotate(Rotate(Rotate(e, 14) ^ e, 5) ^ e, 6) + (g ^ (e & (f ^ g))) +
                   (w[i] + kSha256Rounds[first + i]);
      const V t2 = Rotate(Rotate(Rotate(a, 9) ^ a, 11) ^ a, 2) + ((a & b) | (c & (a | b)));
      h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
  }
  s[0] += a, s[1] += b, s[2] += c, s[3] += d;
  s[4] += e, s[5] += f, s[6] += g, s[7] += h;
  for (std::size_t i = 0; i < 8; i += 4) StoreColumns<kLanes>(s + i, rows + 4 * i, 32);
}

}  // namespace stile::sha256_vector

#endif  // STILE_CHALLENGE_SHA256_VECTOR_H_
