// The combined and the common log, as nginx and Apache write them:
//   [host[:port] ]address ident user [time] "request" status bytes[ "referer" "user agent"[ ...]]
#include <cstring>
#include <optional>

#include "challenge/ip_address.h"
#include "tool/log_line.h"
#include "tool/log_time.h"

namespace stile {
namespace {

LogOutcome Unreadable(std::string_view reason) { return {LogReading::kUnreadable, reason}; }

// Takes a quoted text off the front of `rest`, without its quotes. nullopt if there is none.
std::optional<std::string_view> TakeQuoted(std::string_view& rest) noexcept {
  if (!rest.starts_with('"')) return std::nullopt;
  std::size_t at = 1;
  while (true) {
    const std::size_t quote = rest.find('"', at);
    if (quote == std::string_view::npos) return std::nullopt;
    // A quote after an odd number of backslashes is part of the text.
    std::size_t backslashes = 0;
    while (rest[quote - 1 - backslashes] == '\\') ++backslashes;
    if (backslashes % 2 == 0) {
      const std::string_view text = rest.substr(1, quote - 1);
      rest.remove_prefix(quote + 1);
      return text;
    }
    at = quote + 1;
  }
}

std::string_view TakeWord(std::string_view& rest) noexcept {
  const std::size_t end = std::min(rest.find(' '), rest.size());
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end);
  if (!rest.empty()) rest.remove_prefix(1);
  return word;
}

// What stands before the time: [host[:port] ]address ident user. A user's name may have spaces in
// it, so that the first two words alone say which is the address.
bool TakeClient(std::string_view words, LogLine& out) noexcept {
  const std::string_view first = TakeWord(words);
  const std::string_view second = TakeWord(words);
  if (first.empty() || second.empty()) return false;
  if (IpAddress::Parse(first)) return out.address = first, true;
  if (IpAddress::Parse(second)) {
    out.host = WithoutPort(first);
    return out.address = second, true;
  }
  // A name that was looked up: the address is lost. Four words begin with a host.
  const std::string_view user = words.substr(words.find(' ') + 1);
  if (words.find(' ') != std::string_view::npos && user.find(' ') == std::string_view::npos) {
    out.host = WithoutPort(first);
    out.address = second;
  } else {
    out.address = first;
  }
  return true;
}

}  // namespace

LogOutcome ReadCombinedLine(std::string_view line, LogText& text, LogLine& out) noexcept {
  const std::size_t open = line.find(" [");
  if (open == std::string_view::npos) return Unreadable("it has no time in brackets");
  const std::size_t close = line.find("] ", open);
  if (close == std::string_view::npos) return Unreadable("the bracket around its time is open");
  if (!TakeClient(line.substr(0, open), out))
    return Unreadable("it has no address before its time");
  out.seconds = ParseLogTime(line.substr(open + 2, close - open - 2));
  if (!out.seconds) return Unreadable("its time is not like 10/Oct/2026:13:55:36 +0200");

  std::string_view rest = line.substr(close + 2);
  const auto request = TakeQuoted(rest);
  if (!request) return Unreadable("it has no request in quotes after its time");
  if (!rest.starts_with(' ')) return Unreadable("it has no status after its request");
  rest.remove_prefix(1);
  const std::string_view status = TakeWord(rest);
  const bool is_status =
      status.size() == 3 && status.find_first_not_of("0123456789") == std::string_view::npos;
  if (!is_status && status != "-") return Unreadable("it has no status after its request");
  (void)TakeWord(rest);  // Bytes.

  if (const auto referer = TakeQuoted(rest)) {
    out.AddField("Referer", text.Decode(*referer));
    if (!rest.empty()) rest.remove_prefix(1);
    const auto user_agent = TakeQuoted(rest);
    if (!user_agent) return Unreadable("it has no user agent in quotes after its referer");
    out.user_agent = *user_agent == "-" ? std::string_view() : text.Decode(*user_agent);
    out.AddField("User-Agent", out.user_agent);
  }
  if (!TakeRequestLine(text.Decode(*request), out)) return {LogReading::kNoRequest, {}};
  return {LogReading::kRequest, {}};
}

}  // namespace stile
