#include "tool/native_rate.h"

#include <algorithm>
#include <cstdint>

#include "challenge/puzzle/hashwx_search.h"
#include "challenge/puzzle/sha256_search.h"

namespace stile {
namespace {

using Clock = std::chrono::steady_clock;

// `search` tries nonces from the one that it is given on and returns how many.
template <typename Search>
double BestOfFive(std::chrono::milliseconds time, Search search) {
  std::uint64_t nonce = search(0);  // Warms up.
  double best = 0;
  for (int i = 0; i < 5; ++i) {
    const Clock::time_point begin = Clock::now();
    const Clock::time_point end = begin + time / 5;
    const std::uint64_t first = nonce;
    Clock::time_point now = begin;
    do {
      nonce += search(nonce);
      now = Clock::now();
    } while (now < end);
    const double seconds = std::chrono::duration<double>(now - begin).count();
    best = std::max(best, static_cast<double>(nonce - first) / seconds);
  }
  return best;
}

double Sha256Rate(std::chrono::milliseconds time) {
  constexpr std::uint64_t kChunk = std::uint64_t{1} << 18;
  Sha256Job job{};  // A target that nothing meets.
  return BestOfFive(time, [&job](std::uint64_t nonce) {
    std::uint64_t found = 0;
    std::uint64_t tried = 0;
    static_cast<void>(SearchSha256(job, nonce, kChunk, &found, &tried));
    return tried;
  });
}

// A function for every 65,536 nonces, made and compiled, as whoever solves needs it.
double HashwxRate(std::chrono::milliseconds time) {
  constexpr std::uint64_t kChunk = std::uint64_t{1} << 12;
  HashwxJob job{};
  HashwxSearcher searcher;
  return BestOfFive(time, [&job, &searcher](std::uint64_t nonce) {
    std::uint64_t found = 0;
    std::uint64_t tried = 0;
    static_cast<void>(searcher.Search(job, nonce, kChunk, &found, &tried));
    return tried;
  });
}

}  // namespace

double MeasureNativeRate(Puzzle puzzle, std::chrono::milliseconds time) {
  if (puzzle == Puzzle::kSha256) return Sha256Rate(time);
  if (puzzle == Puzzle::kHashwx) return HashwxRate(time);
  return 0;
}

}  // namespace stile
