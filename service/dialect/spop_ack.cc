#include "service/dialect/spop_ack.h"

#include "service/dialect/spop_frame.h"

namespace stile {
namespace {

constexpr std::uint8_t kSetVariable = 1;
constexpr std::uint8_t kSetVariableParts = 3;
constexpr std::uint8_t kScopeTransaction = 2;

void Set(std::string_view name, std::string_view value, SpopWriter& out) noexcept {
  if (value.empty()) return;
  const std::size_t before = out.size();
  out.WriteByte(kSetVariable);
  out.WriteByte(kSetVariableParts);
  out.WriteByte(kScopeTransaction);
  out.WriteString(name);
  out.WriteStringValue(value);
  if (!out.whole()) out.Rewind(before);
}

}  // namespace

void WriteSpopAck(std::uint64_t stream, std::uint64_t id, const SpopVariables& variables,
                  SpopWriter& out) noexcept {
  BeginSpopFrame(SpopFrameType::kAck, stream, id, out);
  Set("action", variables.action, out);
  Set("verdict", variables.verdict, out);
  Set("ctx", variables.context, out);
  Set("rule", variables.rule, out);
  Set("setcookie", variables.cookie, out);
  EndSpopFrame(out);
}

}  // namespace stile
