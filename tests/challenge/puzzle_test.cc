#include "challenge/puzzle/puzzle.h"

#include <gtest/gtest.h>

namespace stile {
namespace {

TEST(Puzzle, NamesAndNumbersBelongTogether) {
  for (const auto& [puzzle, number, name] :
       {std::tuple{Puzzle::kSha256, 1, "sha256"}, std::tuple{Puzzle::kWait, 2, "wait"},
        std::tuple{Puzzle::kHashwx, 3, "hashwx"}}) {
    EXPECT_EQ(static_cast<int>(puzzle), number);
    EXPECT_EQ(PuzzleName(puzzle), name);
    EXPECT_EQ(PuzzleFromName(name), puzzle);
  }
}

TEST(Puzzle, WhatIsNoPuzzleHasNoName) {
  EXPECT_EQ(PuzzleName(Puzzle::kNone), "none");
  EXPECT_EQ(PuzzleName(static_cast<Puzzle>(77)), "none");
  EXPECT_EQ(PuzzleFromName("none"), std::nullopt);
  EXPECT_EQ(PuzzleFromName("SHA256"), std::nullopt);
  EXPECT_EQ(PuzzleFromName(""), std::nullopt);
}

}  // namespace
}  // namespace stile
