#include "service/mode_order.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "service/order_fields.h"
#include "verifier/policy/text/duration.h"

namespace stile {
namespace {

// What may come before '=' in a form.
constexpr std::string_view kFields[] = {"mode", "site", "rule", "for"};

constexpr std::pair<std::string_view, std::optional<GateMode>> kWords[] = {
    {"enforce", GateMode::kEnforce}, {"shadow", GateMode::kShadow}, {"open", GateMode::kOpen},
    {"attack", GateMode::kAttack},   {"configured", std::nullopt},
};

}  // namespace

std::string_view GateModeName(GateMode mode) noexcept {
  switch (mode) {
    case GateMode::kEnforce:
      return "enforce";
    case GateMode::kShadow:
      return "shadow";
    case GateMode::kOpen:
      return "open";
    case GateMode::kAttack:
      return "attack";
  }
  return "enforce";
}

std::string_view ModeWord(std::optional<GateMode> mode) noexcept {
  return mode ? GateModeName(*mode) : std::string_view("configured");
}

bool ReadModeWord(std::string_view word, std::optional<GateMode>& mode) noexcept {
  const auto* known = std::find_if(std::begin(kWords), std::end(kWords),
                                   [word](const auto& entry) { return entry.first == word; });
  if (known == std::end(kWords)) return false;
  mode = known->second;
  return true;
}

std::string_view ModeSourceName(ModeSource source) noexcept {
  switch (source) {
    case ModeSource::kOperator:
      return "operator";
    case ModeSource::kFile:
      return "file";
    case ModeSource::kSignal:
      return "signal";
  }
  return "operator";
}

tl::expected<ModeOrder, std::string> ModeOrder::Parse(std::string_view form) {
  const auto refuse = [](const char* why) { return tl::unexpected(std::string(why)); };
  std::string_view values[std::size(kFields)] = {};
  if (!ReadOrderFields(form, kFields, values)) {
    return refuse(
        "write mode=enforce, shadow, open, attack or configured, and at most one site=NAME, "
        "rule=NAME and for=10m");
  }
  ModeOrder order;
  if (!ReadModeWord(values[0], order.mode)) {
    return refuse("the mode must be enforce, shadow, open, attack or configured");
  }
  if (values[1].size() > kMaxName || values[2].size() > kMaxName) {
    return refuse("a name has at most 64 bytes");
  }
  order.site = std::string(values[1]);
  order.rule = std::string(values[2]);
  if (!values[3].empty()) {
    order.period = ParseDuration(values[3]);
    if (!order.period || *order.period < std::chrono::seconds{1} || *order.period > kLongest) {
      return refuse("the time must be digits and s, m, h or d, from 1s to 30d");
    }
    if (!order.mode) return refuse("configured is for good: leave out the time");
  }
  return order;
}

}  // namespace stile
