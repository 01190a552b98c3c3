#include "tool/log_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstring>

#include "tool/log_line.h"

namespace stile {
namespace {

constexpr std::size_t kRoom = std::size_t{1} << 20;

}  // namespace

void LogFile::Closer::operator()(void* file) const { gzclose(static_cast<gzFile>(file)); }

LogFile::LogFile(void* file, std::uint64_t size)
    : file_(file), size_(size), room_(std::make_unique<char[]>(kRoom)) {}

absl::StatusOr<LogFile> LogFile::Open(const std::string& path) {
  const int descriptor =
      path == "-" ? dup(STDIN_FILENO) : open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0) return absl::Status(absl::ErrnoToStatusCode(errno), std::strerror(errno));
  struct stat about {};
  if (fstat(descriptor, &about) != 0 || S_ISDIR(about.st_mode)) {
    close(descriptor);
    return absl::FailedPreconditionError("it is a directory");
  }
  gzFile file = gzdopen(descriptor, "rb");
  if (file == nullptr) {
    close(descriptor);
    return absl::InternalError("there is no memory to read it");
  }
  gzbuffer(file, 256 * 1024);
  return LogFile(file, S_ISREG(about.st_mode) ? static_cast<std::uint64_t>(about.st_size) : 0);
}

std::uint64_t LogFile::bytes_read() const {
  const z_off_t offset = gzoffset(static_cast<gzFile>(file_.get()));
  return offset < 0 ? 0 : static_cast<std::uint64_t>(offset);
}

bool LogFile::Fill() {
  if (done_) return false;
  if (begin_ != 0) std::memmove(room_.get(), room_.get() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  const auto file = static_cast<gzFile>(file_.get());
  const int got = gzread(file, room_.get() + end_, static_cast<unsigned>(kRoom - end_));
  int code = Z_OK;
  const char* const message = gzerror(file, &code);
  if (got < 0 || (code != Z_OK && code != Z_STREAM_END)) {
    status_ = absl::DataLossError(code == Z_ERRNO ? std::strerror(errno) : message);
  }
  if (got > 0) return end_ += static_cast<std::size_t>(got), true;
  done_ = true;
  return false;
}

bool LogFile::Next(std::string_view& line) {
  while (true) {
    const char* const begin = room_.get() + begin_;
    const std::size_t held = end_ - begin_;
    const auto* const end = static_cast<const char*>(std::memchr(begin, '\n', held));
    if (end != nullptr) {
      line = {begin, static_cast<std::size_t>(end - begin)};
      begin_ += line.size() + 1;
      if (skipping_) {
        skipping_ = false;
        continue;
      }
      line = line.substr(0, LogText::kMaxLine + 1);
      return true;
    }
    if (held > LogText::kMaxLine) {
      line = {begin, LogText::kMaxLine + 1};
      begin_ = end_;
      if (!skipping_) return skipping_ = true;
    } else if (skipping_) {
      begin_ = end_;
    }
    if (Fill()) continue;
    if (begin_ == end_ || skipping_) return false;
    line = {room_.get() + begin_, end_ - begin_};
    begin_ = end_;
    return true;
  }
}

}  // namespace stile
