#ifndef STILE_SERVICE_RUN_RECORD_H_
#define STILE_SERVICE_RUN_RECORD_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "challenge/unix_millis.h"
#include "service/config.h"

namespace stile {

// One process, told apart from a later one of the same number.
struct ProcessName {
  std::int64_t pid = 0;
  std::uint64_t started = 0;  // Field 22 of /proc/<pid>/stat; 0: not known.

  [[nodiscard]] static ProcessName OfThisProcess();
  // True if it is another process that still runs.
  [[nodiscard]] bool IsAnotherAlive() const;

  friend bool operator==(const ProcessName&, const ProcessName&) = default;
};

// What a process writes down about its own run, so that the next one knows how it ended. Digests
// are DigestOf's, of what the files said.
struct RunRecord {
  static constexpr std::size_t kMaxCrashes = 100;

  ProcessName process;
  // What the files said that it began with, or reloaded last; empty: they were wrong.
  std::string digest;
  bool ended = false;               // In order: whoever ended it meant to.
  std::vector<UnixMillis> crashes;  // When ends that were not in order were found, with `digest`.
  // Until when `digest` is not served, since processes that served it crashed; 0: it is.
  UnixMillis pinned_until;
  std::string refused;       // What a reload refused last; empty: nothing.
  bool rolled_back = false;  // It was admitted, and then turned away too many.

  [[nodiscard]] bool IsPinned(UnixMillis now) const { return now < pinned_until; }

  friend bool operator==(const RunRecord&, const RunRecord&) = default;
};

// The record of a run of `process` that begins at `now` over files of this digest, after that of
// `last`. `last_is_alive`: the process that wrote it goes on, and hands over. The end of a process
// that served something else than the files of its time counts for nothing. A pin that is over, or
// that a clock was set back from, gives the files one more chance.
[[nodiscard]] RunRecord NextRun(const RunRecord& last, bool last_is_alive, ProcessName process,
                                std::string digest, UnixMillis now, const AdmissionConfig& config);

// The file `run` in the state directory. NotFound if there is none, DataLoss if it is damaged.
[[nodiscard]] absl::StatusOr<RunRecord> ReadRun(const std::string& directory);
// Makes the directory if it is missing. Returns what the system said.
[[nodiscard]] absl::Status WriteRun(const std::string& directory, const RunRecord& record);

// The record as text, with a line for each member in order:
//
//   stile-run 1 <SHA-256 of the rest, hex>\n
//   process <pid> <started>\n
//   digest <hex>|-\n
//   ended 0|1\n
//   crashes <count> <Unix milliseconds>...\n
//   pinned <Unix milliseconds>\n
//   refused <hex>|-\n  or, with rolled_back:  rolled-back <hex>\n
[[nodiscard]] std::string FormatRun(const RunRecord& record);
[[nodiscard]] absl::StatusOr<RunRecord> ParseRun(std::string_view text);

}  // namespace stile

#endif  // STILE_SERVICE_RUN_RECORD_H_
