#include "service/dialect/spop_frame.h"

#include <array>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "service/config.h"
#include "service/overload_answer.h"
#include "tests/service/dialect/spop_text.h"

namespace stile {
namespace {

using Status = SpopFrameResult::Status;
using std::string_view_literals::operator""sv;

constexpr std::uint32_t kLimit = 1'000;

void ExpectRefused(std::string_view bytes, SpopStatus reason) {
  const SpopFrameResult result = ReadSpopFrame(bytes, kLimit);
  EXPECT_EQ(result.status, Status::kRefused);
  EXPECT_EQ(result.reason, reason);
}

TEST(SpopFrameTest, ReadsTypeStreamIdAndPayload) {
  const std::string text = SpopFrameText(3, "payload", 300, 7) + "more";
  const SpopFrameResult result = ReadSpopFrame(text, kLimit);
  ASSERT_EQ(result.status, Status::kComplete);
  EXPECT_EQ(result.size, text.size() - 4);
  EXPECT_EQ(result.frame.type, SpopFrameType::kNotify);
  EXPECT_EQ(result.frame.stream, 300U);
  EXPECT_EQ(result.frame.id, 7U);
  EXPECT_EQ(result.frame.payload, "payload");
}

TEST(SpopFrameTest, SaysHowMuchIsMissingWhereverItIsCut) {
  const std::string text = SpopFrameText(3, "payload", 300, 7);
  for (std::size_t size = 0; size < text.size(); ++size) {
    const SpopFrameResult result = ReadSpopFrame(text.substr(0, size), kLimit);
    ASSERT_EQ(result.status, Status::kNeedMore) << size;
    EXPECT_EQ(result.size, size < 4 ? 4 - size : text.size() - size);
  }
}

TEST(SpopFrameTest, FrameOfExactlyTheLimitIsTaken) {
  const std::string text = SpopFrameText(3, std::string(kLimit - 7, 'a'));
  EXPECT_EQ(ReadSpopFrame(text, kLimit).status, Status::kComplete);
}

TEST(SpopFrameTest, FrameOverTheLimitIsRefusedByItsLengthAlone) {
  ExpectRefused("\x00\x00\x03\xE9"sv, SpopStatus::kTooBig);
  ExpectRefused("\xFF\xFF\xFF\xFF"sv, SpopStatus::kTooBig);
}

TEST(SpopFrameTest, FrameThatIsNotFinishedIsRefusedAsFragmented) {
  ExpectRefused(SpopFrameText(3, "payload", 1, 1, 0), SpopStatus::kFragmented);
}

TEST(SpopFrameTest, FrameThatGoesOnIsRefusedAsFragmented) {
  ExpectRefused(SpopFrameText(0, "payload", 1, 1, 1), SpopStatus::kFragmented);
}

TEST(SpopFrameTest, AbortedFrameIsRefused) {
  ExpectRefused(SpopFrameText(3, "payload", 1, 1, 3), SpopStatus::kInvalid);
}

TEST(SpopFrameTest, FrameWithoutItsOwnBeginningIsRefused) {
  ExpectRefused("\x00\x00\x00\x00"sv, SpopStatus::kInvalid);
  ExpectRefused("\x00\x00\x00\x06\x03\x00\x00\x00\x01\x01"sv, SpopStatus::kInvalid);
  ExpectRefused("\x00\x00\x00\x07\x03\x00\x00\x00\x01\x01\xF0"sv, SpopStatus::kInvalid);
}

TEST(SpopFrameTest, FrameOfATypeThatNobodyKnowsIsRead) {
  const SpopFrameResult result = ReadSpopFrame(SpopFrameText(77, "payload", 1, 1, 0), kLimit);
  EXPECT_EQ(result.status, Status::kComplete);
  EXPECT_EQ(static_cast<int>(result.frame.type), 77);
}

TEST(SpopFrameTest, DisconnectSaysTheStatusAndItsName) {
  std::array<char, kSpopDisconnectRoom> room{};
  for (std::size_t i = 0; i < kSpopStatusCount; ++i) {
    const auto status = static_cast<SpopStatus>(i);
    SpopWriter writer(room);
    WriteSpopDisconnect(status, writer);
    EXPECT_TRUE(writer.whole());
    EXPECT_EQ(writer.view(),
              SpopFrameText(102, SpopPairs({{"status-code", SpopUint32(i)},
                                            {"message", SpopText(SpopStatusName(status))}})));
  }
}

TEST(SpopFrameTest, ConnectionOverTheirNumberIsToldSoInAFrame) {
  std::array<char, kSpopDisconnectRoom> room{};
  SpopWriter writer(room);
  WriteSpopDisconnect(SpopStatus::kResources, writer);
  EXPECT_EQ(FullAnswer(ListenerMode::kSpop), writer.view());
}

}  // namespace
}  // namespace stile
