#include "service/last_good.h"

#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

#include "challenge/concat.h"
#include "engine/config/file_path.h"
#include "engine/config/policy_loader.h"
#include "service/file_text.h"

namespace stile {
namespace {

constexpr std::string_view kMagic = "stile-last-good 1 ";
// Names and lengths come on top of the texts.
constexpr std::size_t kMaxRecord = kMaxTexts + ListLoader::kMaxTexts + 16 * 1024 * 1024;
constexpr std::size_t kMaxNamed = 1'000 + ListLoader::kMaxLists;  // Policies and lists.
constexpr std::size_t kMargin = 64;                               // Of what stands before a text.

std::string HexDigest(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += kDigits[byte >> 4];
    hex += kDigits[byte & 15];
  }
  return hex;
}

absl::Status Damaged(const std::string& what) {
  return absl::DataLossError(Concat("the record is damaged: ", what));
}

// Takes the parts of a record off its front, each within what is there.
class RecordReader {
 public:
  explicit RecordReader(std::string_view rest) : rest_(rest) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }

  bool Literal(std::string_view text) {
    if (!rest_.starts_with(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  std::optional<std::size_t> Number() {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
    if (error != std::errc()) return std::nullopt;
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
    return number;
  }
  std::optional<std::string_view> Bytes(std::size_t count) {
    if (count > rest_.size()) return std::nullopt;
    const std::string_view bytes = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return bytes;
  }
  [[nodiscard]] std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

std::optional<std::string> ReadConfigText(RecordReader& reader) {
  if (!reader.Literal("config ")) return std::nullopt;
  const auto size = reader.Number();
  if (!size || !reader.Literal("\n")) return std::nullopt;
  const auto text = reader.Bytes(*size);
  if (!text || !reader.Literal("\n")) return std::nullopt;
  return std::string(*text);
}

// A name and a text behind "policy " or "list ".
std::optional<std::pair<std::string, std::string>> ReadNamedText(RecordReader& reader) {
  const auto name_size = reader.Number();
  if (!name_size || !reader.Literal(" ")) return std::nullopt;
  const auto size = reader.Number();
  if (!size || !reader.Literal("\n")) return std::nullopt;
  const auto name = reader.Bytes(*name_size);
  if (!name || !reader.Literal("\n")) return std::nullopt;
  const auto text = reader.Bytes(*size);
  if (!text || !reader.Literal("\n")) return std::nullopt;
  return std::pair(std::string(*name), std::string(*text));
}

}  // namespace

std::string FormatRecord(const ConfigTexts& texts) {
  // In one piece from the start: lists make it large.
  std::string record = Concat(kMagic, std::string(2 * SHA256_DIGEST_LENGTH, '0'), "\n");
  const std::size_t begin = record.size();
  std::size_t size = begin + texts.config.size() + kMargin;
  for (const auto& policy : texts.policies)
    size += policy.text.size() + policy.file.size() + kMargin;
  for (const auto& list : texts.lists) size += list.text.size() + list.file.size() + kMargin;
  record.reserve(size);
  record += Concat("config ", texts.config.size(), "\n");
  record.append(texts.config).append("\n");
  const auto add = [&record](std::string_view kind, std::string_view file, std::string_view text) {
    record += Concat(kind, " ", file.size(), " ", text.size(), "\n", file, "\n");
    record.append(text).append("\n");
  };
  for (const ConfigTexts::PolicyText& policy : texts.policies)
    add("policy", policy.file, policy.text);
  for (const ListLoader::Text& list : texts.lists) add("list", list.file, list.text);
  const std::string digest = HexDigest(std::string_view(record).substr(begin));
  record.replace(kMagic.size(), digest.size(), digest);
  return record;
}

absl::StatusOr<ConfigTexts> ParseRecord(std::string_view record) {
  RecordReader reader(record);
  if (!reader.Literal(kMagic)) return Damaged("it doesn't begin as one");
  const auto digest = reader.Bytes(2 * SHA256_DIGEST_LENGTH);
  if (!digest || !reader.Literal("\n")) return Damaged("it has no checksum");
  if (HexDigest(reader.rest()) != *digest) return Damaged("its checksum is another");
  ConfigTexts texts;
  auto config = ReadConfigText(reader);
  if (!config) return Damaged("it holds no configuration");
  texts.config = *std::move(config);
  while (!reader.empty()) {
    const bool is_list = reader.Literal("list ");
    if (!is_list && !reader.Literal("policy ")) return Damaged("it holds something else");
    auto named = ReadNamedText(reader);
    const std::size_t count = texts.policies.size() + texts.lists.size();
    if (!named || count == kMaxNamed) return Damaged("a policy or a list is cut off");
    auto& [file, text] = *named;
    if (is_list) {
      texts.lists.push_back({std::move(file), std::move(text)});
    } else {
      texts.policies.push_back({std::move(file), std::move(text)});
    }
  }
  return texts;
}

std::string DigestOf(const ConfigTexts& texts) {
  return FormatRecord(texts).substr(kMagic.size(), 2 * SHA256_DIGEST_LENGTH);
}

LastGood::LastGood(std::string directory, std::size_t generations)
    : directory_(std::move(directory)),
      generations_(std::clamp<std::size_t>(generations, 1, kMostGenerations)) {}

std::string LastGood::path(std::size_t generation) const {
  std::string name = "last-good";
  if (generation != 0) name += Concat(".", generation);
  return PathUnder(directory_, name);
}

absl::Status LastGood::Record(const ConfigTexts& texts) const {
  if (::mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) {
    const int number = errno;
    return absl::ErrnoToStatus(number, Concat("mkdir ", directory_));
  }
  const std::string record = FormatRecord(texts);
  const auto held = ReadFile(path(), kMaxRecord);
  if (held.ok() && held->text == record) return absl::OkStatus();
  // A damaged one isn't worth a place.
  if (held.ok() && ParseRecord(held->text).ok()) {
    if (absl::Status retired = Retire(); !retired.ok()) return retired;
  }
  return ReplaceFile(path(), record);
}

// Moves each older record one further, and gives the latest a second name: it stays where it is
// until it is replaced.
absl::Status LastGood::Retire() const {
  if (generations_ == 1) return absl::OkStatus();
  for (std::size_t i = generations_ - 1; i > 1; --i) {
    if (::rename(path(i - 1).c_str(), path(i).c_str()) == 0 || errno == ENOENT) continue;
    const int number = errno;
    return absl::ErrnoToStatus(number, Concat("rename ", path(i - 1)));
  }
  if (::unlink(path(1).c_str()) != 0 && errno != ENOENT) {
    const int number = errno;
    return absl::ErrnoToStatus(number, Concat("unlink ", path(1)));
  }
  if (::link(path().c_str(), path(1).c_str()) == 0) return absl::OkStatus();
  // Not every file system has links.
  const absl::StatusOr<FileText> latest = ReadFile(path(), kMaxRecord);
  return latest.ok() ? ReplaceFile(path(1), latest->text) : latest.status();
}

absl::StatusOr<ConfigTexts> LastGood::Recall(std::string_view but) const {
  absl::Status worst = absl::NotFoundError("nothing was recorded");
  for (std::size_t i = 0; i < kMostGenerations; ++i) {
    const absl::StatusOr<FileText> file = ReadFile(path(i), kMaxRecord);
    absl::StatusOr<ConfigTexts> texts =
        file.ok() ? ParseRecord(file->text) : absl::StatusOr<ConfigTexts>(file.status());
    if (texts.ok() && (but.empty() || DigestOf(*texts) != but)) return texts;
    if (!texts.ok() && (i == 0 || !absl::IsNotFound(texts.status())) && absl::IsNotFound(worst)) {
      worst = texts.status();
    }
  }
  return worst;
}

std::string LastGood::Digest() const {
  const absl::StatusOr<FileText> file = ReadFile(path(), kMaxRecord);
  if (!file.ok() || !ParseRecord(file->text).ok()) return "";
  return file->text.substr(kMagic.size(), 2 * SHA256_DIGEST_LENGTH);
}

}  // namespace stile
