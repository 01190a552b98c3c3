// Answers a challenge: solve_challenge TOKEN [NONCE] prints a solution of its first alternative
// that takes work, the first at or after NONCE, 0 by default, in each part.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/puzzle/hashwx_search.h"
#include "challenge/puzzle/hashwx_seed.h"
#include "challenge/puzzle/puzzle.h"
#include "challenge/puzzle/sha256_search.h"
#include "challenge/solution.h"

namespace {

constexpr std::size_t kIdAt = 4, kAlternativesAt = 54, kAlternativeSize = 16, kTagSize = 16;

// Canonical base64url, as docs/wire-format.md has it; this is a client's reading of it.
std::vector<std::uint8_t> Decode(std::string_view text) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::vector<std::uint8_t> bytes;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const std::size_t digit = kDigits.find(c);
    if (digit == std::string_view::npos) return {};
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes.push_back(static_cast<std::uint8_t>(bits >> held));
    }
  }
  return bytes;
}

// Looks for a nonce in each part by `search`, for the job that it is given.
template <typename Job, typename Search>
bool SolveParts(Job job, std::uint64_t first_nonce, Search search, stile::Solution& solution) {
  for (job.part = 0; job.part < solution.parts; ++job.part) {
    std::uint64_t tried = 0;
    if (!search(job, first_nonce, UINT64_MAX, &solution.nonces[job.part], &tried)) return false;
  }
  return true;
}

bool Solve(const std::vector<std::uint8_t>& token, std::uint8_t index, std::uint64_t first_nonce,
           stile::Solution& solution) {
  const std::uint8_t* const alternative =
      token.data() + kAlternativesAt + kAlternativeSize * std::size_t{index};
  std::uint64_t effort = 0;
  for (int i = 0; i < 8; ++i) effort = effort << 8 | alternative[4 + i];
  const std::uint8_t parts = alternative[2];
  if (parts == 0 || parts > stile::kMaxParts || effort == 0) return false;
  solution.alternative = index;
  solution.parts = parts;

  const std::uint8_t* const tag = token.data() + token.size() - kTagSize;
  const std::uint64_t target = UINT64_MAX / ((effort + parts - 1) / parts);
  if (alternative[0] == static_cast<std::uint8_t>(stile::Puzzle::kHashwx)) {
    stile::HashwxJob job{};
    stile::HashwxPrefixMidstate(tag, token.data() + kIdAt, index, job.midstate);
    job.target = target;
    return SolveParts(job, first_nonce, stile::SearchHashwx, solution);
  }
  stile::Sha256Job job{};
  stile::Sha256PrefixMidstate(tag, token.data() + kIdAt, index, job.midstate);
  job.target = target;
  return SolveParts(job, first_nonce, stile::SearchSha256, solution);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::fputs("usage: solve_challenge TOKEN [NONCE]\n", stderr);
    return 2;
  }
  const std::uint64_t first_nonce = argc == 3 ? std::strtoull(argv[2], nullptr, 10) : 0;
  const std::vector<std::uint8_t> token = Decode(argv[1]);
  const std::size_t count = token.size() > kAlternativesAt ? token[3] : 0;
  if (token.size() < kAlternativesAt + kAlternativeSize * count + kTagSize) {
    std::fputs("not a challenge\n", stderr);
    return 2;
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t puzzle = token[kAlternativesAt + kAlternativeSize * i];
    if (puzzle == static_cast<std::uint8_t>(stile::Puzzle::kWait)) continue;
    stile::Solution solution;
    if (!Solve(token, static_cast<std::uint8_t>(i), first_nonce, solution)) return 1;
    std::puts(stile::FormatSolution(solution).c_str());
    return 0;
  }
  std::fputs("no alternative takes work\n", stderr);
  return 1;
}
