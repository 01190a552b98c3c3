// What the WebAssembly module offers to JavaScript. JavaScript passes bytes through one exchange
// area and numbers of 32 bits, since older browsers can't pass wider ones.

#include <stddef.h>
#include <stdint.h>

#include "challenge/puzzle/sha256_search.h"

#define STILE_EXPORT(name) extern "C" __attribute__((export_name(#name)))

namespace {

// In: bytes 0 to 15 the challenge's tag, 16 to 31 its id. Out, as words: 8 and 9 the high and low
// half of the nonce that was found, 10 the number of nonces tried.
uint32_t exchange[16];
stile::Sha256Job job;

}  // namespace

STILE_EXPORT(exchange) uint32_t* Exchange() { return exchange; }

// Reads tag and id from the exchange area and sets up for one alternative.
STILE_EXPORT(prepare)
void Prepare(uint32_t alternative, uint32_t target_high, uint32_t target_low) {
  const uint8_t* bytes = reinterpret_cast<const uint8_t*>(exchange);
  stile::Sha256PrefixMidstate(bytes, bytes + 16, static_cast<uint8_t>(alternative), job.midstate);
  job.target = (uint64_t{target_high} << 32) | target_low;
}

// Returns 1 if one of `count` nonces solves `part`, else 0.
STILE_EXPORT(search)
uint32_t Search(uint32_t part, uint32_t nonce_high, uint32_t nonce_low, uint32_t count) {
  job.part = part;
  uint64_t found = 0;
  uint64_t tried = 0;
  const bool solved =
      stile::SearchSha256(job, (uint64_t{nonce_high} << 32) | nonce_low, count, &found, &tried);
  exchange[8] = static_cast<uint32_t>(found >> 32);
  exchange[9] = static_cast<uint32_t>(found);
  exchange[10] = static_cast<uint32_t>(tried);
  return solved ? 1 : 0;
}

// clang makes calls of these out of loops that clear or copy, and there is no library to have
// them.
extern "C" void* memset(void* to, int byte, size_t size) {
  volatile uint8_t* bytes = static_cast<uint8_t*>(to);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<uint8_t>(byte);
  return to;
}
extern "C" void* memcpy(void* to, const void* from, size_t size) {
  volatile uint8_t* bytes = static_cast<uint8_t*>(to);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<const uint8_t*>(from)[i];
  return to;
}
