#include "service/chunked_body.h"

#include <gtest/gtest.h>

#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace stile {
namespace {

using namespace std::string_literals;  // NOLINT: for texts with NUL.

struct Outcome {
  ChunkedStatus status = ChunkedStatus::kNone;
  ChunkedReason reason = ChunkedReason::kNone;
  std::string payload;
  std::size_t consumed = 0;
};

// Feeds `pieces` one after the other, each until it is consumed or the body has ended.
Outcome FeedAll(const std::vector<std::string>& pieces, const ChunkedBody::Limits& limits) {
  ChunkedBody body(limits);
  Outcome outcome;
  for (const std::string& piece : pieces) {
    std::string_view rest = piece;
    do {
      const ChunkedBody::Step step = body.Feed({rest.data(), rest.size()});
      outcome.status = step.status;
      outcome.reason = step.reason;
      outcome.payload.append(step.payload.data(), step.payload.size());
      outcome.consumed += step.consumed;
      rest.remove_prefix(step.consumed);
    } while (outcome.status == ChunkedStatus::kPayload);
    if (outcome.status != ChunkedStatus::kNeedMore) return outcome;
  }
  return outcome;
}

Outcome FeedOnce(const std::string& text, const ChunkedBody::Limits& limits = {}) {
  return FeedAll({text}, limits);
}

constexpr ChunkedBody::Limits kSmall{.max_body = 10, .max_trailers = 16};

struct Refusal {
  std::string name;
  ChunkedReason reason;
  std::string text;
};
void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.name; }
std::string NameOf(const testing::TestParamInfo<Refusal>& tested) { return tested.param.name; }

std::vector<Refusal> Refusals() {
  return {
      {"NoSize", ChunkedReason::kSizeSyntax, "\r\n"},
      {"SizeWithPlus", ChunkedReason::kSizeSyntax, "+5\r\nhello\r\n"},
      {"SizeWithMinus", ChunkedReason::kSizeSyntax, "-5\r\nhello\r\n"},
      {"SizeInHexNotation", ChunkedReason::kSizeSyntax, "0x5\r\nhello\r\n"},
      {"SizeWithSpaceInFront", ChunkedReason::kSizeSyntax, " 5\r\nhello\r\n"},
      {"SizeWithSpaceBehind", ChunkedReason::kSizeSyntax, "5 \r\nhello\r\n"},
      {"SizeWithNul", ChunkedReason::kSizeSyntax, "5\0\r\nhello\r\n"s},
      {"SizeThatIsNone", ChunkedReason::kSizeSyntax, "G\r\nhello\r\n"},
      {"SizeOf17Digits", ChunkedReason::kSizeTooLong, "00000000000000005\r\nhello\r\n"},
      {"SizeOf2To63", ChunkedReason::kSizeTooLong, "8000000000000000\r\n"},
      {"SizeOf2To64", ChunkedReason::kSizeTooLong, "FFFFFFFFFFFFFFFF\r\n"},
      {"Extension", ChunkedReason::kExtension, "5;a=b\r\nhello\r\n"},
      {"ExtensionOfLastChunk", ChunkedReason::kExtension, "0;a\r\n\r\n"},
      {"SizeEndsWithLf", ChunkedReason::kLineEnd, "5\nhello\r\n"},
      {"SizeEndsWithCr", ChunkedReason::kLineEnd, "5\rhello\r\n"},
      {"DataEndsWithLf", ChunkedReason::kLineEnd, "5\r\nhello\n"},
      {"DataIsLonger", ChunkedReason::kLineEnd, "5\r\nhelloX\r\n"},
      {"DataEndsWithCr", ChunkedReason::kLineEnd, "5\r\nhello\rX"},
      {"TrailerEndsWithLf", ChunkedReason::kLineEnd, "0\r\nA: b\n\r\n"},
      {"TrailersEndWithLf", ChunkedReason::kLineEnd, "0\r\n\n"},
      {"LastCrWithoutLf", ChunkedReason::kLineEnd, "0\r\n\rX"},
      {"TrailerWithoutColon", ChunkedReason::kTrailerSyntax, "0\r\nA\r\n\r\n"},
      {"TrailerIsFolded", ChunkedReason::kTrailerSyntax, "0\r\n A: b\r\n\r\n"},
      {"TrailerWithSpaceBeforeColon", ChunkedReason::kTrailerSyntax, "0\r\nA : b\r\n\r\n"},
      {"TrailerWithNul", ChunkedReason::kTrailerSyntax, "0\r\nA: \0\r\n\r\n"s},
      {"TrailerNameWithNul", ChunkedReason::kTrailerSyntax, "0\r\nA\0: b\r\n\r\n"s},
      {"TrailersOverLimit", ChunkedReason::kTrailersTooLarge, "0\r\nA: 345678\r\nB: 90\r\n\r\n"},
      {"ContentOverLimitAtOnce", ChunkedReason::kBodyTooLarge, "b\r\n"},
      {"ContentOverLimitTogether", ChunkedReason::kBodyTooLarge, "6\r\nhello!\r\n5\r\n"},
  };
}

