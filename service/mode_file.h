#ifndef STILE_SERVICE_MODE_FILE_H_
#define STILE_SERVICE_MODE_FILE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "challenge/unix_millis.h"
#include "service/mode_order.h"

namespace stile {

// One order of a mode file.
struct ModeFileOrder {
  std::optional<GateMode> mode;
  std::string site;
  std::string rule;
  std::optional<UnixMillis> until;             // As it says, or
  std::optional<std::chrono::seconds> period;  // from when the file was written.
};

inline constexpr std::size_t kMaxModeFile = 16 * 1024;  // Bytes.
inline constexpr std::size_t kMaxModeFileOrders = 100;

// Reads what a person writes into a file when nothing else works:
//
//   # what begins so is for people
//   open
//   shadow site=shop
//   open site=main rule=docs until=2026-11-26T12:00:00Z
//   attack for=1h
//
// One order a line: a word of ModeWord, then fields, each at most once, with spaces or tabs
// between. A file without orders takes back what it said before. Returns the first mistake, as
// "line 3: ...": too many bytes or orders, a line over 512 bytes or with a control byte, an unknown
// word, field, name or time, both times at once, or one for `configured`.
[[nodiscard]] tl::expected<std::vector<ModeFileOrder>, std::string> ParseModeFile(
    std::string_view text);

// What is at a path where a mode file may be.
struct ModeFileLook {
  enum class State : std::uint8_t { kAbsent = 0, kUnreadable = 1, kRead = 2 };
  State state = State::kAbsent;
  std::string text;          // With kRead.
  std::int64_t written = 0;  // When, in nanoseconds since 1970.
  std::uint32_t owner = 0;
  std::string why;  // With kUnreadable: what to change.

  friend bool operator==(const ModeFileLook&, const ModeFileLook&) = default;
};

// Looks at a regular file of at most kMaxModeFile bytes. One that everybody may write is
// kUnreadable, since an order in it would be anybody's; so is one whose folder can't be entered.
[[nodiscard]] ModeFileLook LookAtModeFile(const std::string& path);

}  // namespace stile

#endif  // STILE_SERVICE_MODE_FILE_H_
