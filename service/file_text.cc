#include "service/file_text.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstring>

#include "challenge/concat.h"
#include "engine/config/file_path.h"

namespace stile {
namespace {

// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

absl::Status SystemError(const std::string& what) {
  const int number = errno;
  return absl::ErrnoToStatus(number, what);
}

absl::Status TooLarge(std::uint64_t size, std::size_t limit) {
  return absl::OutOfRangeError(Concat("it has ", size, " bytes or more: use at most ", limit));
}

// O_NONBLOCK: opening a pipe must not wait for its other end.
Descriptor Open(const std::string& path) {
  return Descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

// Hands what the file holds to `take`, which returns a Status, piece by piece; at most `limit`
// bytes.
template <typename Take>
absl::Status ReadPieces(int fd, std::size_t limit, Take take) {
  char buffer[16 * 1024];
  while (limit > 0) {
    const ssize_t got = ::read(fd, buffer, std::min(limit, sizeof buffer));
    if (got < 0) {
      if (errno == EINTR) continue;
      return SystemError("it can't be read");
    }
    if (got == 0) break;
    const std::string_view piece(buffer, static_cast<std::size_t>(got));
    if (absl::Status taken = take(piece); !taken.ok()) return taken;
    limit -= piece.size();
  }
  return absl::OkStatus();
}

// Appends what the file holds to `text`, at most `limit` bytes.
absl::Status ReadUpTo(int fd, std::size_t limit, std::string& text) {
  return ReadPieces(fd, limit, [&text](std::string_view piece) {
    text.append(piece);
    return absl::OkStatus();
  });
}

// What ReadFile and CopyFile refuse before they read a byte.
absl::StatusOr<struct stat> Examine(const Descriptor& file, std::size_t limit) {
  if (file.get() < 0) return SystemError("it can't be opened");
  struct stat status = {};
  if (::fstat(file.get(), &status) != 0) return SystemError("it can't be examined");
  if (!S_ISREG(status.st_mode)) return absl::FailedPreconditionError("it is not a regular file");
  if (static_cast<std::uint64_t>(status.st_size) > limit) {
    return TooLarge(static_cast<std::uint64_t>(status.st_size), limit);
  }
  return status;
}

absl::Status WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return SystemError("write");
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<FileText> ReadFile(const std::string& path, std::size_t limit) {
  const Descriptor file = Open(path);
  const absl::StatusOr<struct stat> status = Examine(file, limit);
  if (!status.ok()) return status.status();
  FileText file_text;
  file_text.readable_by_others = (status->st_mode & (S_IRWXG | S_IRWXO)) != 0;
  // One byte more than allowed, for a file that grows meanwhile.
  if (absl::Status read = ReadUpTo(file.get(), limit + 1, file_text.text); !read.ok()) return read;
  if (file_text.text.size() > limit) return TooLarge(file_text.text.size(), limit);
  return file_text;
}

absl::Status CopyFile(const std::string& path, std::size_t limit, int to) {
  const Descriptor file = Open(path);
  if (const auto status = Examine(file, limit); !status.ok()) return status.status();
  std::size_t copied = 0;
  return ReadPieces(file.get(), limit + 1, [&](std::string_view piece) {
    copied += piece.size();
    return copied > limit ? TooLarge(copied, limit) : WriteAll(to, piece);
  });
}

std::string ReadStart(const std::string& path, std::size_t limit) {
  const Descriptor file = Open(path);
  struct stat status = {};
  if (file.get() < 0 || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return "";
  std::string text;
  if (!ReadUpTo(file.get(), limit, text).ok()) return "";
  return text;
}

absl::Status ReplaceFile(const std::string& path, std::string_view text) {
  const std::string beside = path + ".new";
  {
    const Descriptor file(
        ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (file.get() < 0) return SystemError(Concat("open ", beside));
    if (absl::Status status = WriteAll(file.get(), text); !status.ok()) return status;
    if (::fsync(file.get()) != 0) return SystemError(Concat("fsync ", beside));
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) return SystemError(Concat("rename ", beside));
  const Descriptor directory(::open(DirectoryOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (directory.get() < 0 || ::fsync(directory.get()) != 0) return SystemError("fsync directory");
  return absl::OkStatus();
}

ErrorCode CodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOutOfRange:
      return ErrorCode::kOutOfRange;
    case absl::StatusCode::kNotFound:
      return ErrorCode::kFailedPrecondition;
    default:
      return ErrorCode::kInvalidArgument;
  }
}

}  // namespace stile
