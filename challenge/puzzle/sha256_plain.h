#ifndef STILE_CHALLENGE_PUZZLE_SHA256_PLAIN_H_
#define STILE_CHALLENGE_PUZZLE_SHA256_PLAIN_H_

// SHA-256 one block at a time, for what solvers hash once. Freestanding, like sha256_search.h.

#include <stdint.h>

#include "challenge/sha256_rounds.h"

namespace stile {

// Folds a block of 16 words into `state`.
inline void Sha256CompressPlain(uint32_t state[8], const uint32_t block[16]) noexcept {
  const auto rotate = [](uint32_t x, int n) { return (x >> n) | (x << (32 - n)); };
  uint32_t w[64];
  for (int i = 0; i < 64; ++i) {
    if (i < 16) {
      w[i] = block[i];
      continue;
    }
    const uint32_t a = w[i - 15];
    const uint32_t b = w[i - 2];
    w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ (a >> 3)) + w[i - 7] +
           (rotate(b, 17) ^ rotate(b, 19) ^ (b >> 10));
  }
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  uint32_t e = state[4], f = state[5], g = state[6], h = state[7];
  for (int i = 0; i < 64; ++i) {
    const uint32_t t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + (g ^ (e & (f ^ g))) +
                        kSha256Rounds[i] + w[i];
    const uint32_t t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + ((a & b) | (c & (a | b)));
    h = g, g = f, f = e, e = d + t1;
    d = c, c = b, b = a, a = t1 + t2;
  }
  state[0] += a, state[1] += b, state[2] += c, state[3] += d;
  state[4] += e, state[5] += f, state[6] += g, state[7] += h;
}

// Sets `midstate` to the hash state behind the block that all tries at an alternative share: the
// puzzle's name with its version and a zero byte, then tag and id of the challenge, then the index.
inline void PuzzleMidstate(const char name[16], const uint8_t tag[16], const uint8_t id[16],
                           uint8_t alternative, uint32_t midstate[8]) noexcept {
  constexpr uint32_t kInitial[8] = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                    0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};
  uint32_t block[16] = {};
  for (int i = 0; i < 16; ++i) {
    const int shift = 24 - 8 * (i % 4);
    block[i / 4] |= static_cast<uint32_t>(static_cast<uint8_t>(name[i])) << shift;
    block[4 + i / 4] |= static_cast<uint32_t>(tag[i]) << shift;
    block[8 + i / 4] |= static_cast<uint32_t>(id[i]) << shift;
  }
  block[12] = static_cast<uint32_t>(alternative) << 24;
  for (int i = 0; i < 8; ++i) midstate[i] = kInitial[i];
  Sha256CompressPlain(midstate, block);
}

}  // namespace stile

#endif  // STILE_CHALLENGE_PUZZLE_SHA256_PLAIN_H_
