#ifndef STILE_SERVICE_FILE_TEXT_H_
#define STILE_SERVICE_FILE_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

#include "challenge/error.h"

namespace stile {

struct FileText {
  std::string text;
  bool readable_by_others = false;  // By the file's group or by everybody.
};

// Reads the regular file at `path`. Its size is checked before a byte is read, and again while it
// is read. Returns NotFound, PermissionDenied, OutOfRange if it has more than `limit` bytes, or
// FailedPrecondition for anything that is not a regular file, with a message that doesn't repeat
// the path.
[[nodiscard]] absl::StatusOr<FileText> ReadFile(const std::string& path, std::size_t limit);

// Writes what the regular file at `path` holds to the descriptor `to`, piece by piece. Refuses what
// ReadFile refuses, or returns what the system said.
[[nodiscard]] absl::Status CopyFile(const std::string& path, std::size_t limit, int to);

// The first bytes of the regular file at `path`, at most `limit`; empty if it can't be read.
[[nodiscard]] std::string ReadStart(const std::string& path, std::size_t limit);

// Replaces the file at `path` with `text` in one step, so that a reader and a crash see the old one
// or the new one: writes beside it with mode 0600, flushes, renames. Returns what failed.
[[nodiscard]] absl::Status ReplaceFile(const std::string& path, std::string_view text);

// What a mistake in a configuration calls the failure `status`.
[[nodiscard]] ErrorCode CodeOf(const absl::Status& status);

}  // namespace stile

#endif  // STILE_SERVICE_FILE_TEXT_H_
