#ifndef STILE_TOOL_LOG_FILE_H_
#define STILE_TOOL_LOG_FILE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <absl/status/status.h>
#include <absl/status/statusor.h>

namespace stile {

// The lines of a log: a file, plain or packed by gzip, or standard input. Holds a piece of 1 MiB
// at a time, however long the log is.
class LogFile {
 public:
  // "-" is standard input. Returns NotFound, PermissionDenied or FailedPrecondition.
  [[nodiscard]] static absl::StatusOr<LogFile> Open(const std::string& path);

  // The next line, without its line break, until the next call. Of one that is longer than
  // LogText::kMaxLine only that much and a byte. False at the end and where reading fails: see
  // status().
  [[nodiscard]] bool Next(std::string_view& line);

  [[nodiscard]] const absl::Status& status() const noexcept { return status_; }
  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }  // In bytes; 0: not known.
  [[nodiscard]] std::uint64_t bytes_read() const;  // Of size(): packed bytes of a packed file.

 private:
  struct Closer {
    void operator()(void* file) const;
  };
  LogFile(void* file, std::uint64_t size);
  // Moves what is left to the front and reads on. False if there is no more.
  bool Fill();

  std::unique_ptr<void, Closer> file_;  // A gzFile.
  std::uint64_t size_;
  std::unique_ptr<char[]> room_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool skipping_ = false;  // The rest of a line that is too long.
  bool done_ = false;
  absl::Status status_;
};

}  // namespace stile

#endif  // STILE_TOOL_LOG_FILE_H_
