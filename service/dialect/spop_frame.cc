#include "service/dialect/spop_frame.h"

#include <array>

namespace stile {
namespace {

constexpr std::uint32_t kFinished = 1;
constexpr std::uint32_t kAborted = 2;

constexpr std::array<std::string_view, kSpopStatusCount> kNames = {
    "normal",
    "io",
    "timeout",
    "too-big",
    "invalid",
    "version-missing",
    "frame-size-missing",
    "capabilities-missing",
    "version",
    "frame-size",
    "fragmented",
    "interlaced",
    "frame-id-unknown",
    "resources",
};
static_assert(static_cast<std::size_t>(SpopStatus::kResources) + 1 == kSpopStatusCount);
static_assert(!kNames.back().empty());

SpopFrameResult Refusal(SpopStatus reason) noexcept {
  SpopFrameResult result;
  result.status = SpopFrameResult::Status::kRefused;
  result.reason = reason;
  return result;
}

SpopFrameResult Missing(std::size_t size) noexcept {
  SpopFrameResult result;
  result.status = SpopFrameResult::Status::kNeedMore;
  result.size = size;
  return result;
}

// Frames of types that nobody knows are skipped, whatever they are like.
bool IsOfHaproxy(SpopFrameType type) noexcept {
  return type == SpopFrameType::kUnset || type == SpopFrameType::kHaproxyHello ||
         type == SpopFrameType::kHaproxyDisconnect || type == SpopFrameType::kNotify;
}

}  // namespace

std::string_view SpopStatusName(SpopStatus status) noexcept {
  const auto index = static_cast<std::size_t>(status);
  return index < kNames.size() ? kNames[index] : std::string_view();
}

SpopFrameResult ReadSpopFrame(std::string_view bytes, std::uint32_t limit) noexcept {
  SpopReader length(bytes);
  std::uint32_t size = 0;
  if (!length.ReadUint32(size)) return Missing(kSpopLengthSize - bytes.size());
  if (size > limit) return Refusal(SpopStatus::kTooBig);
  if (length.rest().size() < size) return Missing(size - length.rest().size());

  SpopFrameResult result;
  SpopFrame& frame = result.frame;
  SpopReader reader(length.rest().substr(0, size));
  std::uint8_t type = 0;
  std::uint32_t flags = 0;
  if (!reader.ReadByte(type) || !reader.ReadUint32(flags) || !reader.ReadVarint(frame.stream) ||
      !reader.ReadVarint(frame.id)) {
    return Refusal(SpopStatus::kInvalid);
  }
  frame.type = static_cast<SpopFrameType>(type);
  if (IsOfHaproxy(frame.type)) {
    if ((flags & kAborted) != 0) return Refusal(SpopStatus::kInvalid);
    if ((flags & kFinished) == 0 || frame.type == SpopFrameType::kUnset) {
      return Refusal(SpopStatus::kFragmented);
    }
  }
  frame.payload = reader.rest();
  result.status = SpopFrameResult::Status::kComplete;
  result.size = kSpopLengthSize + size;
  return result;
}

void BeginSpopFrame(SpopFrameType type, std::uint64_t stream, std::uint64_t id,
                    SpopWriter& out) noexcept {
  out.WriteUint32(0);
  out.WriteByte(static_cast<std::uint8_t>(type));
  out.WriteUint32(kFinished);
  out.WriteVarint(stream);
  out.WriteVarint(id);
}

void EndSpopFrame(SpopWriter& out) noexcept {
  out.PutUint32(0, static_cast<std::uint32_t>(out.size() - kSpopLengthSize));
}

void WriteSpopDisconnect(SpopStatus status, SpopWriter& out) noexcept {
  BeginSpopFrame(SpopFrameType::kAgentDisconnect, 0, 0, out);
  out.WriteString("status-code");
  out.WriteUint32Value(static_cast<std::uint32_t>(status));
  out.WriteString("message");
  out.WriteStringValue(SpopStatusName(status));
  EndSpopFrame(out);
}

}  // namespace stile
