#include "challenge/puzzle/sha256_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "challenge/cpu_features.h"
#include "challenge/puzzle/sha256_puzzle.h"
#include "challenge/puzzle/sha256_scan.h"
#include "challenge/puzzle/sha256_search_kernels.h"

namespace stile {
namespace {

struct Search {
  Sha256Puzzle puzzle;
  Sha256Job job;

  Search(std::uint64_t effort, std::uint32_t part)
      : puzzle(Tag{{1, 2, 3}}, TokenId{4, 5, 6}, 1, effort, 1) {
    std::copy(puzzle.midstate().begin(), puzzle.midstate().end(), job.midstate);
    job.part = part;
    job.target = puzzle.target();
  }

  // What a loop over single tries finds.
  bool Plainly(std::uint64_t first, std::uint64_t count, std::uint64_t* found) const {
    for (std::uint64_t i = 0; i < count; ++i) {
      if (puzzle.IsSolvedBy(job.part, first + i)) {
        *found = first + i;
        return true;
      }
    }
    return false;
  }
};

// Of the few that a challenge has, and of all that 32 bits have, whose sums with a round's constant
// carry.
std::uint32_t AnyPart(std::mt19937_64& random, int i) {
  const std::uint64_t drawn = random();
  return static_cast<std::uint32_t>(i % 2 == 0 ? drawn % 64 : drawn);
}

void ExpectAgreement(const Search& search, std::uint64_t first, std::uint64_t count) {
  std::uint64_t expected = 0;
  const bool solved = search.Plainly(first, count, &expected);
  std::uint64_t found = 0;
  std::uint64_t tried = 0;
  ASSERT_EQ(SearchSha256(search.job, first, count, &found, &tried), solved)
      << first << " " << count;
  if (solved) {
    EXPECT_EQ(found, expected);
    EXPECT_EQ(tried, expected - first + 1);
  } else {
    EXPECT_EQ(tried, count);
  }
}

TEST(SearchSha256, FindsTheFirstNonceThatThePuzzleTakes) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 300; ++i) {
    const Search search(1 + random() % 400, AnyPart(random, i));
    ExpectAgreement(search, random(), random() % 1'000);
  }
}

TEST(SearchSha256, TriesEveryCountAroundItsLanes) {
  const Search search(40, 7);
  for (std::uint64_t first = 0; first < 60; ++first) {
    for (std::uint64_t count = 0; count < 14; ++count) ExpectAgreement(search, first, count);
  }
}

TEST(SearchSha256, GoesOnWhereTheLowHalfOfTheNonceEnds) {
  for (std::uint32_t part = 0; part < 20; ++part) {
    const Search search(30, part);
    ExpectAgreement(search, 0x1'FFFF'FFF1, 60);
    ExpectAgreement(search, ~std::uint64_t{0} - 9, 60);
  }
}

TEST(SearchSha256, TheEasiestTargetIsMetByTheFirstNonce) {
  const Search search(1, 0);
  std::uint64_t found = 0;
  std::uint64_t tried = 0;
  ASSERT_TRUE(SearchSha256(search.job, 77, 10, &found, &tried));
  EXPECT_EQ(found, 77U);
  EXPECT_EQ(tried, 1U);
}

TEST(SearchSha256, ADigestEqualToTheTargetSolves) {
  Search search(1, 3);
  for (std::uint64_t nonce = 0; nonce < 200; ++nonce) {
    std::array<std::uint8_t, 64> block{};
    block[3] = 3;
    block[11] = static_cast<std::uint8_t>(nonce);
    block[12] = 0x80;
    block[62] = 0x02;  // 608 bits.
    block[63] = 0x60;
    Sha256State state = search.puzzle.midstate();
    Sha256Compress(state, block.data(), 1);
    const std::uint64_t digest = std::uint64_t{state[0]} << 32 | state[1];
    std::uint64_t found = 0;
    std::uint64_t tried = 0;
    search.job.target = digest;
    EXPECT_TRUE(SearchSha256(search.job, nonce, 1, &found, &tried)) << nonce;
    search.job.target = digest - 1;
    EXPECT_FALSE(SearchSha256(search.job, nonce, 1, &found, &tried)) << nonce;
  }
}

#if defined(__x86_64__)

// Where the first group with a candidate begins, or `count`.
std::uint64_t PlainScan(const Search& search, std::uint64_t group, std::uint64_t first,
                        std::uint64_t count) {
  for (std::uint64_t i = 0; i < count; ++i) {
    // Targets here end in ones or are so easy that the first word decides alone nearly always.
    Sha256Job job = search.job;
    job.target |= 0xFFFFFFFF;
    std::uint64_t found = 0;
    std::uint64_t tried = 0;
    if (SearchSha256(job, first + i, 1, &found, &tried)) return i / group * group;
  }
  return count;
}

struct ScanCase {
  const char* name;
  Sha256Scan scan;
  bool supported;
};

class Sha256ScanTest : public testing::TestWithParam<ScanCase> {
 protected:
  void SetUp() override {
    if (!GetParam().supported) GTEST_SKIP() << "this CPU has no " << GetParam().name;
  }
};

// A count of one is searched one by one, in no kernel.
TEST_P(Sha256ScanTest, StopsAtTheFirstGroupWithACandidate) {
  const auto [scan, group] = GetParam().scan;
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 200; ++i) {
    const Search search(1 + random() % 600, AnyPart(random, i));
    const std::uint64_t first = random() & ~std::uint64_t{0xFFFFF};
    const std::uint64_t count = group * (random() % 40);
    EXPECT_EQ(scan(search.job, first, count), PlainScan(search, group, first, count)) << i;
  }
}

std::vector<ScanCase> ScanCases() {
  const CpuFeatures& cpu = CpuFeatures::Here();
  return {{"ShaNi", {&ScanSha256Ni, kSha256ScanNi}, cpu.sha},
          {"Avx2", {&ScanSha256Avx2, kSha256ScanAvx2}, cpu.avx2},
          {"Avx512", {&ScanSha256Avx512, kSha256ScanAvx512}, cpu.avx512},
          // The sources of the last two in the instructions of this build.
          {"EightLanes", {&ScanInLanes<8>, 8}, true},
          {"SixteenLanes", {&ScanInLanes<16>, 16}, true},
          {"FourLanes", {&ScanInLanes<4>, 4}, true}};
}

INSTANTIATE_TEST_SUITE_P(Kernel, Sha256ScanTest, testing::ValuesIn(ScanCases()),
                         [](const testing::TestParamInfo<ScanCase>& kernel) {
                           return std::string(kernel.param.name);
                         });

#endif  // defined(__x86_64__)

}  // namespace
}  // namespace stile
