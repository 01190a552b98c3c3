#ifndef STILE_SERVICE_MODE_ORDER_H_
#define STILE_SERVICE_MODE_ORDER_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "verifier/gate_mode.h"

namespace stile {

// The name that the configuration, metrics and logs use, such as "enforce".
[[nodiscard]] std::string_view GateModeName(GateMode mode) noexcept;

// What an order says: a mode, or, for nullopt, "configured": back to what the files say.
[[nodiscard]] std::string_view ModeWord(std::optional<GateMode> mode) noexcept;
// Reads that into `mode`. Returns false, with `mode` untouched, for any other word.
[[nodiscard]] bool ReadModeWord(std::string_view word, std::optional<GateMode>& mode) noexcept;

// How an order came.
enum class ModeSource : std::uint8_t { kOperator = 0, kFile = 1, kSignal = 2 };
// The name that metrics and logs use: "operator" is whoever uses the control socket.
[[nodiscard]] std::string_view ModeSourceName(ModeSource source) noexcept;

// "enforce|shadow|open|attack|configured" for one site or all of them, or for their rules of one
// name.
struct ModeOrder {
  static constexpr std::chrono::seconds kLongest{30 * 86'400};
  static constexpr std::size_t kMaxName = 64;  // Bytes of a site's or rule's.

  std::optional<GateMode> mode;                // nullopt: back to the configured one.
  std::string site;                            // Empty: all.
  std::string rule;                            // Empty: the site's own mode.
  std::optional<std::chrono::seconds> period;  // nullopt: until it is taken back.
  ModeSource source = ModeSource::kOperator;
  std::string by;  // Who: "uid 0".

  // Reads a form such as "mode=open&site=main&rule=docs&for=10m". Returns a sentence that says what
  // to change for an unknown, missing or repeated field, a mode or duration that isn't one, a name
  // that is too long, and a period for `configured`.
  [[nodiscard]] static tl::expected<ModeOrder, std::string> Parse(std::string_view form);
};

}  // namespace stile

#endif  // STILE_SERVICE_MODE_ORDER_H_
