#include "challenge/puzzle/sha256_puzzle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "challenge/puzzle/sha256_search.h"
#include "challenge/sha256_lanes.h"
#include "tests/challenge/hex.h"
#include "tests/challenge/order_secret.h"

namespace stile {
namespace {

constexpr std::array<std::uint8_t, 16> kNoSecret{};

Tag CountingTag(std::uint8_t first) {
  Tag tag;
  for (std::size_t i = 0; i < Tag::kSize; ++i) tag.bytes[i] = static_cast<std::uint8_t>(first + i);
  return tag;
}

TokenId CountingId(std::uint8_t first) { return CountingTag(first).bytes; }

Sha256Puzzle SmallPuzzle() { return {CountingTag(0), CountingId(16), 2, 64, 4}; }

// The digest as docs/wire-format.md spells it out, by a plain SHA-256 of 76 bytes.
std::uint64_t PlainDigestPrefix(const Tag& tag, const TokenId& id, std::uint8_t alternative,
                                std::uint32_t part, std::uint64_t nonce) {
  std::vector<std::uint8_t> message;
  for (const char c : std::string_view("stile-sha256-v1\0", 16)) {
    message.push_back(static_cast<std::uint8_t>(c));
  }
  message.insert(message.end(), tag.bytes.begin(), tag.bytes.end());
  message.insert(message.end(), id.begin(), id.end());
  message.push_back(alternative);
  message.resize(64);
  for (int shift = 24; shift >= 0; shift -= 8) {
    message.push_back(static_cast<std::uint8_t>(part >> shift));
  }
  for (int shift = 56; shift >= 0; shift -= 8) {
    message.push_back(static_cast<std::uint8_t>(nonce >> shift));
  }
  const Sha256Digest digest = Sha256(message);
  std::uint64_t prefix = 0;
  for (std::size_t i = 0; i < 8; ++i) prefix = prefix << 8 | digest[i];
  return prefix;
}

// Found by another implementation: the first nonce of each part.
TEST(Sha256Puzzle, TakesTheNoncesOfTheWireFormat) {
  const Sha256Puzzle puzzle = SmallPuzzle();
  EXPECT_EQ(puzzle.target(), 0x0FFFFFFFFFFFFFFFU);
  const std::vector<std::uint64_t> nonces = {2, 1, 5, 1};
  EXPECT_TRUE(puzzle.AreSolvedBy(nonces, kNoSecret));
  for (std::uint32_t part = 0; part < 4; ++part) {
    for (std::uint64_t n = 0; n < nonces[part]; ++n) EXPECT_FALSE(puzzle.IsSolvedBy(part, n));
  }
}

TEST(Sha256Puzzle, AgreesWithAPlainSha256) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  int solved = 0;
  for (int i = 0; i < 500; ++i) {
    const Tag tag = CountingTag(static_cast<std::uint8_t>(random()));
    const TokenId id = CountingId(static_cast<std::uint8_t>(random()));
    const std::uint8_t alternative = i % 4;
    const Sha256Puzzle puzzle(tag, id, alternative, 4, 1);
    const std::uint32_t part = static_cast<std::uint32_t>(random());
    const std::uint64_t nonce = random();
    const bool expected = PlainDigestPrefix(tag, id, alternative, part, nonce) <= puzzle.target();
    EXPECT_EQ(puzzle.IsSolvedBy(part, nonce), expected);
    solved += expected ? 1 : 0;
  }
  EXPECT_GT(solved, 0);
  EXPECT_LT(solved, 500);
}

TEST(Sha256Puzzle, TargetIsWhatTheWireFormatSays) {
  constexpr std::uint64_t kMax = ~std::uint64_t{0};
  EXPECT_EQ(Sha256Puzzle::Target(1, 1), kMax);
  EXPECT_EQ(Sha256Puzzle::Target(1, 64), kMax);
  EXPECT_EQ(Sha256Puzzle::Target(64, 64), kMax);
  EXPECT_EQ(Sha256Puzzle::Target(65, 64), kMax / 2);
  EXPECT_EQ(Sha256Puzzle::Target(2, 1), kMax / 2);
  EXPECT_EQ(Sha256Puzzle::Target(3, 2), kMax / 2);
  EXPECT_EQ(Sha256Puzzle::Target(4'000'000, 16), 0x0000431BDE82D7B6U);
  EXPECT_EQ(Sha256Puzzle::Target(std::uint64_t{1} << 40, 1), kMax >> 40);
  EXPECT_EQ(Sha256Puzzle::Target(0, 1), 0U);
  EXPECT_EQ(Sha256Puzzle::Target(1, 0), 0U);
}

TEST(Sha256Puzzle, TakesADigestUpToTheTargetAndNoneAboveIt) {
  constexpr std::uint64_t kMax = ~std::uint64_t{0};
  const Tag tag = CountingTag(1);
  const TokenId id = CountingId(2);
  for (std::uint64_t nonce = 0; nonce < 500; ++nonce) {
    // The hardest effort whose target this digest still meets.
    const std::uint64_t effort = kMax / PlainDigestPrefix(tag, id, 0, 0, nonce);
    EXPECT_TRUE(Sha256Puzzle(tag, id, 0, effort, 1).IsSolvedBy(0, nonce)) << nonce;
    EXPECT_FALSE(Sha256Puzzle(tag, id, 0, effort + 1, 1).IsSolvedBy(0, nonce)) << nonce;
  }
}

TEST(Sha256Puzzle, ADigestIsJudgedByItsSecondWordToo) {
  constexpr std::uint64_t kMax = ~std::uint64_t{0};
  const Tag tag = CountingTag(1);
  const TokenId id = CountingId(2);
  // The targets of two efforts in a row share their first word only where both are small.
  Sha256Job job{};
  const Sha256State midstate = Sha256Puzzle(tag, id, 0, 1, 1).midstate();
  std::copy(midstate.begin(), midstate.end(), job.midstate);
  job.target = std::uint64_t{1} << 48;
  std::uint64_t nonce = 0;
  std::uint64_t tried = 0;
  bool is_judged = false;
  for (std::uint64_t first = 0; !is_judged; first = nonce + 1) {
    ASSERT_TRUE(SearchSha256(job, first, std::uint64_t{1} << 24, &nonce, &tried));
    const std::uint64_t digest = PlainDigestPrefix(tag, id, 0, 0, nonce);
    const std::uint64_t effort = kMax / digest;
    if (Sha256Puzzle::Target(effort + 1, 1) >> 32 != digest >> 32) continue;
    EXPECT_TRUE(Sha256Puzzle(tag, id, 0, effort, 1).IsSolvedBy(0, nonce));
    EXPECT_FALSE(Sha256Puzzle(tag, id, 0, effort + 1, 1).IsSolvedBy(0, nonce));
    is_judged = true;
  }
}

TEST(Sha256Puzzle, RefusesIfAnyOnePartIsNotSolved) {
  const Sha256Puzzle puzzle = SmallPuzzle();
  for (std::size_t part = 0; part < 4; ++part) {
    std::vector<std::uint64_t> nonces = {2, 1, 5, 1};
    nonces[part] = 0;
    for (std::uint8_t i = 0; i < 64; ++i) {
      std::array<std::uint8_t, 16> secret{};
      secret[7] = i;
      secret[15] = static_cast<std::uint8_t>(i * 7);
      EXPECT_FALSE(puzzle.AreSolvedBy(nonces, secret)) << part;
    }
  }
}

TEST(Sha256Puzzle, RefusesNoNoncesTooFewAndTooMany) {
  const Sha256Puzzle puzzle = SmallPuzzle();
  EXPECT_FALSE(puzzle.AreSolvedBy({}, kNoSecret));
  EXPECT_FALSE(puzzle.AreSolvedBy(std::vector<std::uint64_t>{2, 1, 5}, kNoSecret));
  EXPECT_FALSE(puzzle.AreSolvedBy(std::vector<std::uint64_t>{2, 1, 5, 1, 0}, kNoSecret));
}

TEST(Sha256Puzzle, RefusesWithoutPartsOrEffort) {
  EXPECT_FALSE(Sha256Puzzle(CountingTag(0), CountingId(0), 0, 64, 0).AreSolvedBy({}, kNoSecret));
  const std::vector<std::uint64_t> nonces = {0};
  EXPECT_FALSE(Sha256Puzzle(CountingTag(0), CountingId(0), 0, 0, 1).AreSolvedBy(nonces, kNoSecret));
}

TEST(Sha256Puzzle, EveryNumberOfPartsIsCheckedWholeUnderEverySecret) {
  std::mt19937_64 random(20260304);
  for (std::uint8_t parts = 1; parts <= 64; ++parts) {
    const Sha256Puzzle puzzle(CountingTag(3), CountingId(4), 0, parts * 2ULL, parts);
    std::vector<std::uint64_t> nonces(parts);
    std::vector<std::uint64_t> wrong(parts);
    for (std::uint32_t part = 0; part < parts; ++part) {
      while (!puzzle.IsSolvedBy(part, nonces[part])) ++nonces[part];
      while (puzzle.IsSolvedBy(part, wrong[part])) ++wrong[part];
    }
    std::array<std::uint8_t, 16> secret;
    for (std::uint8_t& byte : secret) byte = static_cast<std::uint8_t>(random());
    ASSERT_TRUE(puzzle.AreSolvedBy(nonces, secret)) << int{parts};
    for (std::size_t part = 0; part < parts; ++part) {
      std::vector<std::uint64_t> spoiled = nonces;
      spoiled[part] = wrong[part];
      ASSERT_FALSE(puzzle.AreSolvedBy(spoiled, secret)) << int{parts} << " " << part;
    }
  }
}

// How many parts are looked at where the one that is `place`th in the order isn't solved: up to the
// end of its group.
std::uint32_t LookedAt(std::uint32_t place, std::uint32_t parts) {
  const auto lanes = static_cast<std::uint32_t>(Sha256LaneCount());
  std::uint32_t end = std::min<std::uint32_t>(lanes, 2);
  while (end <= place) end += lanes;
  return std::min(end, parts);
}

TEST(Sha256Puzzle, StopsBehindTheFirstUnsolvedPartOfItsOrder) {
  std::mt19937_64 random(20260305);
  for (const std::uint8_t parts : {1, 2, 3, 4, 16, 30, 64}) {
    const Sha256Puzzle puzzle(CountingTag(3), CountingId(4), 0, parts * 2ULL, parts);
    std::vector<std::uint64_t> nonces(parts);
    std::vector<std::uint64_t> wrong(parts);
    for (std::uint32_t part = 0; part < parts; ++part) {
      while (!puzzle.IsSolvedBy(part, nonces[part])) ++nonces[part];
      while (puzzle.IsSolvedBy(part, wrong[part])) ++wrong[part];
    }
    for (int round = 0; round < 20; ++round) {
      const OrderSecret secret = SecretOf(random(), random());
      const auto order = Sha256Puzzle::Order::Of(secret, parts);
      const auto all = puzzle.Check(nonces, secret);
      EXPECT_TRUE(all.solved);
      EXPECT_EQ(all.parts, parts);
      for (std::uint32_t place = 0; place < parts; ++place) {
        const std::uint32_t part = (order.start + place * order.stride) % parts;
        std::vector<std::uint64_t> spoiled = nonces;
        spoiled[part] = wrong[part];
        const auto some = puzzle.Check(spoiled, secret);
        EXPECT_FALSE(some.solved);
        EXPECT_EQ(some.parts, LookedAt(place, parts)) << int{parts} << " " << place;
      }
    }
  }
}

TEST(Sha256Puzzle, DiffersByTagIdAndAlternative) {
  std::set<Sha256State> states;
  states.insert(Sha256Puzzle(CountingTag(0), CountingId(0), 0, 64, 4).midstate());
  states.insert(Sha256Puzzle(CountingTag(1), CountingId(0), 0, 64, 4).midstate());
  states.insert(Sha256Puzzle(CountingTag(0), CountingId(1), 0, 64, 4).midstate());
  states.insert(Sha256Puzzle(CountingTag(0), CountingId(0), 1, 64, 4).midstate());
  EXPECT_EQ(states.size(), 4U);
}

TEST(Sha256Puzzle, StartsFromTheStateThatTheSolverStartsFrom) {
  const Sha256Puzzle puzzle(CountingTag(9), CountingId(99), 3, 64, 4);
  Sha256State midstate;
  Sha256PrefixMidstate(CountingTag(9).bytes.data(), CountingId(99).data(), 3, midstate.data());
  EXPECT_EQ(midstate, puzzle.midstate());
}

}  // namespace
}  // namespace stile
