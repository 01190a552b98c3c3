#include "challenge/puzzle/hashwx_search.h"

#include <algorithm>
#include <cstring>

#include "challenge/puzzle/hashwx_seed.h"

namespace stile {
namespace {

// Returns how many of `count` nonces come before the first that solves, or `count`.
template <typename Hasher>
std::uint64_t Misses(const Hasher& hasher, std::uint64_t target, std::uint64_t first_nonce,
                     std::uint64_t count) noexcept {
  for (std::uint64_t i = 0; i < count; ++i) {
    if (hasher.Hash(first_nonce + i) <= target) return i;
  }
  return count;
}

}  // namespace

void HashwxSearcher::Use(const HashwxJob& job, std::uint64_t index) noexcept {
  if (ready_ && index_ == index && part_ == job.part &&
      std::memcmp(midstate_, job.midstate, sizeof midstate_) == 0) {
    return;
  }
  std::memcpy(midstate_, job.midstate, sizeof midstate_);
  part_ = job.part;
  index_ = index;
  std::uint8_t seed[32];
  HashwxSeed(midstate_, part_, index_, seed);
  HashwxFunction::Make(seed, function_);
  compiled_ = code_.Load(function_);
  ready_ = true;
}

bool HashwxSearcher::Search(const HashwxJob& job, std::uint64_t first_nonce, std::uint64_t count,
                            std::uint64_t* found, std::uint64_t* tried) noexcept {
  for (std::uint64_t done = 0; done < count;) {
    const std::uint64_t nonce = first_nonce + done;
    const std::uint64_t of_function = kHashwxNoncesPerFunction - nonce % kHashwxNoncesPerFunction;
    const std::uint64_t here = std::min(count - done, of_function);
    Use(job, nonce / kHashwxNoncesPerFunction);
    const std::uint64_t misses = compiled_ ? Misses(code_, job.target, nonce, here)
                                           : Misses(function_, job.target, nonce, here);
    done += misses;
    if (misses < here) {
      *found = first_nonce + done;
      *tried = done + 1;
      return true;
    }
  }
  *tried = count;
  return false;
}

bool SearchHashwx(const HashwxJob& job, std::uint64_t first_nonce, std::uint64_t count,
                  std::uint64_t* found, std::uint64_t* tried) noexcept {
  HashwxSearcher searcher;
  return searcher.Search(job, first_nonce, count, found, tried);
}

}  // namespace stile
