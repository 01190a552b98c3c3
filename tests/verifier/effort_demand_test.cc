#include "verifier/effort_demand.h"

#include <gtest/gtest.h>

#include <initializer_list>

namespace stile {
namespace {

Level Offering(std::initializer_list<Alternative> alternatives) {
  Level level;
  for (const Alternative& alternative : alternatives) {
    level.alternatives[level.alternative_count++] = alternative;
  }
  return level;
}

constexpr Alternative kHashwx = {Puzzle::kHashwx, 3, 8, 0, 1'048'576, 60};
constexpr Alternative kSha256 = {Puzzle::kSha256, 3, 16, 0, 16'000'000, 60};
constexpr Alternative kWait = {Puzzle::kWait, 3, 0, 0, 5'000, 60};

TEST(EffortDemand, DefaultOneIsMetByAll) {
  const EffortDemand none;
  EXPECT_TRUE(none.IsMetBy(Puzzle::kWait, 0));
  EXPECT_TRUE(none.IsMetBy(Puzzle::kHashwx, 0));
  EXPECT_TRUE(none.IsMetBy(static_cast<Puzzle>(200), 0));
}

TEST(EffortDemand, EachPuzzleIsHeldAgainstItsOwnNumber) {
  const EffortDemand demand = EffortDemand::Of(Offering({kHashwx, kSha256}));
  EXPECT_TRUE(demand.IsMetBy(Puzzle::kHashwx, 20));
  EXPECT_FALSE(demand.IsMetBy(Puzzle::kHashwx, 19));
  EXPECT_TRUE(demand.IsMetBy(Puzzle::kSha256, 23));
  EXPECT_FALSE(demand.IsMetBy(Puzzle::kSha256, 22));  // Though hashwx would do with less.
}

TEST(EffortDemand, APuzzleThatIsNotOfferedNeverMeetsIt) {
  const EffortDemand work = EffortDemand::Of(Offering({kHashwx}));
  for (const Puzzle other : {Puzzle::kNone, Puzzle::kSha256, Puzzle::kWait, static_cast<Puzzle>(4),
                             static_cast<Puzzle>(255)}) {
    EXPECT_FALSE(work.IsMetBy(other, 255)) << static_cast<int>(other);
  }
  EXPECT_FALSE(EffortDemand::Of(Offering({kSha256})).IsMetBy(Puzzle::kHashwx, 255));
}

TEST(EffortDemand, TheCheapestOfferOfAPuzzleCounts) {
  Alternative cheap = kHashwx;
  cheap.effort = 1'000;
  const EffortDemand demand = EffortDemand::Of(Offering({cheap, kHashwx}));
  EXPECT_TRUE(demand.IsMetBy(Puzzle::kHashwx, 9));
  EXPECT_FALSE(demand.IsMetBy(Puzzle::kHashwx, 8));
}

TEST(EffortDemand, ALevelThatOffersWaitOrNothingAsksForNone) {
  EXPECT_TRUE(EffortDemand::Of(Offering({kHashwx, kSha256, kWait})).IsMetBy(Puzzle::kSha256, 0));
  EXPECT_TRUE(EffortDemand::Of(Offering({kWait})).IsMetBy(Puzzle::kHashwx, 0));
  EXPECT_TRUE(EffortDemand::Of(Offering({})).IsMetBy(Puzzle::kNone, 0));
}

}  // namespace
}  // namespace stile
