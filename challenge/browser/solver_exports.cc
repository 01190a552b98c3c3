// What the WebAssembly module offers to JavaScript. JavaScript passes bytes through one exchange
// area and numbers of 32 bits, since older browsers can't pass wider ones.

#include <stddef.h>
#include <stdint.h>

#include "challenge/puzzle/hashwx_function.h"
#include "challenge/puzzle/hashwx_seed.h"
#include "challenge/puzzle/hashwx_wasm.h"
#include "challenge/puzzle/sha256_search.h"

#define STILE_EXPORT(name) extern "C" __attribute__((export_name(#name)))

namespace {

// In: bytes 0 to 15 the challenge's tag, 16 to 31 its id. Out, as words: 8 and 9 the high and low
// half of the nonce that was found, 10 the number of nonces tried, 11 the address of a module, 12
// and 13 the high and low half of the last HashWX.
uint32_t exchange[16];
stile::Sha256Job job;

uint32_t hashwx_midstate[8];
uint64_t hashwx_target;
stile::HashwxFunction hashwx_function;
stile::HashwxWasmState hashwx_state;
uint8_t hashwx_module[stile::kHashwxModuleSize];

uint64_t Joined(uint32_t high, uint32_t low) { return (uint64_t{high} << 32) | low; }

}  // namespace

STILE_EXPORT(exchange) uint32_t* Exchange() { return exchange; }

// Reads tag and id from the exchange area and sets up for one alternative.
STILE_EXPORT(prepare)
void Prepare(uint32_t alternative, uint32_t target_high, uint32_t target_low) {
  const uint8_t* bytes = reinterpret_cast<const uint8_t*>(exchange);
  stile::Sha256PrefixMidstate(bytes, bytes + 16, static_cast<uint8_t>(alternative), job.midstate);
  job.target = Joined(target_high, target_low);
}

// Returns 1 if one of `count` nonces solves `part`, else 0.
STILE_EXPORT(search)
uint32_t Search(uint32_t part, uint32_t nonce_high, uint32_t nonce_low, uint32_t count) {
  job.part = part;
  uint64_t found = 0;
  uint64_t tried = 0;
  const bool solved =
      stile::SearchSha256(job, Joined(nonce_high, nonce_low), count, &found, &tried);
  exchange[8] = static_cast<uint32_t>(found >> 32);
  exchange[9] = static_cast<uint32_t>(found);
  exchange[10] = static_cast<uint32_t>(tried);
  return solved ? 1 : 0;
}

// ---- The same for the puzzle `hashwx`, whose functions JavaScript compiles and lends.

STILE_EXPORT(hashwx_prepare)
void HashwxPrepare(uint32_t alternative, uint32_t target_high, uint32_t target_low) {
  const uint8_t* bytes = reinterpret_cast<const uint8_t*>(exchange);
  stile::HashwxPrefixMidstate(bytes, bytes + 16, static_cast<uint8_t>(alternative),
                              hashwx_midstate);
  hashwx_target = Joined(target_high, target_low);
}

// Makes the function of a nonce and writes its module. Returns the module's size.
STILE_EXPORT(hashwx_make)
uint32_t HashwxMake(uint32_t part, uint32_t nonce_high, uint32_t nonce_low) {
  uint8_t seed[32];
  const uint64_t nonce = Joined(nonce_high, nonce_low);
  stile::HashwxSeed(hashwx_midstate, part, nonce / stile::kHashwxNoncesPerFunction, seed);
  stile::HashwxFunction::Make(seed, hashwx_function);
  stile::WriteHashwxModule(hashwx_function, reinterpret_cast<uint32_t>(&hashwx_state),
                           hashwx_module);
  exchange[11] = reinterpret_cast<uint32_t>(hashwx_module);
  return stile::kHashwxModuleSize;
}

// The same as search() with the function that was made last, whose compiled module is in `slot` of
// the table. The `count` nonces, at least one, are all of that function.
STILE_EXPORT(hashwx_search)
uint32_t HashwxSearch(uint32_t slot, uint32_t nonce_high, uint32_t nonce_low, uint32_t count) {
  void (*const run)() = reinterpret_cast<void (*)()>(slot);
  uint64_t nonce = Joined(nonce_high, nonce_low);
  uint64_t hash = 0;
  uint32_t tried = 0;
  bool solved = false;
  while (tried < count && !solved) {
    hashwx_function.Start(nonce, hashwx_state.registers);
    // What runs is not seen from here, nor is that it changes the registers.
    asm volatile("" : : : "memory");
    run();
    asm volatile("" : : : "memory");
    hash = stile::HashwxFunction::Finish(hashwx_state.registers);
    solved = hash <= hashwx_target;
    ++nonce;
    ++tried;
  }
  exchange[8] = static_cast<uint32_t>((nonce - 1) >> 32);
  exchange[9] = static_cast<uint32_t>(nonce - 1);
  exchange[10] = tried;
  exchange[12] = static_cast<uint32_t>(hash >> 32);
  exchange[13] = static_cast<uint32_t>(hash);
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
