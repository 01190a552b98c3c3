#include "service/probation.h"

#include <sys/stat.h>

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "service/last_good.h"
#include "tests/service/scratch_folder.h"

namespace stile {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr Probation::Time kStart{std::chrono::hours{100}};

ConfigTexts Texts(const std::string& config) {
  ConfigTexts texts;
  texts.config = config;
  return texts;
}

class ProbationTest : public testing::Test {
 protected:
  void Begin(const std::string& config, Probation::Time now = kStart) {
    probation_.Begin(Texts(config), state_, {}, now, 0);
  }
  std::string Recorded() { return LastGood(state_).Recall().value_or(Texts("")).config; }

  ScratchFolder folder_;
  std::string state_ = folder_.Path("state");
  Probation probation_;
};

TEST_F(ProbationTest, FirstOfAllIsRecordedAtOnce) {
  Begin("a");
  const auto recorded = probation_.Tend(kStart, 0);
  ASSERT_TRUE(recorded.has_value());
  EXPECT_TRUE(recorded->ok()) << *recorded;
  EXPECT_EQ(Recorded(), "a");
  EXPECT_FALSE(probation_.is_on());
}

TEST_F(ProbationTest, LaterOnesAreRecordedAfterTheSoak) {
  ASSERT_TRUE(LastGood(state_).Record(Texts("a")).ok());
  Begin("b");
  EXPECT_EQ(probation_.Tend(kStart + minutes{5}, 999), std::nullopt);
  EXPECT_EQ(Recorded(), "a");
  EXPECT_TRUE(probation_.Tend(kStart + minutes{5}, 1'000).has_value());
  EXPECT_EQ(Recorded(), "b");
}

TEST_F(ProbationTest, WhatIsRecordedHasNothingToProve) {
  ASSERT_TRUE(LastGood(state_).Record(Texts("a")).ok());
  Begin("a");
  EXPECT_FALSE(probation_.is_on());
}

TEST_F(ProbationTest, ReloadOfTheSameGoesOn) {
  ASSERT_TRUE(LastGood(state_).Record(Texts("a")).ok());
  Begin("b");
  Begin("b", kStart + minutes{4});
  EXPECT_TRUE(probation_.Tend(kStart + minutes{5}, 1'000).has_value());
}

TEST_F(ProbationTest, AnotherOneBeginsAnew) {
  ASSERT_TRUE(LastGood(state_).Record(Texts("a")).ok());
  Begin("b");
  Begin("c", kStart + minutes{4});
  EXPECT_EQ(probation_.Tend(kStart + minutes{5}, 1'000), std::nullopt);
}

TEST_F(ProbationTest, CancelledIsNeverRecorded) {
  Begin("a");
  probation_.Cancel();
  EXPECT_EQ(probation_.Tend(kStart + minutes{90}, 1'000), std::nullopt);
  EXPECT_EQ(Recorded(), "");
}

TEST_F(ProbationTest, WhatCannotBeWrittenIsTriedAgain) {
  folder_.Write("state", "a file where the folder should be");
  Begin("a");
  const auto failed = probation_.Tend(kStart, 0);
  ASSERT_TRUE(failed.has_value());
  EXPECT_FALSE(failed->ok());
  EXPECT_EQ(probation_.NextLook(kStart), kStart + Probation::kRetry);
  EXPECT_EQ(probation_.Tend(kStart + seconds{1}, 0), std::nullopt);
  std::filesystem::remove(state_);
  const auto recorded = probation_.Tend(kStart + Probation::kRetry, 0);
  ASSERT_TRUE(recorded.has_value());
  EXPECT_TRUE(recorded->ok()) << *recorded;
  EXPECT_EQ(Recorded(), "a");
}

}  // namespace
}  // namespace stile
