// What HAProxy says over SPOP: the input as a stream of frames, and as the payload of one, which a
// mutation of a frame would hardly ever leave whole. What is read lies inside of the input and is
// no more than was allowed, and what is written is read the same.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "service/dialect/spop_ack.h"
#include "service/dialect/spop_frame.h"
#include "service/dialect/spop_hello.h"
#include "service/dialect/spop_message.h"
#include "service/request_head.h"
#include "tests/fuzz/fuzz_target.h"

namespace stile {
namespace {

constexpr std::uint32_t kLimit = 4'096;

bool IsInside(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void JudgeHello(const SpopFrame& frame) {
  SpopHello hello;
  const SpopStatus status = ReadSpopHello(frame, hello);
  STILE_REQUIRE(!SpopStatusName(status).empty());
  if (status != SpopStatus::kNormal) return Reach("refused hello");
  STILE_REQUIRE(hello.max_frame_size >= kLeastSpopFrame);
  Reach(hello.health_check ? "health check" : "hello");
}

void JudgeMessages(std::string_view payload) {
  SpopDescription description;
  DescriptionReason reason = DescriptionReason::kNone;
  if (!ReadSpopMessages(payload, description, reason)) return Reach("no messages");
  STILE_REQUIRE(!DescriptionReasonName(reason).empty());
  if (reason != DescriptionReason::kNone) return Reach("message without a request");
  STILE_REQUIRE(IsInside(description.method, payload) && IsInside(description.fields, payload));
  STILE_REQUIRE(IsInside(description.uri, payload) || description.uri == "*");
  std::string text(SpopHeadSize(description), '\0');
  WriteSpopHead(description, text);
  STILE_REQUIRE(text.starts_with(description.method) && text.ends_with(description.fields));
  RequestHead head;
  const HeadResult read = head.Read(text, HeadLimits{});
  if (read.status != HeadStatus::kComplete || read.size != text.size()) {
    return Reach("message without a head");
  }
  // Nothing in the fields becomes the method or the target.
  STILE_REQUIRE(head.method() == description.method && head.target() == description.uri);
  Reach("request");
}

void JudgeNumber(std::string_view input) {
  SpopReader reader(input);
  std::uint64_t number = 0;
  if (!reader.ReadVarint(number)) return;
  std::array<char, 16> room{};
  SpopWriter writer(room);
  writer.WriteVarint(number);
  STILE_REQUIRE(writer.view() == input.substr(0, input.size() - reader.rest().size()));
}

// An answer into room of any size is a whole frame that says what is to be done.
void JudgeAck(std::string_view input) {
  std::array<char, kSpopLengthSize + kLeastSpopFrame> room{};
  SpopWriter writer(room);
  WriteSpopAck(input.size(),
               HashOf({reinterpret_cast<const std::uint8_t*>(input.data()), input.size()}),
               {"challenge", "valid", input, input, input}, writer);
  const SpopFrameResult read = ReadSpopFrame(writer.view(), kLeastSpopFrame);
  STILE_REQUIRE(writer.whole() && read.status == SpopFrameResult::Status::kComplete);
  STILE_REQUIRE(read.size == writer.size() && read.frame.stream == input.size());
  STILE_REQUIRE(read.frame.payload.find("challenge") != std::string_view::npos);
}

}  // namespace

void FuzzSpop(FuzzInput input) {
  const std::string_view text = TextOf(input);
  JudgeNumber(text);
  JudgeAck(text);
  JudgeMessages(text);
  JudgeHello({SpopFrameType::kHaproxyHello, 0, 0, text});
  std::string_view rest = text;
  while (true) {
    const SpopFrameResult read = ReadSpopFrame(rest, kLimit);
    if (read.status == SpopFrameResult::Status::kRefused) {
      STILE_REQUIRE(read.reason != SpopStatus::kNormal);
      return Reach("refused frame");
    }
    if (read.status == SpopFrameResult::Status::kNeedMore) {
      STILE_REQUIRE(read.size > 0 && read.size <= kLimit + kSpopLengthSize);
      return Reach("half a frame");
    }
    STILE_REQUIRE(read.status == SpopFrameResult::Status::kComplete && read.size <= rest.size());
    STILE_REQUIRE(read.size <= kLimit + kSpopLengthSize && IsInside(read.frame.payload, rest));
    if (read.frame.type == SpopFrameType::kHaproxyHello) JudgeHello(read.frame);
    if (read.frame.type == SpopFrameType::kNotify) JudgeMessages(read.frame.payload);
    rest.remove_prefix(read.size);
  }
}

}  // namespace stile
