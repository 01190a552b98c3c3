#include "service/mode_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <absl/time/time.h>

#include "challenge/concat.h"
#include "engine/config/file_path.h"
#include "service/file_text.h"
#include "verifier/policy/text/duration.h"

namespace stile {
namespace {

constexpr std::size_t kMaxLine = 512;
// The last of the year 9999: later is no time that anybody means, and sums with it would overflow.
constexpr UnixMillis kLastTime{253'402'300'799'999};

// Cuts the next word off `line`; empty at its end.
std::string_view NextWord(std::string_view& line) {
  const std::size_t begin = std::min(line.find_first_not_of(" \t"), line.size());
  line.remove_prefix(begin);
  const std::string_view word = line.substr(0, line.find_first_of(" \t"));
  line.remove_prefix(word.size());
  return word;
}

std::optional<UnixMillis> TimeOf(std::string_view text) {
  absl::Time time;
  std::string error;
  // Nothing but a whole date and time with its zone.
  if (text.size() < 20 || text.size() > 35 ||
      !absl::ParseTime(absl::RFC3339_full, std::string(text), &time, &error) ||
      time < absl::UnixEpoch() || time > absl::FromUnixMillis(kLastTime.value)) {
    return std::nullopt;
  }
  return UnixMillis{absl::ToUnixMillis(time)};
}

// Reads one field into `order`. Returns what is wrong; empty: nothing.
std::string ReadField(std::string_view field, ModeFileOrder& order) {
  const std::size_t equals = field.find('=');
  const std::string_view name = field.substr(0, equals);
  const std::string_view value =
      equals == std::string_view::npos ? std::string_view() : field.substr(equals + 1);
  if (name == "site" || name == "rule") {
    std::string& out = name == "site" ? order.site : order.rule;
    if (!out.empty()) return Concat("write ", name, "= once");
    if (value.empty() || value.size() > ModeOrder::kMaxName) {
      return Concat("write ", name, "= and a name of at most 64 bytes");
    }
    out = std::string(value);
    return "";
  }
  if (name != "until" && name != "for") {
    return "after the mode come site=NAME, rule=NAME, and until=2026-03-01T12:00:00Z or for=10m";
  }
  if (order.until || order.period) return "write until= or for=, once";
  if (name == "until") {
    order.until = TimeOf(value);
    return order.until ? "" : "write until=2026-03-01T12:00:00Z, with Z for UTC";
  }
  order.period = ParseDuration(value);
  const bool fits = order.period && *order.period >= std::chrono::seconds{1} &&
                    *order.period <= ModeOrder::kLongest;
  return fits ? "" : "write for= with digits and s, m, h or d, from 1s to 30d";
}

std::string ReadLine(std::string_view line, ModeFileOrder& order) {
  if (!ReadModeWord(NextWord(line), order.mode)) {
    return "a line begins with enforce, shadow, open, attack or configured, in lower case";
  }
  for (std::string_view field = NextWord(line); !field.empty(); field = NextWord(line)) {
    if (std::string wrong = ReadField(field, order); !wrong.empty()) return wrong;
  }
  const bool timed = order.until || order.period;
  return timed && !order.mode ? "configured is for good: leave out the time" : "";
}

bool HasControlByte(std::string_view line) {
  return std::any_of(line.begin(), line.end(),
                     [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; });
}

ModeFileLook Unreadable(std::string why) {
  ModeFileLook look;
  look.state = ModeFileLook::State::kUnreadable;
  look.why = std::move(why);
  return look;
}

// Why there is no file: none, or no way to where it would be.
ModeFileLook Missing(const std::string& path) {
  struct stat folder = {};
  const bool has_folder = ::stat(DirectoryOf(path).c_str(), &folder) == 0;
  return has_folder ? ModeFileLook{} : Unreadable("its folder is not there");
}

}  // namespace

tl::expected<std::vector<ModeFileOrder>, std::string> ParseModeFile(std::string_view text) {
  if (text.size() > kMaxModeFile) {
    return tl::unexpected(Concat("line 1: the file has more than ", kMaxModeFile, " bytes"));
  }
  std::vector<ModeFileOrder> orders;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto refuse = [number](std::string_view why) {
      return tl::unexpected(Concat("line ", number, ": ", why));
    };
    if (line.size() > kMaxLine) return refuse("a line has at most 512 bytes");
    if (HasControlByte(line)) return refuse("write plain text");
    const std::size_t first = line.find_first_not_of(" \t");
    if (first == std::string_view::npos || line[first] == '#') continue;
    if (orders.size() == kMaxModeFileOrders) return refuse("a file holds at most 100 orders");
    ModeFileOrder order;
    if (const std::string wrong = ReadLine(line, order); !wrong.empty()) return refuse(wrong);
    orders.push_back(std::move(order));
  }
  return orders;
}

ModeFileLook LookAtModeFile(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (file < 0) {
    if (errno == ENOENT) return Missing(path);
    return Unreadable(std::strerror(errno));
  }
  ModeFileLook look;
  struct stat status = {};
  if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    look = Unreadable("it is not a regular file");
  } else if ((status.st_mode & S_IWOTH) != 0) {
    look = Unreadable("everybody may write it: chmod o-w");
  } else {
    look.state = ModeFileLook::State::kRead;
    look.written =
        std::int64_t{status.st_mtim.tv_sec} * 1'000'000'000 + std::int64_t{status.st_mtim.tv_nsec};
    look.owner = status.st_uid;
    look.text.resize(kMaxModeFile + 1);
    std::size_t size = 0;
    ssize_t got = 0;
    while (size < look.text.size() &&
           (got = ::read(file, look.text.data() + size, look.text.size() - size)) > 0) {
      size += static_cast<std::size_t>(got);
    }
    look.text.resize(size);
    if (got < 0) look = Unreadable(std::strerror(errno));
    if (size > kMaxModeFile) look = Unreadable("it has more than 16384 bytes");
  }
  ::close(file);
  return look;
}

}  // namespace stile
