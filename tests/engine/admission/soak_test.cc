#include "engine/admission/soak.h"

#include <gtest/gtest.h>

namespace stile {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using State = Soak::State;

constexpr milliseconds kStart{1'000'000};

// Five minutes and 1,000 requests, begun at kStart with 500 counted.
Soak Begun() {
  Soak soak;
  soak.Begin("digest", kStart, 500);
  return soak;
}

TEST(Soak, IsOverAfterItsTimeAndRequests) {
  const AdmissionLimits limits;
  const Soak soak = Begun();
  EXPECT_EQ(soak.Look(limits, kStart + minutes{5} - milliseconds{1}, 9'000), State::kSoaking);
  EXPECT_EQ(soak.Look(limits, kStart + minutes{5}, 1'499), State::kSoaking);
  EXPECT_EQ(soak.Look(limits, kStart + minutes{5}, 1'500), State::kDone);
}

TEST(Soak, IsOverWithoutRequestsAfterLonger) {
  const AdmissionLimits limits;
  const Soak soak = Begun();
  EXPECT_EQ(soak.Look(limits, kStart + minutes{60} - milliseconds{1}, 500), State::kSoaking);
  EXPECT_EQ(soak.Look(limits, kStart + minutes{60}, 500), State::kDone);
}

TEST(Soak, AnotherOneBeginsAnew) {
  Soak soak = Begun();
  soak.Begin("other", kStart + minutes{4}, 2'000);
  EXPECT_EQ(soak.Look({}, kStart + minutes{5}, 9'000), State::kSoaking);
  EXPECT_EQ(soak.digest(), "other");
}

TEST(Soak, OnceNotedIsNone) {
  Soak soak = Begun();
  soak.End();
  EXPECT_EQ(soak.Look({}, kStart + minutes{90}, 9'000), State::kNone);
  EXPECT_EQ(soak.Left({}, kStart), milliseconds{0});
}

TEST(Soak, NothingSoaksAtFirst) { EXPECT_EQ(Soak().Look({}, kStart, 9'000), State::kNone); }

TEST(Soak, TellsWhatIsLeft) {
  EXPECT_EQ(Begun().Left({}, kStart + minutes{2}), minutes{3});
  EXPECT_EQ(Begun().Left({}, kStart + minutes{9}), milliseconds{0});
}

}  // namespace
}  // namespace stile
