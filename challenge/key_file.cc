#include "challenge/key_file.h"

#include <toml++/toml.h>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <span>
#include <utility>

#include "challenge/base64url.h"
#include "challenge/entropy.h"
#include "challenge/toml_plain_text.h"

namespace stile {
namespace {

constexpr std::size_t kMaxFile = 64 * 1024;
// A name or a word longer than this may be a secret in the wrong place, and is not repeated.
constexpr std::size_t kMaxQuoted = 20;
constexpr std::string_view kSecretForm =
    "base64url of 32 to 64 random bytes, as `stile keygen` makes";
constexpr std::string_view kTimeForm = "a time with its zone, such as 2026-01-01T00:00:00Z";

// Collects what is wrong with one file.
class Findings {
 public:
  explicit Findings(std::string_view name) : name_(name) {}

  void Add(const toml::source_position& at, std::string message,
           ErrorCode code = ErrorCode::kInvalidArgument) {
    const std::string place =
        name_ + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
    found_.push_back({at, {code, place, Printable(std::move(message))}});
  }

  [[nodiscard]] bool empty() const noexcept { return found_.empty(); }

  // Returns the errors in the order of the file.
  [[nodiscard]] Errors Take() {
    std::stable_sort(found_.begin(), found_.end(),
                     [](const Finding& a, const Finding& b) { return a.at < b.at; });
    Errors errors;
    for (Finding& finding : found_) errors.push_back(std::move(finding.error));
    return errors;
  }

 private:
  struct Finding {
    toml::source_position at;
    Error error;
  };
  std::string name_;
  std::vector<Finding> found_;
};

std::string Quoted(std::string_view name) {
  if (name.size() > kMaxQuoted) return "this name";
  std::string quoted = "\"";
  return quoted.append(name).append("\"");
}

std::optional<UnixMillis> ToUnixMillis(const toml::date_time& t) {
  using std::chrono::day, std::chrono::month, std::chrono::year;
  const std::chrono::year_month_day date{year{t.date.year}, month{t.date.month}, day{t.date.day}};
  if (!date.ok() || !t.offset.has_value()) return std::nullopt;
  const std::int64_t days = std::chrono::sys_days{date}.time_since_epoch().count();
  const std::int64_t minutes = days * 1440 + t.time.hour * 60 + t.time.minute - t.offset->minutes;
  return UnixMillis{(minutes * 60 + t.time.second) * 1000 + t.time.nanosecond / 1'000'000};
}

// Returns the second that `t` lies in, as TOML spells it in UTC.
std::string FormatTime(UnixMillis t) {
  const std::chrono::sys_seconds seconds{std::chrono::seconds{t.Seconds()}};
  const std::chrono::sys_days midnight = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date{midnight};
  const std::chrono::hh_mm_ss time{seconds - midnight};
  std::array<char, 64> text;
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ",
                static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()));
  return text.data();
}

std::optional<std::uint8_t> ReadId(const toml::node& node, Findings& findings) {
  const toml::value<std::int64_t>* id = node.as_integer();
  if (id != nullptr && id->get() >= 1 && id->get() <= 255) {
    return static_cast<std::uint8_t>(id->get());
  }
  findings.Add(node.source().begin, "Set id to a whole number from 1 to 255.");
  return std::nullopt;
}

std::optional<SecretBytes> ReadSecret(const toml::node& node, Findings& findings) {
  const toml::value<std::string>* text = node.as_string();
  if (text == nullptr) {
    findings.Add(node.source().begin,
                 "Write secret as a string: " + std::string(kSecretForm) + ".");
    return std::nullopt;
  }
  std::array<std::uint8_t, KeyRing::kMaxSecret> bytes;
  const std::size_t length = Base64UrlDecodedLength(text->get().size());
  if (length < KeyRing::kMinSecret || length > bytes.size()) {
    findings.Add(node.source().begin,
                 "The secret's length is wrong: use " + std::string(kSecretForm) + ".");
    return std::nullopt;
  }
  const std::optional<std::size_t> size = DecodeBase64Url(text->get(), bytes);
  std::optional<SecretBytes> secret;
  if (size.has_value()) {
    secret.emplace(std::span<const std::uint8_t>(bytes.data(), *size));
  } else {
    findings.Add(node.source().begin,
                 "The secret is not canonical base64url without padding: use " +
                     std::string(kSecretForm) + ".");
  }
  Wipe(bytes);
  return secret;
}

std::optional<UnixMillis> ReadTime(std::string_view name, const toml::node& node,
                                   Findings& findings) {
  if (const toml::value<toml::date_time>* time = node.as_date_time(); time != nullptr) {
    if (const std::optional<UnixMillis> t = ToUnixMillis(time->get()); t.has_value()) return t;
  }
  findings.Add(node.source().begin,
               "Set " + std::string(name) + " to " + std::string(kTimeForm) + ", without quotes.");
  return std::nullopt;
}

