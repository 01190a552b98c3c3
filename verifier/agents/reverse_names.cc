#include "verifier/agents/reverse_names.h"

#include <sodium.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace stile {
namespace {

constexpr std::size_t kMinCells = 64;
constexpr std::size_t kMaxCells = std::size_t{1} << 24;
// Cells in which an answer may lie: two cache lines.
constexpr std::size_t kNeighbours = 8;

constexpr std::uint64_t kVerdictMask = 3;

// Milliseconds that an answer has room for.
std::uint64_t Bounded(UnixMillis time) noexcept {
  constexpr std::int64_t kMax = std::int64_t{1} << 60;
  return static_cast<std::uint64_t>(std::clamp<std::int64_t>(time.value, 0, kMax));
}

std::uint64_t UntilOf(std::uint64_t answer) noexcept { return answer >> 2; }

}  // namespace

ReverseNames::ReverseNames(const std::array<std::uint8_t, 16>& seed, std::size_t cells)
    : seed_(seed), mask_(cells - 1), cells_(new Cell[cells]) {}

tl::expected<std::unique_ptr<ReverseNames>, Error> ReverseNames::Create(
    const std::array<std::uint8_t, 16>& seed, std::size_t cells) {
  if (cells < kMinCells || cells > kMaxCells) {
    return tl::unexpected(
        Error{ErrorCode::kOutOfRange, "", "A table of reverse names must have 64 to 2^24 cells."});
  }
  return std::unique_ptr<ReverseNames>(new ReverseNames(seed, std::bit_ceil(cells)));
}

// Never 0, which is an empty cell's.
std::uint64_t ReverseNames::TagOf(const IpAddress& address, std::uint64_t agent) const noexcept {
  static_assert(crypto_shorthash_KEYBYTES == 16 && crypto_shorthash_BYTES == 8);
  std::array<std::uint8_t, 25> input;
  std::copy(address.bytes().begin(), address.bytes().end(), input.begin());
  std::memcpy(input.data() + 16, &agent, sizeof(agent));
  input[24] = address.is_v6() ? 6 : 4;
  std::array<std::uint8_t, 8> hash;
  crypto_shorthash(hash.data(), input.data(), input.size(), seed_.data());
  const auto tag = std::bit_cast<std::uint64_t>(hash);
  return tag == 0 ? 1 : tag;
}

// The writer may be between the two words of a cell: then they don't add up to the tag.
std::uint64_t ReverseNames::AnswerOf(const IpAddress& address, std::uint64_t agent,
                                     UnixMillis now) const noexcept {
  const std::uint64_t tag = TagOf(address, agent);
  const std::size_t first = tag & mask_ & ~(kNeighbours - 1);
  for (std::size_t i = first; i < first + kNeighbours; ++i) {
    const std::uint64_t sealed = cells_[i].sealed_tag.load(std::memory_order_relaxed);
    const std::uint64_t answer = cells_[i].answer.load(std::memory_order_relaxed);
    if ((sealed ^ answer) != tag) continue;
    return UntilOf(answer) > Bounded(now) ? answer : 0;
  }
  return 0;
}

NameVerdict ReverseNames::Find(const IpAddress& address, std::uint64_t agent,
                               UnixMillis now) const noexcept {
  const std::uint64_t verdict = AnswerOf(address, agent, now) & kVerdictMask;
  if (verdict == static_cast<std::uint64_t>(NameVerdict::kConfirmed)) {
    return NameVerdict::kConfirmed;
  }
  return verdict == static_cast<std::uint64_t>(NameVerdict::kRefuted) ? NameVerdict::kRefuted
                                                                      : NameVerdict::kUnknown;
}

bool ReverseNames::IsRecorded(const IpAddress& address, std::uint64_t agent,
                              UnixMillis now) const noexcept {
  return AnswerOf(address, agent, now) != 0;
}

void ReverseNames::Record(const IpAddress& address, std::uint64_t agent, NameVerdict verdict,
                          UnixMillis until) noexcept {
  const std::uint64_t tag = TagOf(address, agent);
  const std::uint64_t answer = Bounded(until) << 2 | static_cast<std::uint64_t>(verdict);
  const std::size_t first = tag & mask_ & ~(kNeighbours - 1);
  std::size_t chosen = first;
  std::uint64_t soonest = UINT64_MAX;
  for (std::size_t i = first; i < first + kNeighbours; ++i) {
    const std::uint64_t old = cells_[i].answer.load(std::memory_order_relaxed);
    if ((cells_[i].sealed_tag.load(std::memory_order_relaxed) ^ old) == tag) {
      chosen = i;
      break;
    }
    if (UntilOf(old) < soonest) {
      soonest = UntilOf(old);
      chosen = i;
    }
  }
  cells_[chosen].answer.store(answer, std::memory_order_relaxed);
  cells_[chosen].sealed_tag.store(tag ^ answer, std::memory_order_relaxed);
}

}  // namespace stile
