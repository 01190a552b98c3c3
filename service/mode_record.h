#ifndef STILE_SERVICE_MODE_RECORD_H_
#define STILE_SERVICE_MODE_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "challenge/unix_millis.h"
#include "service/boot_clock.h"
#include "service/mode_overrides.h"

namespace stile {

// Which state of a mode file was taken last, so that a restart doesn't take it again.
struct TakenModeFile {
  std::int64_t written = 0;  // As in ModeFileLook.
  std::string digest;        // SHA-256 of its text, 64 hex digits.

  friend bool operator==(const TakenModeFile&, const TakenModeFile&) = default;
};

// The orders about modes, as they are kept over a restart.
struct ModeRecord {
  static constexpr std::size_t kMaxBytes = 512 * 1024;

  std::string boot_id;             // As in BootId; may be empty.
  BootClock::time_point recorded;  // By that boot's clock, which `ends` of the orders is by, too.
  std::optional<TakenModeFile> file;
  std::vector<ModeOverride> orders;  // The latest last.
};

// As text, where what a name may hold is percent-encoded:
//
//   stile-modes 1 <SHA-256 of the rest, hex>\n
//   boot <boot id, or -> <ms of its clock>\n
//   file <ns since 1970> <SHA-256, hex>\n                                      or nothing
//   order <word> <source> <since> <until, or -> <ms left, or -> <site> <rule> <by>\n    for each
[[nodiscard]] std::string FormatModeRecord(const ModeRecord& record);
// Returns DataLoss with what is wrong.
[[nodiscard]] absl::StatusOr<ModeRecord> ParseModeRecord(std::string_view text);

// The orders of `record` that still hold, by the clocks of a process that starts now. Of a time
// limit as much is left as the clock that says least has it: what was left when it was recorded,
// less what this boot's clock has gone on since; and what the wall clock has until its end. So a
// clock that was set back prolongs no order beyond what was left of it.
[[nodiscard]] std::vector<ModeOverride> OrdersThatHold(const ModeRecord& record, UnixMillis now,
                                                       std::string_view boot_id,
                                                       BootClock::time_point boot_now);

}  // namespace stile

#endif  // STILE_SERVICE_MODE_RECORD_H_