class ChunkedRefusalTest : public testing::TestWithParam<Refusal> {};

TEST_P(ChunkedRefusalTest, IsRefusedForItsReason) {
  const Outcome outcome = FeedOnce(GetParam().text, kSmall);
  EXPECT_EQ(outcome.status, ChunkedStatus::kRefused);
  EXPECT_EQ(ChunkedReasonName(outcome.reason), ChunkedReasonName(GetParam().reason));
}

TEST_P(ChunkedRefusalTest, IsRefusedForItsReasonWhereverItIsSplit) {
  const std::string& text = GetParam().text;
  const Outcome whole = FeedOnce(text, kSmall);
  for (std::size_t first = 0; first <= text.size(); ++first) {
    const Outcome split = FeedAll({text.substr(0, first), text.substr(first)}, kSmall);
    EXPECT_EQ(split.status, ChunkedStatus::kRefused) << first;
    EXPECT_EQ(split.reason, whole.reason) << first;
    EXPECT_EQ(split.payload, whole.payload) << first;
  }
}

TEST_P(ChunkedRefusalTest, SaysSoAgain) {
  ChunkedBody body(kSmall);
  std::string_view rest = GetParam().text;
  ChunkedBody::Step step;
  do {
    step = body.Feed({rest.data(), rest.size()});
    rest.remove_prefix(step.consumed);
  } while (step.status == ChunkedStatus::kPayload);
  ASSERT_EQ(step.status, ChunkedStatus::kRefused);
  const std::string good = "0\r\n\r\n";
  const ChunkedBody::Step again = body.Feed({good.data(), good.size()});
  EXPECT_EQ(again.status, ChunkedStatus::kRefused);
  EXPECT_EQ(again.reason, GetParam().reason);
  EXPECT_EQ(again.consumed, 0U);
  EXPECT_FALSE(body.done());
}

INSTANTIATE_TEST_SUITE_P(Bodies, ChunkedRefusalTest, testing::ValuesIn(Refusals()), NameOf);

TEST(ChunkedReasonsTest, EveryReasonHasACaseThatYieldsItAndAName) {
  std::set<ChunkedReason> seen;
  for (const Refusal& refusal : Refusals()) seen.insert(refusal.reason);
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kChunkedReasonCount; ++i) {
    const auto reason = static_cast<ChunkedReason>(i);
    EXPECT_TRUE(names.insert(ChunkedReasonName(reason)).second) << i;
    if (i != 0) {
      EXPECT_TRUE(seen.count(reason)) << ChunkedReasonName(reason);
    }
  }
  EXPECT_EQ(ChunkedReasonName(static_cast<ChunkedReason>(kChunkedReasonCount)), "");
}