// Reads one [[key]] entry. If anything in it is wrong, it is in `findings` and the result doesn't
// matter.
MasterKey ReadKey(const toml::table& entry, Findings& findings) {
  const toml::source_position& at = entry.source().begin;
  MasterKey key;
  if (const toml::node* id = entry.get("id"); id == nullptr) {
    findings.Add(at, "Give this key an id from 1 to 255.");
  } else {
    key.id = ReadId(*id, findings).value_or(0);
  }
  if (const toml::node* secret = entry.get("secret"); secret == nullptr) {
    findings.Add(at, "Give this key a secret: " + std::string(kSecretForm) + ".");
  } else if (std::optional<SecretBytes> bytes = ReadSecret(*secret, findings); bytes.has_value()) {
    key.secret = std::move(*bytes);
  }
  std::optional<UnixMillis> sign_from;
  if (const toml::node* time = entry.get("sign_from"); time == nullptr) {
    findings.Add(at, "Set sign_from of this key to " + std::string(kTimeForm) + ".");
  } else if (sign_from = ReadTime("sign_from", *time, findings); sign_from.has_value()) {
    key.sign_from = *sign_from;
  }
  if (const toml::node* time = entry.get("verify_until"); time != nullptr) {
    const std::optional<UnixMillis> verify_until = ReadTime("verify_until", *time, findings);
    if (verify_until.has_value()) key.verify_until = *verify_until;
    if (verify_until.has_value() && sign_from.has_value() && *verify_until <= *sign_from) {
      findings.Add(time->source().begin, "Set verify_until later than sign_from.");
    }
  }
  for (const auto& [name, node] : entry) {
    if (name == "id" || name == "secret" || name == "sign_from" || name == "verify_until") continue;
    findings.Add(name.source().begin, "Remove " + Quoted(name.str()) +
                                          ": a key has id, secret, sign_from and verify_until.");
  }
  return key;
}

std::vector<MasterKey> ReadKeys(const toml::table& file, Findings& findings) {
  for (const auto& [name, node] : file) {
    if (name == "key") continue;
    findings.Add(name.source().begin,
                 "Remove " + Quoted(name.str()) + ": this file holds [[key]] entries alone.");
  }
  std::vector<MasterKey> keys;
  const toml::node* node = file.get("key");
  if (node == nullptr) {
    findings.Add({1, 1}, "Add a [[key]] entry; `stile keygen` prints one.");
    return keys;
  }
  const toml::array* entries = node->as_array();
  if (entries == nullptr) {
    findings.Add(node->source().begin, "Write each key as an entry that begins with [[key]].");
    return keys;
  }
  if (entries->empty()) {
    findings.Add(node->source().begin, "Add a [[key]] entry; `stile keygen` prints one.");
  }
  for (const toml::node& entry : *entries) {
    const toml::table* table = entry.as_table();
    if (table == nullptr) {
      findings.Add(entry.source().begin, "Write each key as an entry that begins with [[key]].");
      continue;
    }
    MasterKey key = ReadKey(*table, findings);
    const bool is_taken = std::any_of(keys.begin(), keys.end(), [&key](const MasterKey& other) {
      return key.id != 0 && other.id == key.id;
    });
    if (is_taken) {
      findings.Add(table->get("id")->source().begin,
                   "Give this key another id: an earlier one has it.");
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

}  // namespace

tl::expected<std::vector<MasterKey>, Errors> ParseKeyFile(std::string_view text,
                                                          std::string_view name) {
  Findings findings(name);
  if (text.size() > kMaxFile) {
    findings.Add({1, 1}, "Make this file smaller: a key file has 64 KiB at most.",
                 ErrorCode::kOutOfRange);
    return tl::unexpected(findings.Take());
  }
  if (const auto place = FindUnquotedNonAscii(text)) {
    findings.Add({place->line, place->column}, std::string(kNonAsciiAdvice));
    return tl::unexpected(findings.Take());
  }
  if (const auto place = FindDeepNesting(text)) {
    findings.Add({place->line, place->column}, std::string(kNestingAdvice), ErrorCode::kOutOfRange);
    return tl::unexpected(findings.Take());
  }
  // Without the file's name: making a copy of it, version 3.3 ends the process if there is no
  // memory.
  const toml::parse_result file = toml::parse(text);
  if (!file) {
    // The parser's own words may quote what it read, so they stay here.
    findings.Add(file.error().source().begin,
                 "Mend the TOML here: look for a missing quote, bracket or equals sign, and for a "
                 "name that is given twice.");
    return tl::unexpected(findings.Take());
  }
  std::vector<MasterKey> keys = ReadKeys(file.table(), findings);
  if (!findings.empty()) return tl::unexpected(findings.Take());
  return keys;
}

std::string FormatNewKey(std::uint8_t id, UnixMillis sign_from) {
  std::array<std::uint8_t, KeyRing::kMinSecret> secret;
  if (!Entropy().Fill(secret)) return {};
  std::string text = "[[key]]\nid = " + std::to_string(id) + "\nsecret = \"" +
                     EncodeBase64Url(secret) + "\"\nsign_from = " + FormatTime(sign_from) + "\n";
  Wipe(secret);
  return text;
}

}  // namespace stile
