#include "service/run_record.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <system_error>
#include <utility>

#include "challenge/concat.h"
#include "engine/config/file_path.h"
#include "service/file_text.h"
#include "verifier/policy/hex_digest.h"

namespace stile {
namespace {

constexpr std::string_view kMagic = "stile-run 1 ";
constexpr std::string_view kRefused = "\nrefused ";
constexpr std::string_view kRolledBack = "\nrolled-back ";
constexpr std::size_t kDigestText = 64;
constexpr std::size_t kMaxRun = 8 * 1024;  // Bytes.

std::string PathOf(const std::string& directory) { return PathUnder(directory, "run"); }

absl::Status Damaged() { return absl::DataLossError("the record of the last run is damaged"); }

// Field 22 of a process's stat; 0 if it can't be read. The command in field 2 may hold anything
// but ends with the last ')'.
std::uint64_t StartedAt(std::int64_t pid) {
  constexpr int kFieldsBetween = 19;
  constexpr std::size_t kMaxStat = 4'096;
  const std::string stat = ReadStart(Concat("/proc/", pid, "/stat"), kMaxStat);
  std::size_t at = stat.rfind(')');
  for (int i = 0; i <= kFieldsBetween && at != std::string::npos; ++i) at = stat.find(' ', at + 1);
  if (at == std::string::npos) return 0;
  std::uint64_t started = 0;
  std::from_chars(stat.data() + at + 1, stat.data() + stat.size(), started);
  return started;
}

bool IsDigest(std::string_view text) {
  return text.size() == kDigestText &&
         text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Takes words off a text. Once one isn't what it must be, everything fails.
class WordReader {
 public:
  explicit WordReader(std::string_view text) : text_(text) {}

  void Literal(std::string_view literal) {
    good_ = good_ && text_.starts_with(literal);
    if (good_) text_.remove_prefix(literal.size());
  }
  template <typename Number>
  Number Read() {
    Number number{};
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), number);
    good_ = good_ && error == std::errc();
    if (good_) text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return number;
  }
  // From 1970 to long after everything.
  UnixMillis Time() {
    constexpr std::int64_t kLatest = std::int64_t{1} << 53;
    const auto time = Read<std::int64_t>();
    good_ = good_ && time >= 0 && time <= kLatest;
    return UnixMillis{time};
  }
  std::string Digest() {
    if (text_.starts_with('-')) {
      text_.remove_prefix(1);
      return "";
    }
    const std::string_view digest = text_.substr(0, kDigestText);
    good_ = good_ && IsDigest(digest);
    if (!good_) return "";
    text_.remove_prefix(kDigestText);
    return std::string(digest);
  }
  void Fail() { good_ = false; }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] std::string_view rest() const { return text_; }

 private:
  std::string_view text_;
  bool good_ = true;
};

std::string OrDash(const std::string& digest) { return digest.empty() ? "-" : digest; }

}  // namespace

ProcessName ProcessName::OfThisProcess() {
  const std::int64_t pid = ::getpid();
  return {pid, StartedAt(pid)};
}

bool ProcessName::IsAnotherAlive() const {
  if (pid <= 0 || pid == ::getpid()) return false;
  return started != 0 && StartedAt(pid) == started;
}

RunRecord NextRun(const RunRecord& last, bool last_is_alive, ProcessName process,
                  std::string digest, UnixMillis now, const AdmissionConfig& config) {
  RunRecord next;
  next.process = process;
  next.digest = std::move(digest);
  if (last.refused == next.digest) {
    next.refused = last.refused;
    next.rolled_back = last.rolled_back && !last.refused.empty();
  }
  if (next.digest.empty() || last.digest != next.digest) return next;
  const std::chrono::milliseconds window = config.crash_window();
  for (const UnixMillis crash : last.crashes) {
    if (crash <= now && now - crash <= window) next.crashes.push_back(crash);
  }
  if (last.pinned_until.value != 0) {
    const bool holds = last.IsPinned(now) && last.pinned_until - now <= config.pin_for;
    if (holds) {
      next.pinned_until = last.pinned_until;
      return next;
    }
    // One more chance: one more crash pins anew.
    next.crashes.assign(config.crashes - 1, now);
    return next;
  }
  if (!last.ended && !last_is_alive) next.crashes.push_back(now);
  if (next.crashes.size() > RunRecord::kMaxCrashes) next.crashes.erase(next.crashes.begin());
  if (next.crashes.size() >= config.crashes) next.pinned_until = now + config.pin_for;
  return next;
}

absl::StatusOr<RunRecord> ReadRun(const std::string& directory) {
  const absl::StatusOr<FileText> file = ReadFile(PathOf(directory), kMaxRun);
  if (!file.ok()) return file.status();
  return ParseRun(file->text);
}

absl::Status WriteRun(const std::string& directory, const RunRecord& record) {
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    const int number = errno;
    return absl::ErrnoToStatus(number, Concat("mkdir ", directory));
  }
  return ReplaceFile(PathOf(directory), FormatRun(record));
}

std::string FormatRun(const RunRecord& record) {
  std::string body = Concat("process ", record.process.pid, " ", record.process.started,
                            "\ndigest ", OrDash(record.digest), "\nended ", record.ended ? 1 : 0,
                            "\ncrashes ", record.crashes.size());
  for (const UnixMillis crash : record.crashes) body += Concat(" ", crash.value);
  body += Concat("\npinned ", record.pinned_until.value,
                 record.rolled_back ? kRolledBack : kRefused, OrDash(record.refused), "\n");
  return Concat(kMagic, HexDigestOf(body), "\n", body);
}

absl::StatusOr<RunRecord> ParseRun(std::string_view text) {
  WordReader reader(text);
  reader.Literal(kMagic);
  const std::string checksum = reader.Digest();
  reader.Literal("\n");
  if (!reader.good() || HexDigestOf(reader.rest()) != checksum) return Damaged();
  RunRecord record;
  reader.Literal("process ");
  record.process.pid = reader.Read<std::int64_t>();
  reader.Literal(" ");
  record.process.started = reader.Read<std::uint64_t>();
  reader.Literal("\ndigest ");
  record.digest = reader.Digest();
  reader.Literal("\nended ");
  const int ended = reader.Read<int>();
  if (ended != 0 && ended != 1) reader.Fail();
  record.ended = ended == 1;
  reader.Literal("\ncrashes ");
  const auto count = reader.Read<std::size_t>();
  if (count > RunRecord::kMaxCrashes) reader.Fail();
  for (std::size_t i = 0; i < count && reader.good(); ++i) {
    reader.Literal(" ");
    record.crashes.push_back(reader.Time());
  }
  reader.Literal("\npinned ");
  record.pinned_until = reader.Time();
  record.rolled_back = reader.rest().starts_with(kRolledBack);
  reader.Literal(record.rolled_back ? kRolledBack : kRefused);
  record.refused = reader.Digest();
  if (record.rolled_back && record.refused.empty()) reader.Fail();
  reader.Literal("\n");
  if (!reader.good() || !reader.rest().empty()) return Damaged();
  return record;
}

}  // namespace stile
