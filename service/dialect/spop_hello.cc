#include "service/dialect/spop_hello.h"

#include <limits>
#include <optional>
#include <string_view>

#include "challenge/ascii_text.h"

namespace stile {
namespace {

// The values of the keys that matter, as they came.
struct Keys {
  std::optional<std::string_view> versions;
  std::optional<std::uint64_t> max_frame_size;
  std::optional<std::string_view> capabilities;
  std::optional<std::uint64_t> health_check;
};

bool KeepText(const SpopValue& value, std::optional<std::string_view>& out) noexcept {
  if (out || value.type != SpopType::kString) return false;
  out = value.bytes;
  return true;
}

bool KeepNumber(const SpopValue& value, SpopType type, std::optional<std::uint64_t>& out) noexcept {
  if (out || value.type != type) return false;
  out = value.number;
  return true;
}

bool ReadKeys(SpopReader reader, Keys& keys) noexcept {
  while (!reader.at_end()) {
    std::string_view name;
    SpopValue value;
    if (!reader.ReadString(name) || !reader.ReadValue(value)) return false;
    bool kept = true;
    if (name == "supported-versions") {
      kept = KeepText(value, keys.versions);
    } else if (name == "max-frame-size") {
      kept = KeepNumber(value, SpopType::kUint32, keys.max_frame_size);
    } else if (name == "capabilities") {
      kept = KeepText(value, keys.capabilities);
    } else if (name == "healthcheck") {
      kept = KeepNumber(value, SpopType::kBoolean, keys.health_check);
    }
    if (!kept) return false;
  }
  return true;
}

// Whoever names a version speaks all the minor ones before it.
bool SpeaksTwo(std::string_view versions) noexcept {
  while (true) {
    const std::size_t comma = versions.find(',');
    const std::string_view version = TrimBlanks(versions.substr(0, comma));
    if (version.size() > 2 && version.starts_with("2.") &&
        version.find_first_not_of("0123456789", 2) == std::string_view::npos) {
      return true;
    }
    if (comma == std::string_view::npos) return false;
    versions.remove_prefix(comma + 1);
  }
}

}  // namespace

SpopStatus ReadSpopHello(const SpopFrame& frame, SpopHello& out) noexcept {
  Keys keys;
  if (frame.stream != 0 || frame.id != 0 || !ReadKeys(SpopReader(frame.payload), keys)) {
    return SpopStatus::kInvalid;
  }
  if (!keys.versions) return SpopStatus::kVersionMissing;
  if (!keys.max_frame_size) return SpopStatus::kFrameSizeMissing;
  if (!keys.capabilities) return SpopStatus::kCapabilitiesMissing;
  if (!SpeaksTwo(*keys.versions)) return SpopStatus::kVersion;
  const std::uint64_t size = *keys.max_frame_size;
  if (size < kLeastSpopFrame || size > std::numeric_limits<std::uint32_t>::max() ||
      size < frame.payload.size()) {
    return SpopStatus::kFrameSize;
  }
  out.max_frame_size = static_cast<std::uint32_t>(size);
  out.health_check = keys.health_check.value_or(0) != 0;
  return SpopStatus::kNormal;
}

void WriteSpopHello(std::uint32_t max_frame_size, SpopWriter& out) noexcept {
  BeginSpopFrame(SpopFrameType::kAgentHello, 0, 0, out);
  out.WriteString("version");
  out.WriteStringValue("2.0");
  out.WriteString("max-frame-size");
  out.WriteUint32Value(max_frame_size);
  out.WriteString("capabilities");
  out.WriteStringValue("pipelining");
  EndSpopFrame(out);
}

}  // namespace stile
