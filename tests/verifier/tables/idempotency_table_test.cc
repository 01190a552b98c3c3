#include "verifier/tables/idempotency_table.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

namespace stile {
namespace {

using State = IdempotencyTable::State;

constexpr UnixMillis kNow = UnixMillis::FromSeconds(1'800'000'000);
constexpr std::uint32_t kExpiry = 1'800'000'300;

// A table and the memory it is in.
class Attempts {
 public:
  explicit Attempts(std::size_t entries) : lines_(IdempotencyTable::BytesFor(entries) / 64) {}
  // Whether an entry could be had.
  [[nodiscard]] bool Add(const IdempotencyId& attempt) {
    const IdempotencyTable::Claim claim = table_.Find(attempt, kExpiry, kNow);
    table_.Confirm(claim);
    return claim.state == State::kClaimed;
  }
  [[nodiscard]] bool Knows(const IdempotencyId& attempt) {
    return table_.Find(attempt, kExpiry, kNow).state == State::kAccepted;
  }

 private:
  struct alignas(64) Line {
    std::byte bytes[64] = {};
  };
  std::vector<Line> lines_;
  IdempotencyTable table_{std::as_writable_bytes(std::span(lines_))};
};

constexpr std::size_t kEntries = 50'000;

// How many of `count` new attempts have no room; each of the others is then known.
std::size_t CountRefused(Attempts& attempts, std::size_t count, std::mt19937_64& random) {
  std::size_t refused = 0;
  std::vector<IdempotencyId> added;
  for (std::size_t i = 0; i < count; ++i) {
    const IdempotencyId attempt{random(), random()};
    if (attempts.Add(attempt)) {
      added.push_back(attempt);
    } else {
      ++refused;
    }
  }
  for (const IdempotencyId& one : added) EXPECT_TRUE(attempts.Knows(one));
  return refused;
}

TEST(IdempotencyTable, NotOneInAMillionIsRefusedUntilAllEntriesAreInUse) {
  std::mt19937_64 random(20'261);
  std::size_t refused = 0;
  for (int i = 0; i < 20; ++i) {
    Attempts attempts(kEntries);
    refused += CountRefused(attempts, kEntries, random);
  }
  EXPECT_EQ(refused, 0U);
}

TEST(IdempotencyTable, OneInAThousandOfTheNextFifthIsRefused) {
  std::mt19937_64 random(20'262);
  Attempts attempts(kEntries);
  EXPECT_EQ(CountRefused(attempts, kEntries, random), 0U);
  EXPECT_LT(CountRefused(attempts, kEntries / 5, random), kEntries / 5 / 500);
}

}  // namespace
}  // namespace stile
