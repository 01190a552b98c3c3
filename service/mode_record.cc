#include "service/mode_record.h"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>
#include <utility>

#include <absl/status/status.h>

#include "challenge/concat.h"
#include "service/clearance_id_text.h"

namespace stile {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kMagic = "stile-modes 1 ";
constexpr std::size_t kMaxBy = 128;
constexpr std::size_t kDigestSize = 64;
constexpr std::string_view kHex = "0123456789abcdef";

std::string DigestOf(std::string_view text) {
  std::array<std::uint8_t, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return HexText(digest);
}

bool IsPlain(unsigned char c) { return c > 0x20 && c < 0x7F && c != '%'; }

// One word for any text; "%" for none.
std::string Encoded(std::string_view text) {
  if (text.empty()) return "%";
  std::string word;
  for (const unsigned char c : text) {
    if (IsPlain(c)) {
      word += static_cast<char>(c);
    } else {
      word += {'%', kHex[c >> 4], kHex[c & 15]};
    }
  }
  return word;
}

std::optional<std::string> Decoded(std::string_view word, std::size_t most) {
  if (word == "%") return "";
  std::string text;
  while (!word.empty()) {
    char c = word[0];
    std::size_t used = 1;
    if (c == '%') {
      if (word.size() < 3) return std::nullopt;
      const std::size_t high = kHex.find(word[1]);
      const std::size_t low = kHex.find(word[2]);
      if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      used = 3;
    }
    text += c;
    word.remove_prefix(used);
  }
  if (text.empty() || text.size() > most) return std::nullopt;
  return text;
}

std::string_view NextWord(std::string_view& line) {
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(word.size() + 1, line.size()));
  return word;
}

// Times in milliseconds far outside any clock are no times: sums of two must not overflow.
std::optional<std::int64_t> NumberIn(std::string_view word,
                                     std::int64_t most = std::int64_t{1} << 60) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  if (number > most || number < -most) return std::nullopt;
  return number;
}

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(Concat("the record of modes is damaged: ", what));
}

std::string OrderLine(const ModeOverride& order, BootClock::time_point recorded) {
  const std::string until = order.until ? std::to_string(order.until->value) : "-";
  const std::string left = order.ends ? std::to_string((*order.ends - recorded).count()) : "-";
  return Concat("order ", ModeWord(order.mode), " ", ModeSourceName(order.source), " ",
                order.since.value, " ", until, " ", left, " ", Encoded(order.site), " ",
                Encoded(order.rule), " ", Encoded(order.by.substr(0, kMaxBy)), "\n");
}

std::optional<ModeSource> SourceIn(std::string_view word) {
  for (const ModeSource source : {ModeSource::kOperator, ModeSource::kFile, ModeSource::kSignal}) {
    if (word == ModeSourceName(source)) return source;
  }
  return std::nullopt;
}

// What follows "order ".
std::optional<ModeOverride> OrderIn(std::string_view line, BootClock::time_point recorded) {
  ModeOverride order;
  if (!ReadModeWord(NextWord(line), order.mode)) return std::nullopt;
  const auto source = SourceIn(NextWord(line));
  const auto since = NumberIn(NextWord(line));
  const std::string_view until_word = NextWord(line);
  const std::string_view left_word = NextWord(line);
  const auto until = NumberIn(until_word);
  const auto left = NumberIn(left_word);
  auto site = Decoded(NextWord(line), ModeOrder::kMaxName);
  auto rule = Decoded(NextWord(line), ModeOrder::kMaxName);
  auto by = Decoded(NextWord(line), kMaxBy);
  const bool limited = until && left && order.mode;
  const bool unlimited = until_word == "-" && left_word == "-";
  if (!source || !since || !site || !rule || !by || !line.empty() || limited == unlimited) {
    return std::nullopt;
  }
  order.source = *source;
  order.since = UnixMillis{*since};
  if (limited) {
    order.until = UnixMillis{*until};
    order.ends = recorded + milliseconds(*left);
  }
  order.site = *std::move(site);
  order.rule = *std::move(rule);
  order.by = *std::move(by);
  return order;
}

bool ReadBoot(std::string_view line, ModeRecord& record) {
  const std::string_view id = NextWord(line);
  const auto clock = NumberIn(line);
  if (id.empty() || id.size() > 64 || !clock) return false;
  if (id != "-") record.boot_id = std::string(id);
  record.recorded = BootClock::time_point(milliseconds(*clock));
  return true;
}

bool ReadTaken(std::string_view line, ModeRecord& record) {
  const auto written = NumberIn(NextWord(line), std::int64_t{1} << 62);  // Nanoseconds: to 2116.
  const auto is_hex = [](char c) { return kHex.find(c) != std::string_view::npos; };
  if (!written || line.size() != kDigestSize || !std::all_of(line.begin(), line.end(), is_hex)) {
    return false;
  }
  record.file = TakenModeFile{*written, std::string(line)};
  return true;
}

}  // namespace

std::string FormatModeRecord(const ModeRecord& record) {
  std::string rest = Concat("boot ", record.boot_id.empty() ? "-" : record.boot_id, " ",
                            record.recorded.time_since_epoch().count(), "\n");
  if (record.file) rest += Concat("file ", record.file->written, " ", record.file->digest, "\n");
  for (const ModeOverride& order : record.orders) rest += OrderLine(order, record.recorded);
  return Concat(kMagic, DigestOf(rest), "\n", rest);
}

absl::StatusOr<ModeRecord> ParseModeRecord(std::string_view text) {
  if (text.size() > ModeRecord::kMaxBytes) return Damaged("it is too long");
  if (!text.starts_with(kMagic)) return Damaged("it doesn't begin as one");
  text.remove_prefix(kMagic.size());
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return Damaged("it is cut off");
  const std::string_view digest = text.substr(0, end);
  text.remove_prefix(end + 1);
  if (digest != DigestOf(text)) return Damaged("its checksum is another");
  ModeRecord record;
  for (bool is_first = true; !text.empty(); is_first = false) {
    const std::size_t size = text.find('\n');
    if (size == std::string_view::npos) return Damaged("its last line is cut off");
    std::string_view line = text.substr(0, size);
    text.remove_prefix(size + 1);
    const std::string_view kind = NextWord(line);
    bool good = false;
    if (is_first) {
      good = kind == "boot" && ReadBoot(line, record);
    } else if (kind == "file" && !record.file && record.orders.empty()) {
      good = ReadTaken(line, record);
    } else if (kind == "order" && record.orders.size() <= ModeOverrides::kMost) {
      auto order = OrderIn(line, record.recorded);
      good = order.has_value();
      if (good) record.orders.push_back(*std::move(order));
    }
    if (!good) return Damaged("it has a line that is none");
  }
  return record;
}

std::vector<ModeOverride> OrdersThatHold(const ModeRecord& record, UnixMillis now,
                                         std::string_view boot_id, BootClock::time_point boot_now) {
  std::vector<ModeOverride> held;
  const bool same_boot = !boot_id.empty() && record.boot_id == boot_id;
  for (ModeOverride order : record.orders) {
    if (order.ends && order.until) {
      milliseconds left = *order.ends - record.recorded;
      if (same_boot) left = std::min(left, *order.ends - boot_now);
      left = std::min(left, *order.until - now);
      if (left <= milliseconds{0}) continue;
      order.ends = boot_now + left;
      order.until = std::min(*order.until, now + left);
    }
    held.push_back(std::move(order));
  }
  return held;
}

}  // namespace stile
