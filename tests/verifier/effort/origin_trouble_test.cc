#include "verifier/effort/origin_trouble.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/verifier/site_fixture.h"

namespace stile {
namespace {

using fixture::kNow;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr OriginOutcome kServed{false, 20};
constexpr OriginOutcome kFailed{true, 20};
constexpr OriginOutcome kLate{false, 4'000};

TokenId IdOf(std::uint64_t number) {
  std::mt19937_64 random(number + 1);
  TokenId id{};
  for (std::uint8_t& byte : id) byte = static_cast<std::uint8_t>(random());
  return id;
}

class OriginTroubleTest : public testing::Test {
 protected:
  // `visitors` clearances from `first` on ask for `path`.
  void Ask(int visitors, std::string_view path, const OriginOutcome& outcome, int first = 0) {
    for (int i = 0; i < visitors; ++i) {
      trouble_.Note(path, IdOf(static_cast<std::uint64_t>(first + i)), outcome, now_);
    }
  }
  void AskNumbered(std::string path, int number, const OriginOutcome& outcome, int visitor) {
    path += std::to_string(number);
    Ask(1, path, outcome, visitor);
  }
  void NextWindow() {
    trouble_.BeginWindow();
    now_ = now_ + milliseconds{OriginTrouble::kWindowMillis};
  }
  // Windows in which all is well.
  void Learn(std::string_view path, int windows = 10, int visitors = 50) {
    for (int i = 0; i < windows; ++i) {
      Ask(visitors, path, kServed);
      NextWindow();
    }
  }

  UnixMillis now_ = kNow;
  std::unique_ptr<OriginTrouble::Window> window_ = std::make_unique<OriginTrouble::Window>();
  std::vector<OriginTrouble::PathCell> paths_{256};
  TableHash hash_{0x1234'5678'9ABC'DEF0, 0x0FED'CBA9'8765'4321};
  OriginTrouble trouble_{*window_, paths_, hash_, 7};
};

TEST_F(OriginTroubleTest, AnOriginThatServesIsInNone) {
  Learn("/");
  Ask(50, "/", kServed);
  EXPECT_EQ(trouble_.Measure(), 0);
}

TEST_F(OriginTroubleTest, IsTheShareOfVisitorsThatAUsuallySoundPathFails) {
  Learn("/");
  Ask(50, "/", kServed);
  Ask(50, "/", kFailed, 50);
  EXPECT_NEAR(trouble_.Measure(), 0.45, 0.08);
  Ask(50, "/", kFailed);
  EXPECT_NEAR(trouble_.Measure(), 0.95, 0.08);
}

TEST_F(OriginTroubleTest, ALateAnswerIsAFailure) {
  Learn("/");
  Ask(50, "/", kLate);
  EXPECT_GT(trouble_.Measure(), 0.8);
}

TEST_F(OriginTroubleTest, APathThatIsAlwaysSlowIsNotLate) {
  for (int i = 0; i < 10; ++i) {
    Ask(50, "/report", kLate);
    NextWindow();
  }
  Ask(50, "/report", kLate);
  EXPECT_EQ(trouble_.Measure(), 0);
}

TEST_F(OriginTroubleTest, APathWithoutHistoryTellsNothing) {
  Ask(50, "/", kFailed);
  EXPECT_EQ(trouble_.Measure(), 0);
}

TEST_F(OriginTroubleTest, APathThatAlwaysFailsTellsNothing) {
  Learn("/");
  for (int i = 0; i < 10; ++i) {
    Ask(50, "/broken", kFailed);
    NextWindow();
  }
  Ask(50, "/", kServed);
  Ask(50, "/broken", kFailed);
  EXPECT_EQ(trouble_.Measure(), 0);
}

TEST_F(OriginTroubleTest, HammeringAnAlwaysFailingPageMovesNothing) {
  Learn("/shop/");
  for (int i = 0; i < 10; ++i) {
    Ask(5, "/shop/broken", kFailed, 1000);
    Ask(50, "/shop/", kServed);
    NextWindow();
  }
  Ask(50, "/shop/", kServed);
  for (int i = 0; i < 1000; ++i) Ask(40, "/shop/broken", kFailed, 1000);
  EXPECT_EQ(trouble_.Measure(), 0);
}

TEST_F(OriginTroubleTest, OneClearanceThatIsFailedEverywhereMovesNothing) {
  const std::vector<std::string> paths = {"/", "/a", "/b", "/c/d", "/e/f", "/g"};
  for (int i = 0; i < 10; ++i) {
    for (const std::string& path : paths) Ask(50, path, kServed);
    NextWindow();
  }
  for (const std::string& path : paths) Ask(50, path, kServed);
  for (int i = 0; i < 1000; ++i) {
    for (const std::string& path : paths) Ask(1, path, kFailed, 777);
  }
  EXPECT_EQ(trouble_.Measure(), 0);
}

TEST_F(OriginTroubleTest, OneClearanceCannotUseUpTheVotesOfOthers) {
  Learn("/");
  for (int i = 0; i < 20'000; ++i) AskNumbered("/", i, kServed, 777);
  Ask(50, "/", kFailed);
  EXPECT_GT(trouble_.Measure(), 0.8);
}

TEST_F(OriginTroubleTest, ANewPathIsJudgedByItsFirstSegment) {
  for (int i = 0; i < 10; ++i) {
    for (int visitor = 0; visitor < 50; ++visitor) {
      AskNumbered("/topic/", i * 50 + visitor, kServed, visitor);
    }
    NextWindow();
  }
  for (int visitor = 0; visitor < 50; ++visitor) {
    AskNumbered("/topic/", 10'000 + visitor, kFailed, visitor);
  }
  EXPECT_GT(trouble_.Measure(), 0.8);
}

TEST_F(OriginTroubleTest, AnOutageDoesNotSoonCountAsUsual) {
  Learn("/");
  for (int i = 0; i < 30; ++i) {  // Five minutes.
    Ask(50, "/", kFailed);
    EXPECT_GT(trouble_.Measure(), 0.8) << i;
    NextWindow();
  }
}

TEST_F(OriginTroubleTest, IsOverWithItsWindow) {
  Learn("/");
  Ask(50, "/", kFailed);
  ASSERT_GT(trouble_.Measure(), 0.8);
  NextWindow();
  EXPECT_EQ(trouble_.Measure(), 0);
}

TEST_F(OriginTroubleTest, SitesDoNotShareTheirPaths) {
  Learn("/");
  OriginTrouble::Window other{};
  OriginTrouble another{other, paths_, hash_, 8};
  for (int i = 0; i < 50; ++i)
    another.Note("/", IdOf(static_cast<std::uint64_t>(i)), kFailed, now_);
  EXPECT_EQ(another.Measure(), 0);
}

TEST_F(OriginTroubleTest, AnyPathCanBeNoted) {
  const std::string longest(100'000, 'a');
  for (const std::string_view path : {std::string_view(), std::string_view("x"),
                                      std::string_view("//"), std::string_view(longest)}) {
    Ask(2, path, kFailed);
    Ask(2, path, kServed);
  }
  EXPECT_EQ(trouble_.Measure(), 0);
}

}  // namespace
}  // namespace stile
