#include "challenge/puzzle/hashwx_puzzle.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "challenge/puzzle/hashwx_function.h"
#include "challenge/puzzle/hashwx_seed.h"
#include "challenge/puzzle/part_order.h"
#include "challenge/puzzle/sha256_puzzle.h"
#include "tests/challenge/order_secret.h"

namespace stile {
namespace {

constexpr OrderSecret kNoSecret{};

Tag CountingTag(std::uint8_t first) {
  Tag tag;
  for (std::size_t i = 0; i < Tag::kSize; ++i) tag.bytes[i] = static_cast<std::uint8_t>(first + i);
  return tag;
}

TokenId CountingId(std::uint8_t first) { return CountingTag(first).bytes; }

HashwxPuzzle SmallPuzzle() { return {CountingTag(0), CountingId(16), 2, 64, 4}; }

// The seed as docs/wire-format.md spells it out, by a plain SHA-256 of 76 bytes.
Sha256Digest PlainSeed(const Tag& tag, const TokenId& id, std::uint8_t alternative,
                       std::uint32_t part, std::uint64_t index) {
  std::vector<std::uint8_t> message;
  for (const char c : std::string_view("stile-hashwx-v1\0", 16)) {
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
    message.push_back(static_cast<std::uint8_t>(index >> shift));
  }
  return Sha256(message);
}

std::uint64_t PlainHash(const Sha256Digest& seed, std::uint64_t nonce) {
  HashwxFunction function;
  HashwxFunction::Make(seed.data(), function);
  return function.Hash(nonce);
}

TEST(HashwxPuzzle, SeedsAreThoseOfTheWireFormatForVerifierAndSolver) {
  std::mt19937_64 random(16);
  for (int round = 0; round < 200; ++round) {
    Tag tag;
    TokenId id;
    for (std::size_t i = 0; i < 16; ++i) {
      tag.bytes[i] = static_cast<std::uint8_t>(random());
      id[i] = static_cast<std::uint8_t>(random());
    }
    const auto alternative = static_cast<std::uint8_t>(random());
    const auto part = static_cast<std::uint32_t>(random());
    const std::uint64_t index = random() >> (random() % 64);
    const Sha256Digest seed = PlainSeed(tag, id, alternative, part, index);
    EXPECT_EQ(HashwxPuzzle(tag, id, alternative, 1, 1).Seed(part, index), seed);

    std::uint32_t midstate[8];
    HashwxPrefixMidstate(tag.bytes.data(), id.data(), alternative, midstate);
    Sha256Digest of_solver;
    HashwxSeed(midstate, part, index, of_solver.data());
    EXPECT_EQ(of_solver, seed);
  }
}

// Around the ends of a function's nonces, and with bits in every byte.
TEST(HashwxPuzzle, TakesAHashUpToTheTargetAndNoneAboveIt) {
  const Tag tag = CountingTag(7);
  const TokenId id = CountingId(77);
  for (const std::uint64_t nonce : std::initializer_list<std::uint64_t>{
           0, 1, 65'535, 65'536, 131'071, 131'072, 0x0123456789ABCDEF, ~std::uint64_t{0}}) {
    const std::uint64_t hash = PlainHash(PlainSeed(tag, id, 0, 0, nonce >> 16), nonce);
    // The greatest effort whose target is at least the hash; too great a hash for one is rare.
    const std::uint64_t effort = ~std::uint64_t{0} / hash;
    EXPECT_TRUE(HashwxPuzzle(tag, id, 0, effort, 1).IsSolvedBy(0, nonce)) << nonce;
    EXPECT_FALSE(HashwxPuzzle(tag, id, 0, effort + 1, 1).IsSolvedBy(0, nonce)) << nonce;
  }
}

TEST(HashwxPuzzle, TakesTheFirstNoncesThatSolveItsParts) {
  const HashwxPuzzle puzzle = SmallPuzzle();
  EXPECT_EQ(puzzle.target(), 0x0FFFFFFFFFFFFFFFU);
  EXPECT_EQ(puzzle.parts(), 4);
  const std::vector<std::uint64_t> nonces = {0, 25, 20, 15};
  EXPECT_TRUE(puzzle.AreSolvedBy(nonces, kNoSecret));
  for (std::uint32_t part = 0; part < 4; ++part) {
    for (std::uint64_t n = 0; n < nonces[part]; ++n) EXPECT_FALSE(puzzle.IsSolvedBy(part, n));
  }
}

std::vector<std::uint64_t> Solve(const HashwxPuzzle& puzzle, bool solved) {
  std::vector<std::uint64_t> nonces(puzzle.parts());
  for (std::uint32_t part = 0; part < puzzle.parts(); ++part) {
    while (puzzle.IsSolvedBy(part, nonces[part]) != solved) ++nonces[part];
  }
  return nonces;
}

TEST(HashwxPuzzle, StopsAtTheFirstUnsolvedPartOfItsOrder) {
  std::mt19937_64 random(20260305);
  for (const std::uint8_t parts : {1, 2, 3, 8, 64}) {
    const HashwxPuzzle puzzle(CountingTag(3), CountingId(4), 0, parts * 2ULL, parts);
    const std::vector<std::uint64_t> nonces = Solve(puzzle, true);
    const std::vector<std::uint64_t> wrong = Solve(puzzle, false);
    for (int round = 0; round < 4; ++round) {
      const OrderSecret secret = SecretOf(random(), random());
      const auto all = puzzle.Check(nonces, secret);
      EXPECT_TRUE(all.solved);
      EXPECT_EQ(all.parts, parts);
      std::uint32_t part = PartOrder::Of(secret, parts).start;
      for (std::uint32_t place = 0; place < parts; ++place) {
        std::vector<std::uint64_t> spoiled = nonces;
        spoiled[part] = wrong[part];
        const auto some = puzzle.Check(spoiled, secret);
        EXPECT_FALSE(some.solved);
        EXPECT_EQ(some.parts, place + 1) << int{parts};
        part = PartOrder::Of(secret, parts).Next(part, parts);
      }
    }
  }
}

std::string ExecutableMemory() {
  std::ifstream maps("/proc/self/maps");
  std::string executable;
  for (std::string line; std::getline(maps, line);) {
    if (line.substr(0, line.find(' ') + 5).find('x') != std::string::npos)
      executable += line + "\n";
  }
  return executable;
}

// The test of HashwxCode shows that what compiles is seen this way.
TEST(HashwxPuzzle, VerifyingMakesNoMemoryExecutable) {
  const std::string before = ExecutableMemory();
  if (before.empty()) GTEST_SKIP() << "the system doesn't show a process' memory";
  const HashwxPuzzle puzzle = SmallPuzzle();
  EXPECT_TRUE(puzzle.AreSolvedBy(Solve(puzzle, true), kNoSecret));
  EXPECT_EQ(ExecutableMemory(), before);
}

TEST(HashwxPuzzle, RefusesNoNoncesTooFewAndTooMany) {
  const HashwxPuzzle puzzle = SmallPuzzle();
  std::vector<std::uint64_t> nonces = Solve(puzzle, true);
  EXPECT_FALSE(puzzle.AreSolvedBy({}, kNoSecret));
  EXPECT_FALSE(puzzle.AreSolvedBy(std::span(nonces).first(3), kNoSecret));
  nonces.push_back(nonces.front());
  EXPECT_FALSE(puzzle.AreSolvedBy(nonces, kNoSecret));
}

TEST(HashwxPuzzle, RefusesWithoutPartsOrEffort) {
  EXPECT_FALSE(HashwxPuzzle(CountingTag(0), CountingId(0), 0, 64, 0).AreSolvedBy({}, kNoSecret));
  const std::vector<std::uint64_t> nonces = {0};
  EXPECT_FALSE(HashwxPuzzle(CountingTag(0), CountingId(0), 0, 0, 1).AreSolvedBy(nonces, kNoSecret));
}

TEST(HashwxPuzzle, DiffersByTagIdAlternativeAndFromSha256) {
  std::set<Sha256State> states;
  states.insert(HashwxPuzzle(CountingTag(0), CountingId(0), 0, 64, 4).midstate());
  states.insert(HashwxPuzzle(CountingTag(1), CountingId(0), 0, 64, 4).midstate());
  states.insert(HashwxPuzzle(CountingTag(0), CountingId(1), 0, 64, 4).midstate());
  states.insert(HashwxPuzzle(CountingTag(0), CountingId(0), 1, 64, 4).midstate());
  states.insert(Sha256Puzzle(CountingTag(0), CountingId(0), 0, 64, 4).midstate());
  EXPECT_EQ(states.size(), 5U);
}

}  // namespace
}  // namespace stile
