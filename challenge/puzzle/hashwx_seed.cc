#include "challenge/puzzle/hashwx_seed.h"

#include "challenge/puzzle/sha256_plain.h"

namespace stile {

void HashwxPrefixMidstate(const uint8_t tag[16], const uint8_t id[16], uint8_t alternative,
                          uint32_t midstate[8]) noexcept {
  constexpr char kName[16] = "stile-hashwx-v1";  // With its zero byte.
  PuzzleMidstate(kName, tag, id, alternative, midstate);
}

void HashwxSeed(const uint32_t midstate[8], uint32_t part, uint64_t index,
                uint8_t seed[32]) noexcept {
  uint32_t block[16] = {};
  block[0] = part;
  block[1] = static_cast<uint32_t>(index >> 32);
  block[2] = static_cast<uint32_t>(index);
  block[3] = 0x80000000;      // A one bit ends the message,
  block[15] = 8 * (64 + 12);  // and its length in bits the block.
  uint32_t state[8];
  for (int i = 0; i < 8; ++i) state[i] = midstate[i];
  Sha256CompressPlain(state, block);
  for (int i = 0; i < 32; ++i) seed[i] = static_cast<uint8_t>(state[i / 4] >> (24 - 8 * (i % 4)));
}

}  // namespace stile
