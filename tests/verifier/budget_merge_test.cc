// What nodes that tell each other what they have taken make of it.
#include "verifier/budget_merge.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace stile {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr UnixMillis kNow{1'790'000'000'000};
constexpr UnixMillis kLogNow{1'790'000'333'000};  // The log has a clock of its own.
constexpr HitterId kId{11, 22, 33};
constexpr std::uint64_t kPart = 44;

// A machine with tables of its own.
struct Machine {
  explicit Machine(std::uint64_t boot)
      : budgets(*Budgets::Create({1000, 1000, 1000, 1000, 1000})),
        merge(budgets, {.boot = boot, .who = static_cast<std::uint32_t>(boot)}) {}

  int Take(std::size_t table, int tries, UnixMillis now = kNow) {
    int taken = 0;
    const BudgetName name = Budgets::NameOf(kId, kPart);
    while (taken < tries && budgets->table(table).Take(budgets->KeyOf(name), pace, 1, now).taken) {
      budgets->untold(table).Note(budgets->KeyOf(name), name, pace, 1, now);
      ++taken;
    }
    return taken;
  }
  std::vector<BudgetMerge::Telling> Collect(UnixMillis now, std::size_t room = 8) {
    return merge.Collect(now, kLogNow, room, forgotten);
  }
  BudgetMerge::Hearing Hear(const BudgetMerge::Telling& telling, UnixMillis log_now = kLogNow) {
    return merge.Hear(telling.bytes, log_now, kNow, heard);
  }

  Pace pace = BudgetTable::PaceOf({100, minutes{10}, 40});
  std::shared_ptr<Budgets> budgets;
  BudgetMerge merge;
  BudgetMerge::Forgotten forgotten;
  std::uint64_t heard = 0;
};

TEST(BudgetMergeTest, WhatOneNodeTookIsGoneAtTheOther) {
  for (std::size_t table = 0; table < Budgets::kTables; ++table) {
    Machine left(1);
    Machine right(2);
    ASSERT_EQ(left.Take(table, 30), 30);
    const auto tellings = left.Collect(kNow);
    ASSERT_EQ(tellings.size(), 1u);
    EXPECT_EQ(tellings[0].cost, 30u);
    EXPECT_EQ(tellings[0].charges, 1u);
    EXPECT_EQ(right.Hear(tellings[0]), BudgetMerge::Hearing::kCharged);
    EXPECT_EQ(right.heard, 30u);
    EXPECT_EQ(right.Take(table, 100), 10);
    for (std::size_t other = 0; other < Budgets::kTables; ++other) {
      if (other == table) continue;
      EXPECT_EQ(right.Take(other, 100), 40);
    }
  }
}

TEST(BudgetMergeTest, NodeNeverChargesItsOwn) {
  Machine left(1);
  ASSERT_EQ(left.Take(0, 30), 30);
  const auto tellings = left.Collect(kNow);
  ASSERT_EQ(tellings.size(), 1u);
  EXPECT_EQ(left.Hear(tellings[0]), BudgetMerge::Hearing::kOwn);
  EXPECT_EQ(left.Take(0, 100), 10);
}

TEST(BudgetMergeTest, WhatIsNoMessageChargesNothing) {
  Machine left(1);
  Machine right(2);
  ASSERT_EQ(left.Take(0, 30), 30);
  auto tellings = left.Collect(kNow);
  tellings[0].bytes.pop_back();
  EXPECT_EQ(right.Hear(tellings[0]), BudgetMerge::Hearing::kRefused);
  EXPECT_EQ(right.Take(0, 100), 40);
}

