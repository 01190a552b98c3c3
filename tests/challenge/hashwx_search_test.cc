#include "challenge/puzzle/hashwx_search.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "challenge/puzzle/hashwx_puzzle.h"

namespace stile {
namespace {

struct Searched {
  explicit Searched(std::uint64_t effort) : puzzle(tag, id, 1, effort, 1) {
    job.part = 0;
    job.target = puzzle.target();
    HashwxPrefixMidstate(tag.bytes.data(), id.data(), 1, job.midstate);
  }

  Tag tag{{1, 2, 3}};
  TokenId id{4, 5, 6};
  HashwxPuzzle puzzle;
  HashwxJob job{};
};

// What the verifier takes first, at or after `first`.
std::uint64_t FirstSolution(const HashwxPuzzle& puzzle, std::uint32_t part, std::uint64_t first) {
  while (!puzzle.IsSolvedBy(part, first)) ++first;
  return first;
}

void ExpectSearch(const Searched& search, HashwxSearcher& searcher, std::uint64_t first,
                  std::uint64_t count) {
  std::uint64_t expected = 0;
  while (expected < count && !search.puzzle.IsSolvedBy(search.job.part, first + expected)) {
    ++expected;
  }
  std::uint64_t found = 0;
  std::uint64_t tried = 0;
  ASSERT_EQ(searcher.Search(search.job, first, count, &found, &tried), expected < count);
  EXPECT_EQ(tried, std::min(expected + 1, count)) << first << " " << count;
  if (expected < count) {
    EXPECT_EQ(found, first + expected);
  }
}

TEST(SearchHashwx, FindsTheFirstNonceThatThePuzzleTakes) {
  Searched search(300);
  HashwxSearcher searcher;
  for (search.job.part = 0; search.job.part < 5; ++search.job.part) {
    std::uint64_t found = 0;
    std::uint64_t tried = 0;
    ASSERT_TRUE(searcher.Search(search.job, 1000, 100'000, &found, &tried));
    EXPECT_EQ(found, FirstSolution(search.puzzle, search.job.part, 1000));
    EXPECT_EQ(tried, found - 999);
    std::uint64_t again = 0;
    ASSERT_TRUE(SearchHashwx(search.job, 1000, 100'000, &again, &tried));
    EXPECT_EQ(again, found);
  }
}

TEST(SearchHashwx, GoesOnWhereAFunctionsNoncesEndAndWhereAllDo) {
  const Searched search(60);
  HashwxSearcher searcher;
  for (const std::uint64_t end :
       {std::uint64_t{65'536}, std::uint64_t{0x10000} << 32, std::uint64_t{0}}) {
    for (const std::uint64_t before : {0, 1, 2, 100}) {
      for (const std::uint64_t count : {0, 1, 2, 3, 101, 250}) {
        ExpectSearch(search, searcher, end - before, count);
      }
    }
  }
}

TEST(SearchHashwx, ASearcherForgetsTheFunctionOfAnotherPartOrChallenge) {
  Searched search(40);
  Searched other(40);
  other.id[0] ^= 1;
  other.puzzle = HashwxPuzzle(other.tag, other.id, 1, 40, 1);
  HashwxPrefixMidstate(other.tag.bytes.data(), other.id.data(), 1, other.job.midstate);
  HashwxSearcher searcher;
  for (int round = 0; round < 4; ++round) {
    search.job.part = static_cast<std::uint32_t>(round % 2);
    ExpectSearch(search, searcher, 0, 200);
    ExpectSearch(other, searcher, 0, 200);
  }
}

TEST(SearchHashwx, TheEasiestTargetIsMetByTheFirstNonceAndNoneByTheHardest) {
  Searched search(1);
  std::uint64_t found = 0;
  std::uint64_t tried = 0;
  EXPECT_TRUE(SearchHashwx(search.job, 77, 10, &found, &tried));
  EXPECT_EQ(found, 77U);
  EXPECT_EQ(tried, 1U);
  search.job.target = 0;
  EXPECT_FALSE(SearchHashwx(search.job, 77, 10, &found, &tried));
  EXPECT_EQ(tried, 10U);
}

TEST(SearchHashwx, AHashEqualToTheTargetSolves) {
  Searched search(1);
  std::uint64_t found = 0;
  std::uint64_t tried = 0;
  for (const std::uint64_t nonce : {std::uint64_t{3}, std::uint64_t{70'000}}) {
    HashwxFunction function;
    HashwxFunction::Make(search.puzzle.Seed(0, nonce >> 16).data(), function);
    search.job.target = function.Hash(nonce);
    EXPECT_TRUE(SearchHashwx(search.job, nonce, 1, &found, &tried));
    --search.job.target;
    EXPECT_FALSE(SearchHashwx(search.job, nonce, 1, &found, &tried));
  }
}

TEST(SearchHashwx, CompilesWhereTheCpuIsOneThatItKnows) {
  const Searched search(1);
  HashwxSearcher searcher;
  std::uint64_t found = 0;
  std::uint64_t tried = 0;
  ASSERT_TRUE(searcher.Search(search.job, 0, 1, &found, &tried));
#if defined(__x86_64__) || defined(__aarch64__)
  EXPECT_TRUE(searcher.compiled());
#else
  EXPECT_FALSE(searcher.compiled());
#endif
}

}  // namespace
}  // namespace stile
