#include "challenge/entropy.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>
#include <type_traits>
#include <vector>

#include "tests/challenge/allocation_count.h"
#include "tests/challenge/failing_getentropy.h"

namespace stile {
namespace {

using Id = std::array<std::uint8_t, 16>;

static_assert(!std::is_copy_constructible_v<Entropy>);
static_assert(!std::is_move_constructible_v<Entropy>);

Id Draw(Entropy& entropy) {
  Id id{};
  EXPECT_TRUE(entropy.Fill(id));
  return id;
}

TEST(Entropy, NeverRepeatsAnId) {
  Entropy entropy;
  std::set<Id> ids;
  for (int i = 0; i < 100'000; ++i) ids.insert(Draw(entropy));
  EXPECT_EQ(ids.size(), 100'000U);
}

TEST(Entropy, TwoGeneratorsDiffer) {
  Entropy one;
  Entropy two;
  EXPECT_NE(Draw(one), Draw(two));
}

TEST(Entropy, FillsEveryByteOfEveryLength) {
  for (std::size_t length = 0; length < 1'500; length += 7) {
    // A byte that stays 0 in 20 draws is not filled: the odds are 2^-160.
    std::vector<std::uint8_t> seen(length, 0);
    for (int i = 0; i < 20; ++i) {
      Entropy entropy;  // A fresh one, so that its pool always ends at the same byte.
      std::vector<std::uint8_t> bytes(length, 0);
      ASSERT_TRUE(entropy.Fill(bytes));
      for (std::size_t k = 0; k < length; ++k) seen[k] |= bytes[k];
    }
    EXPECT_EQ(std::count(seen.begin(), seen.end(), 0), 0) << length;
  }
}

TEST(Entropy, AsksTheSystemOnce) {
  Entropy entropy;
  const int before = GetentropyCalls();
  for (int i = 0; i < 10'000; ++i) Draw(entropy);
  EXPECT_EQ(GetentropyCalls(), before + 1);
}

TEST(Entropy, RefusesAndGivesZerosWithoutRandomness) {
  Entropy entropy;
  Id id;
  id.fill(0xAA);
  {
    const FailingGetentropy failing;
    EXPECT_FALSE(entropy.Fill(id));
  }
  EXPECT_EQ(id, Id{});
  EXPECT_TRUE(entropy.Fill(id));
  EXPECT_NE(id, Id{});
}

// Forks; returns what the child drew.
Id DrawInChild(Entropy& entropy) {
  int ends[2];
  EXPECT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    Id id{};
    const bool filled = entropy.Fill(id);
    const bool written = write(ends[1], id.data(), id.size()) == static_cast<ssize_t>(id.size());
    _exit(filled && written ? 0 : 1);
  }
  Id id{};
  close(ends[1]);
  EXPECT_EQ(read(ends[0], id.data(), id.size()), static_cast<ssize_t>(id.size()));
  close(ends[0]);
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  return id;
}

TEST(Entropy, ParentAndChildrenOfAForkDiffer) {
  Entropy entropy;
  Draw(entropy);
  std::set<Id> ids;
  for (int i = 0; i < 3; ++i) ids.insert(DrawInChild(entropy));
  ids.insert(Draw(entropy));
  EXPECT_EQ(ids.size(), 4U);
}

TEST(Entropy, AChildWithoutRandomnessRefuses) {
  Entropy entropy;
  Draw(entropy);
  const pid_t child = fork();
  if (child == 0) {
    const FailingGetentropy failing;
    Id id;
    id.fill(1);
    _exit(!entropy.Fill(id) && id == Id{} ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(Entropy, DoesNotAllocate) {
  Entropy entropy;
  Id id;
  const std::size_t before = AllocationCount();
  bool filled = true;
  for (int i = 0; i < 100; ++i) filled = entropy.Fill(id) && filled;
  const std::size_t after = AllocationCount();
  EXPECT_TRUE(filled);
  EXPECT_EQ(after, before);
}

}  // namespace
}  // namespace stile