TEST(BudgetMergeTest, ManyTakingsMakeSeveralMessagesAndNoMoreThanThereIsRoomFor) {
  // So many entries that each taking finds one, wherever its key, which is random, puts it.
  auto budgets = *Budgets::Create({1000, 1000, 1000, 1000, 400'000});
  BudgetMerge merge(budgets, {.boot = 1, .who = 1});
  const Pace pace = BudgetTable::PaceOf({1, minutes{10}, 1});
  for (std::uint64_t who = 0; who < 1'500; ++who) {
    const BudgetName name{who, 1};
    budgets->untold_clearances.Note(budgets->KeyOf(name), name, pace, 1, kNow);
  }
  BudgetMerge::Forgotten forgotten;
  const auto first = merge.Collect(kNow, kLogNow, 2, forgotten);
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(first[0].charges, 512u);
  EXPECT_EQ(first[0].bytes.size(), BudgetMessage::kMaxBytes);
  const auto second = merge.Collect(kNow, kLogNow, 2, forgotten);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0].charges, 1'500u - 1'024u);
  EXPECT_TRUE(merge.Collect(kNow, kLogNow, 2, forgotten).empty());
  EXPECT_EQ(forgotten.late + forgotten.torn + forgotten.unnoted, 0u);
}

// As on a busy site: what everybody takes a little of leaves no room for who takes much.
TEST(BudgetMergeTest, WhatWeighsIsToldBeforeWhatHasSettledWhicheverTableItIsOf) {
  for (std::size_t table = 0; table < Budgets::kTables; ++table) {
    auto budgets = *Budgets::Create({1000, 1000, 1000, 1000, 40'000});
    BudgetMerge merge(budgets, {.boot = 1, .who = 1});
    const Pace pace = BudgetTable::PaceOf({1'000, minutes{10}, 1'000});
    const auto note = [&](std::size_t of, std::uint64_t who, std::uint32_t cost) {
      const BudgetName name{who, 1};
      budgets->untold(of).Note(budgets->KeyOf(name), name, pace, cost, kNow);
    };
    for (std::uint64_t who = 0; who < 600; ++who) {
      for (std::size_t of = 0; of < Budgets::kTables; ++of) note(of, who, 1);
    }
    note(table, 7'777, 500);
    BudgetMerge::Forgotten forgotten;
    const auto tellings = merge.Collect(kNow + seconds{4}, kLogNow, 1, forgotten);
    ASSERT_EQ(tellings.size(), 1u);
    EXPECT_EQ(tellings[0].charges, 512u);
    EXPECT_EQ(tellings[0].cost, 500u + 511u) << table;
  }
}

TEST(BudgetMergeTest, WhatIsLateIsForgottenAlsoWhereThereIsNoRoom) {
  Machine left(1);
  ASSERT_EQ(left.Take(0, 30), 30);
  EXPECT_TRUE(left.Collect(kNow + seconds{11}, 0).empty());
  EXPECT_EQ(left.forgotten.late, 30u);
  EXPECT_EQ(left.budgets->untold(0).EntriesInUse(), 0u);
}

// While the store is away. Or it would look young once its age has come round.
TEST(BudgetMergeTest, WhoeverIsAloneForgetsWhatIsLateAndNothingElse) {
  Machine left(1);
  ASSERT_EQ(left.Take(0, 30), 30);
  ASSERT_EQ(left.Take(1, 20, kNow + seconds{8}), 20);
  left.merge.Forget(kNow + seconds{11}, left.forgotten);
  EXPECT_EQ(left.forgotten.late, 30u);
  EXPECT_EQ(left.budgets->untold(0).EntriesInUse(), 0u);
  const auto tellings = left.Collect(kNow + seconds{11});
  ASSERT_EQ(tellings.size(), 1u);
  EXPECT_EQ(tellings[0].cost, 20u);
}

TEST(BudgetMergeTest, TermsFollowTheInterval) {
  const auto terms = [](milliseconds interval) {
    return BudgetMerge(nullptr, {.boot = 1, .who = 1, .interval = interval}).terms();
  };
  EXPECT_EQ(terms(milliseconds{100}).settle, milliseconds{400});
  EXPECT_EQ(terms(milliseconds{100}).late, seconds{10});
  EXPECT_EQ(terms(seconds{5}).late, seconds{50});
}

TEST(BudgetMergeTest, WhatIsLateIsNeitherToldNorCharged) {
  Machine left(1);
  ASSERT_EQ(left.Take(0, 30), 30);
  EXPECT_TRUE(left.Collect(kNow + seconds{11}).empty());
  EXPECT_EQ(left.forgotten.late, 30u);
}

// As where the store hung, and took it once it went on.
TEST(BudgetMergeTest, MessageThatComesLateChargesNothing) {
  for (const milliseconds age : {milliseconds{10'001}, milliseconds{-10'001}}) {
    Machine left(1);
    Machine right(2);
    ASSERT_EQ(left.Take(0, 30), 30);
    const auto tellings = left.Collect(kNow);
    EXPECT_EQ(right.Hear(tellings[0], kLogNow + age), BudgetMerge::Hearing::kLate);
    EXPECT_EQ(right.Take(0, 100), 40);
  }
  Machine left(1);
  Machine right(2);
  ASSERT_EQ(left.Take(0, 30), 30);
  EXPECT_EQ(right.Hear(left.Collect(kNow)[0], kLogNow + seconds{10}),
            BudgetMerge::Hearing::kCharged);
}

TEST(BudgetMergeTest, WhoeverBeginsReadsWhatIsNew) {
  Machine left(1);
  EXPECT_EQ(left.merge.ReadFrom(kNow), std::nullopt);
  EXPECT_EQ(left.merge.Begin(77, kNow), 77u);
  EXPECT_EQ(Machine(2).merge.Begin(0, kNow), BudgetMerge::MarkAt(kNow));
}

TEST(BudgetMergeTest, ReadingGoesOnBehindWhatWasHeard) {
  Machine left(1);
  const std::uint64_t from = left.merge.Begin(0, kNow);
  const auto mark = BudgetMerge::MarkOf("1790000000500-3");
  ASSERT_TRUE(mark.has_value());
  EXPECT_TRUE(left.merge.Advance(from, *mark));
  EXPECT_FALSE(left.merge.Advance(from, *mark));
  EXPECT_EQ(left.merge.ReadFrom(kNow + seconds{9}), *mark);
  // Another process of the machine.
  BudgetMerge other(left.budgets, {.boot = 1, .who = 2});
  EXPECT_EQ(other.ReadFrom(kNow + seconds{9}), *mark);
}

TEST(BudgetMergeTest, WhoeverWasAwayDoesNotReadWhatIsLate) {
  Machine left(1);
  (void)left.merge.Begin(0, kNow);
  EXPECT_EQ(left.merge.ReadFrom(kNow + minutes{5}),
            BudgetMerge::MarkAt(kNow + minutes{5} - seconds{10}));
}

TEST(BudgetMergeTest, LogWhoseClockWentBackIsNotHeardAgain) {
  Machine left(1);
  const std::uint64_t heard = left.merge.Begin(BudgetMerge::MarkAt(kNow), kNow);
  const UnixMillis back = kNow - hours{1};
  EXPECT_EQ(left.merge.ReadFrom(back), std::nullopt);
  EXPECT_TRUE(left.merge.IsStuck(heard + 1, back));
  EXPECT_EQ(left.merge.Begin(heard, back), heard);
  EXPECT_EQ(left.merge.Begin(heard + 1, back), heard);
}

// What the store took while it hung looks new once its clock has gone back by as much.
TEST(BudgetMergeTest, WhatWasUnheardWhenTheClockWentBackIsGivenUp) {
  Machine left(1);
  left.merge.NoteTime(kNow, seconds{100});
  const std::uint64_t heard = left.merge.Begin(BudgetMerge::MarkAt(kNow), kNow);
  const UnixMillis forth = kNow + seconds{1};
  left.merge.NoteTime(forth, seconds{101});
  EXPECT_EQ(left.merge.ReadFrom(forth), heard);
  const UnixMillis back = kNow - seconds{6};
  left.merge.NoteTime(back, seconds{102});
  EXPECT_EQ(left.merge.ReadFrom(back), std::nullopt);
  EXPECT_EQ(left.merge.Begin(heard + 9, back), heard + 9);
  left.merge.NoteTime(back + seconds{1}, seconds{103});
  EXPECT_EQ(left.merge.ReadFrom(back + seconds{1}), heard + 9);
}

TEST(BudgetMergeTest, ProcessThatTakesTheSeatLongAfterTheClockWentBackMissesNothing) {
  Machine left(1);
  const std::uint64_t heard = left.merge.Begin(BudgetMerge::MarkAt(kNow), kNow);
  BudgetMerge other(left.budgets, {.boot = 1, .who = 2});
  other.NoteTime(kNow + seconds{6}, seconds{100});
  other.NoteTime(kNow, seconds{100});
  EXPECT_EQ(other.ReadFrom(kNow), std::nullopt);
  other.NoteTime(kNow + seconds{9}, seconds{111});
  EXPECT_EQ(other.ReadFrom(kNow + seconds{9}), heard);
}

TEST(BudgetMergeTest, LogThatWasEmptiedIsReadFromWhatItHasNow) {
  const UnixMillis back = kNow - hours{1};
  for (const std::uint64_t last : {std::uint64_t{0}, BudgetMerge::MarkAt(back - seconds{1})}) {
    Machine left(1);
    (void)left.merge.Begin(0, kNow);
    const std::uint64_t begins = last != 0 ? last : BudgetMerge::MarkAt(back);
    EXPECT_FALSE(left.merge.IsStuck(last, back));
    EXPECT_EQ(left.merge.Begin(last, back), begins);
    EXPECT_EQ(left.merge.ReadFrom(back), begins);
  }
}

TEST(BudgetMergeTest, MarksUpToALateOneAheadOfTheClockAreNotStuck) {
  Machine left(1);
  EXPECT_FALSE(left.merge.IsStuck(BudgetMerge::MarkAt(kNow + seconds{10}), kNow));
  EXPECT_TRUE(left.merge.IsStuck(BudgetMerge::MarkAt(kNow + seconds{10}) + 1, kNow));
  EXPECT_TRUE(left.merge.IsStuck(*BudgetMerge::MarkOf("281474976710655-1"), kNow));
}

TEST(BudgetMergeTest, MarksAreIdsOfTheLog) {
  EXPECT_EQ(BudgetMerge::IdOf(*BudgetMerge::MarkOf("1790000000500-3")), "1790000000500-3");
  EXPECT_EQ(BudgetMerge::IdOf(*BudgetMerge::MarkOf("7-65535")), "7-65535");
  EXPECT_EQ(BudgetMerge::IdOf(*BudgetMerge::MarkOf("7-65536")), "8-0");
  EXPECT_EQ(*BudgetMerge::MarkOf("18446744073709551615-18446744073709551615"),
            std::numeric_limits<std::uint64_t>::max());
  for (const char* id :
       {"", "-", "7", "7-", "-7", "7-x", "x-7", "7-7 ", "18446744073709551616-0"}) {
    EXPECT_FALSE(BudgetMerge::MarkOf(id).has_value()) << id;
  }
}

TEST(BudgetMergeTest, OneProcessOfAMachineHasTheSeat) {
  Machine left(1);
  BudgetMerge other(left.budgets, {.boot = 1, .who = 2});
  EXPECT_TRUE(left.merge.TakeSeat(kNow));
  EXPECT_FALSE(other.TakeSeat(kNow));
  left.merge.LeaveSeat();
  EXPECT_TRUE(other.TakeSeat(kNow));
}

}  // namespace
}  // namespace stile
