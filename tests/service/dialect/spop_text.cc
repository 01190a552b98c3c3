#include "tests/service/dialect/spop_text.h"

#include "challenge/concat.h"

namespace stile {

std::string SpopVarint(std::uint64_t number) {
  if (number < 240) return {static_cast<char>(number)};
  std::string text = {static_cast<char>(0xF0 | (number & 0x0F))};
  for (number = (number - 240) / 16; number >= 128; number = (number - 128) / 128) {
    text += static_cast<char>(0x80 | (number & 0x7F));
  }
  return text + static_cast<char>(number);
}

std::string SpopString(std::string_view text) { return Concat(SpopVarint(text.size()), text); }

std::string SpopText(std::string_view text) { return Concat("\x08", SpopString(text)); }

std::string SpopUint32(std::uint32_t number) { return Concat("\x03", SpopVarint(number)); }

std::string SpopBool(bool value) { return value ? "\x11" : "\x01"; }

std::string SpopIpv4(std::string_view four_bytes) { return Concat("\x06", four_bytes); }

std::string SpopPairs(const SpopList& list) {
  std::string text;
  for (const auto& [name, value] : list) text += SpopString(name) + value;
  return text;
}

std::string SpopMessage(const SpopList& arguments, std::string_view name) {
  return SpopString(name) + static_cast<char>(arguments.size()) + SpopPairs(arguments);
}

std::string SpopFrameText(int type, std::string_view payload, std::uint64_t stream,
                          std::uint64_t id, std::uint32_t flags) {
  const auto number = [](std::uint32_t value) {
    std::string text;
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(value >> shift);
    return text;
  };
  const std::string frame = static_cast<char>(type) + number(flags) + SpopVarint(stream) +
                            SpopVarint(id) + std::string(payload);
  return number(static_cast<std::uint32_t>(frame.size())) + frame;
}

SpopList HelloKeys(std::uint32_t max_frame_size) {
  return {{"supported-versions", SpopText("2.0")},
          {"max-frame-size", SpopUint32(max_frame_size)},
          {"capabilities", SpopText("pipelining,async")},
          {"engine-id", SpopText("0B4CE2C9-7A3B-4D0F-8E35-6F8C2D0B1A57")}};
}

std::string HelloText(std::uint32_t max_frame_size) {
  return SpopFrameText(1, SpopPairs(HelloKeys(max_frame_size)));
}

std::string HealthCheckText() {
  return SpopFrameText(1, SpopPairs({{"supported-versions", SpopText("2.0")},
                                     {"max-frame-size", SpopUint32(16'380)},
                                     {"capabilities", SpopText("")},
                                     {"healthcheck", SpopBool(true)}}));
}

}  // namespace stile