TEST(ChunkedBodyTest, HandsOutTheContentAndLeavesTheRest) {
  const Outcome outcome = FeedOnce("5\r\nhello\r\n00a\r\n, my world\r\n0\r\n\r\nGET /");
  EXPECT_EQ(outcome.status, ChunkedStatus::kDone);
  EXPECT_EQ(outcome.payload, "hello, my world");
  EXPECT_EQ(outcome.consumed, 10U + 17U + 5U);
}

TEST(ChunkedBodyTest, EverySplitGivesTheSameContent) {
  const std::string text = "5\r\nhello\r\nA\r\n, my world\r\n0\r\nX-T: y\r\n\r\n";
  for (std::size_t first = 0; first <= text.size(); ++first) {
    const Outcome outcome = FeedAll({text.substr(0, first), text.substr(first)}, {});
    EXPECT_EQ(outcome.status, ChunkedStatus::kDone) << first;
    EXPECT_EQ(outcome.payload, "hello, my world") << first;
    EXPECT_EQ(outcome.consumed, text.size()) << first;
  }
}

TEST(ChunkedBodyTest, EveryProperPrefixNeedsMore) {
  const std::string text = "2\r\nab\r\n0\r\nX: y\r\n\r\n";
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_EQ(FeedOnce(text.substr(0, size)).status, ChunkedStatus::kNeedMore) << size;
  }
}

TEST(ChunkedBodyTest, CountsTheDigitsOfEachSizeAlone) {
  std::string text;
  for (int i = 0; i < 20; ++i) text += "001\r\na\r\n";
  const Outcome outcome = FeedOnce(text + "0\r\n\r\n");
  EXPECT_EQ(outcome.status, ChunkedStatus::kDone);
  EXPECT_EQ(outcome.payload, std::string(20, 'a'));
}

TEST(ChunkedBodyTest, DropsTrailers) {
  const Outcome outcome = FeedOnce("1\r\na\r\n0\r\nCookie: b\r\nHost: c\r\n\r\n");
  EXPECT_EQ(outcome.status, ChunkedStatus::kDone);
  EXPECT_EQ(outcome.payload, "a");
}

TEST(ChunkedBodyTest, AcceptsContentAndTrailersAtTheirLimits) {
  const Outcome outcome = FeedOnce("a\r\n0123456789\r\n0\r\nA: 34567890123\r\n\r\n", kSmall);
  EXPECT_EQ(outcome.status, ChunkedStatus::kDone);
  EXPECT_EQ(outcome.payload, "0123456789");
}

TEST(ChunkedBodyTest, HandsOutNothingOfAChunkThatIsTooLarge) {
  const Outcome outcome = FeedOnce("6\r\nhello!\r\n5\r\nworld\r\n0\r\n\r\n", kSmall);
  EXPECT_EQ(outcome.reason, ChunkedReason::kBodyTooLarge);
  EXPECT_EQ(outcome.payload, "hello!");
}

TEST(ChunkedBodyTest, CountsWhatItReceived) {
  ChunkedBody body(ChunkedBody::Limits{});
  const std::string text = "3\r\nabc";
  EXPECT_EQ(body.Feed({text.data(), text.size()}).status, ChunkedStatus::kPayload);
  EXPECT_EQ(body.received(), 3U);
  EXPECT_FALSE(body.done());
}

TEST(ChunkedBodyTest, StaysDoneAndConsumesNothingMore) {
  ChunkedBody body(ChunkedBody::Limits{});
  const std::string text = "0\r\n\r\n";
  EXPECT_EQ(body.Feed({text.data(), text.size()}).status, ChunkedStatus::kDone);
  EXPECT_TRUE(body.done());
  const ChunkedBody::Step again = body.Feed({text.data(), text.size()});
  EXPECT_EQ(again.status, ChunkedStatus::kDone);
  EXPECT_EQ(again.consumed, 0U);
}

}  // namespace
}  // namespace stile
