// Logs that are an object a line: what people make of nginx' log_format with escape=json (or
// without), Traefik's, ECS' and Caddy's.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>

#include "tool/log_line.h"
#include "tool/log_time.h"

namespace stile {
namespace {

LogOutcome Unreadable(std::string_view reason) { return {LogReading::kUnreadable, reason}; }

enum class JsonKind : std::uint8_t { kString, kOther, kObject, kArray };

struct JsonMember {
  std::string_view name;  // As written, between its quotes.
  JsonKind kind = JsonKind::kOther;
  std::string_view value;  // A string between its quotes, not decoded; anything else as it stands.
};

// Walks over the members of one object, or the elements of one array, without reading deeper.
class JsonCursor {
 public:
  // `text` begins with the bracket.
  explicit JsonCursor(std::string_view text) : rest_(text), is_array_(text.starts_with('[')) {
    rest_.remove_prefix(std::min<std::size_t>(1, rest_.size()));
    SkipSpace();
  }

  // False at the end, and where the text is no JSON: then bad() is true.
  bool Next(JsonMember& member) noexcept {
    SkipSpace();
    if (rest_.empty()) return Fail();
    if (rest_.front() == (is_array_ ? ']' : '}')) return rest_.remove_prefix(1), false;
    if (!first_ && !Take(',')) return Fail();
    first_ = false;
    SkipSpace();
    if (!is_array_) {
      if (!TakeString(member.name)) return Fail();
      SkipSpace();
      if (!Take(':')) return Fail();
      SkipSpace();
    }
    return TakeValue(member) || Fail();
  }

  [[nodiscard]] bool bad() const noexcept { return bad_; }

 private:
  bool Fail() noexcept { return bad_ = true, false; }

  void SkipSpace() noexcept {
    while (!rest_.empty() && (rest_.front() == ' ' || rest_.front() == '\t'))
      rest_.remove_prefix(1);
  }
  bool Take(char c) noexcept {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // The length of the string that `text` begins with, both quotes included; 0 if it has no end.
  static std::size_t StringSize(std::string_view text) noexcept {
    std::size_t at = 1;
    while (at < text.size()) {
      const void* const found = std::memchr(text.data() + at, '"', text.size() - at);
      if (found == nullptr) return 0;
      const auto quote = static_cast<std::size_t>(static_cast<const char*>(found) - text.data());
      // A quote after an odd number of backslashes is part of the text.
      std::size_t backslashes = 0;
      while (text[quote - 1 - backslashes] == '\\' && backslashes < quote - 1) ++backslashes;
      if (backslashes % 2 == 0) return quote + 1;
      at = quote + 1;
    }
    return 0;
  }

  bool TakeString(std::string_view& text) noexcept {
    if (!rest_.starts_with('"')) return false;
    const std::size_t size = StringSize(rest_);
    if (size == 0) return false;
    text = rest_.substr(1, size - 2);
    rest_.remove_prefix(size);
    return true;
  }

  // Finds the end of an object or array by counting brackets: what is in it is read by a cursor of
  // its own, or not at all.
  bool TakeNested(std::string_view& text) noexcept {
    std::size_t depth = 0;
    for (std::size_t at = 0; at < rest_.size();) {
      const char c = rest_[at];
      if (c == '"') {
        const std::size_t size = StringSize(rest_.substr(at));
        if (size == 0) return false;
        at += size;
        continue;
      }
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      ++at;
      if (depth != 0) continue;
      text = rest_.substr(0, at);
      rest_.remove_prefix(at);
      return true;
    }
    return false;
  }

  bool TakeValue(JsonMember& member) noexcept {
    if (rest_.empty()) return false;
    switch (rest_.front()) {
      case '"':
        member.kind = JsonKind::kString;
        return TakeString(member.value);
      case '{':
      case '[':
        member.kind = rest_.front() == '{' ? JsonKind::kObject : JsonKind::kArray;
        return TakeNested(member.value);
      default:
        break;
    }
    member.kind = JsonKind::kOther;
    const std::size_t size = std::min(rest_.find_first_of(",}] \t"), rest_.size());
    member.value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return size != 0;
  }

  std::string_view rest_;
  bool is_array_;
  bool first_ = true;
  bool bad_ = false;
};

// What a member says. Where several say the same, the one of the greatest weight is believed.
enum class Meaning : std::uint8_t {
  kAddress,
  kMethod,
  kTarget,
  kRequest,
  kHost,
  kUserAgent,
  kReferer,
  kTime,
  kCountry,
  kAsn,
  kTlsFingerprint,
};
constexpr std::size_t kMeanings = 11;

struct JsonName {
  std::string_view name;
  Meaning meaning;
  std::uint8_t weight;
};
// The usual spellings: nginx' variables, and what Traefik, ECS and common log_formats call them.
constexpr auto kJsonNames = std::to_array<JsonName>({
    {"remote_addr", Meaning::kAddress, 5},
    {"client_ip", Meaning::kAddress, 6},
    {"ClientHost", Meaning::kAddress, 5},
    {"client.ip", Meaning::kAddress, 5},
    {"source.ip", Meaning::kAddress, 4},
    {"remote_ip", Meaning::kAddress, 4},
    {"clientip", Meaning::kAddress, 4},
    {"client", Meaning::kAddress, 3},
    {"remote_address", Meaning::kAddress, 3},
    {"remote", Meaning::kAddress, 2},
    {"ip", Meaning::kAddress, 3},
    {"request_method", Meaning::kMethod, 5},
    {"RequestMethod", Meaning::kMethod, 5},
    {"http.request.method", Meaning::kMethod, 5},
    {"method", Meaning::kMethod, 4},
    {"verb", Meaning::kMethod, 3},
    {"request_uri", Meaning::kTarget, 6},
    {"RequestPath", Meaning::kTarget, 5},
    {"url.original", Meaning::kTarget, 5},
    {"uri", Meaning::kTarget, 3},
    {"url", Meaning::kTarget, 3},
    {"path", Meaning::kTarget, 2},
    {"request_path", Meaning::kTarget, 3},
    {"url.path", Meaning::kTarget, 3},
    {"request", Meaning::kRequest, 5},
    {"http_host", Meaning::kHost, 6},
    {"host", Meaning::kHost, 5},
    {"RequestHost", Meaning::kHost, 5},
    {"request_host", Meaning::kHost, 5},
    {"url.domain", Meaning::kHost, 5},
    {"vhost", Meaning::kHost, 4},
    {"server_name", Meaning::kHost, 3},
    {"http_user_agent", Meaning::kUserAgent, 5},
    {"user_agent", Meaning::kUserAgent, 4},
    {"userAgent", Meaning::kUserAgent, 4},
    {"useragent", Meaning::kUserAgent, 4},
    {"user_agent.original", Meaning::kUserAgent, 5},
    {"request_User-Agent", Meaning::kUserAgent, 5},
    {"agent", Meaning::kUserAgent, 3},
    {"http_referer", Meaning::kReferer, 5},
    {"http_referrer", Meaning::kReferer, 5},
    {"referer", Meaning::kReferer, 4},
    {"referrer", Meaning::kReferer, 4},
    {"http.request.referrer", Meaning::kReferer, 4},
    {"time_iso8601", Meaning::kTime, 6},
    {"time_local", Meaning::kTime, 5},
    {"@timestamp", Meaning::kTime, 5},
    {"StartUTC", Meaning::kTime, 5},
    {"msec", Meaning::kTime, 4},
    {"timestamp", Meaning::kTime, 4},
    {"ts", Meaning::kTime, 4},
    {"time", Meaning::kTime, 3},
    {"date", Meaning::kTime, 2},
    {"country", Meaning::kCountry, 4},
    {"country_code", Meaning::kCountry, 4},
    {"geoip_country_code", Meaning::kCountry, 5},
    {"geoip2_country_code", Meaning::kCountry, 5},
    {"http_cf_ipcountry", Meaning::kCountry, 3},
    {"asn", Meaning::kAsn, 4},
    {"geoip_asn", Meaning::kAsn, 5},
    {"geoip2_asn", Meaning::kAsn, 5},
    {"tls_fingerprint", Meaning::kTlsFingerprint, 5},
    {"ssl_ja4", Meaning::kTlsFingerprint, 4},
    {"ssl_ja3_hash", Meaning::kTlsFingerprint, 3},
});

// The best member of each meaning that one line has.
class FoundMembers {
 public:
  void Offer(const JsonName& name, const JsonMember& member) noexcept {
    Found& found = found_[static_cast<std::size_t>(name.meaning)];
    if (name.weight <= found.weight || member.value.empty() || member.value == "-") return;
    found = {member, name.weight};
  }
  [[nodiscard]] bool Has(Meaning meaning) const noexcept {
    return found_[static_cast<std::size_t>(meaning)].weight != 0;
  }
  [[nodiscard]] const JsonMember& Get(Meaning meaning) const noexcept {
    return found_[static_cast<std::size_t>(meaning)].member;
  }
  // Decoded if it is a string, as it stands if it is a number, empty otherwise.
  [[nodiscard]] std::string_view Text(Meaning meaning, LogText& text) const noexcept {
    const JsonMember& member = Get(meaning);
    if (member.kind == JsonKind::kString) return text.Decode(member.value);
    return member.kind == JsonKind::kOther && member.value != "null" ? member.value
                                                                     : std::string_view();
  }

 private:
  struct Found {
    JsonMember member;
    std::uint8_t weight = 0;
  };
  std::array<Found, kMeanings> found_;
};

const JsonName* FindName(std::string_view name) noexcept {
  if (name.empty()) return nullptr;
  for (const JsonName& known : kJsonNames) {
    if (known.name.size() == name.size() && known.name.front() == name.front() &&
        std::memcmp(known.name.data(), name.data(), name.size()) == 0) {
      return &known;
    }
  }
  return nullptr;
}

// The fields that nginx' variables and Traefik's members are named after: http_accept_language,
// request_Accept-Language.
void TakeNamedField(const JsonMember& member, LogText& text, LogLine& out) noexcept {
  if (member.kind != JsonKind::kString || member.value.empty() || member.value == "-") return;
  for (const std::string_view prefix : {"http_", "request_"}) {
    if (!member.name.starts_with(prefix)) continue;
    const std::string_view name = member.name.substr(prefix.size());
    if (prefix == "request_" && (name.empty() || name[0] < 'A' || name[0] > 'Z')) continue;
    if (name == "user_agent" || name == "referer" || name == "User-Agent") return;
    return out.AddField(text.Dashed(name), text.Decode(member.value));
  }
}

std::uint32_t ParseAsn(std::string_view text) noexcept {
  if (text.starts_with("AS")) text.remove_prefix(2);
  std::uint32_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// What a line says in its own members, apart from the request.
void TakeFacts(const FoundMembers& found, LogText& text, LogLine& out) noexcept {
  out.address = WithoutPort(found.Text(Meaning::kAddress, text));
  out.host = WithoutPort(found.Text(Meaning::kHost, text));
  out.user_agent = found.Text(Meaning::kUserAgent, text);
  out.AddField("User-Agent", out.user_agent);
  out.AddField("Referer", found.Text(Meaning::kReferer, text));
  out.country = found.Text(Meaning::kCountry, text);
  out.asn = ParseAsn(found.Text(Meaning::kAsn, text));
  out.tls_fingerprint = found.Text(Meaning::kTlsFingerprint, text);
}

LogOutcome ReadPlainRequest(const FoundMembers& found, LogText& text, LogLine& out) noexcept {
  const bool has_target = found.Has(Meaning::kMethod) && found.Has(Meaning::kTarget);
  // nginx' $uri and the like are what became of a target: the request line is as it was sent.
  if (found.Has(Meaning::kRequest) && found.Get(Meaning::kRequest).kind == JsonKind::kString) {
    if (TakeRequestLine(found.Text(Meaning::kRequest, text), out)) {
      return {LogReading::kRequest, {}};
    }
    if (!has_target) return {LogReading::kNoRequest, {}};
  }
  if (!has_target) {
    return Unreadable("it has no request: neither request nor request_method and request_uri");
  }
  out.method = found.Text(Meaning::kMethod, text);
  const bool good = TakeTarget(found.Text(Meaning::kTarget, text), out);
  return {good && out.method != "CONNECT" ? LogReading::kRequest : LogReading::kNoRequest, {}};
}

// Caddy's {"User-Agent":["curl/7.88.1"],...}.
bool TakeCaddyFields(std::string_view object, LogText& text, LogLine& out) noexcept {
  JsonCursor fields(object);
  JsonMember field;
  while (fields.Next(field)) {
    if (field.kind != JsonKind::kArray) continue;
    const std::string_view name = text.Decode(field.name);
    JsonCursor values(field.value);
    JsonMember value;
    while (values.Next(value)) {
      if (value.kind != JsonKind::kString) continue;
      const std::string_view decoded = text.Decode(value.value);
      if (name == "User-Agent" && out.user_agent.empty()) out.user_agent = decoded;
      out.AddField(name, decoded);
    }
    if (values.bad()) return false;
  }
  return !fields.bad();
}

LogOutcome ReadCaddyRequest(std::string_view object, LogText& text, LogLine& out) noexcept {
  static constexpr std::string_view kBad = "its request is not JSON";
  JsonCursor request(object);
  JsonMember member;
  std::string_view client;
  std::string_view target;
  while (request.Next(member)) {
    const std::string_view name = member.name;
    if (name == "headers" && member.kind == JsonKind::kObject) {
      if (!TakeCaddyFields(member.value, text, out)) return Unreadable(kBad);
    }
    if (member.kind != JsonKind::kString) continue;
    if (name == "client_ip") client = text.Decode(member.value);
    if (name == "remote_ip" || name == "remote_addr") out.address = text.Decode(member.value);
    if (name == "method") out.method = text.Decode(member.value);
    if (name == "host") out.host = WithoutPort(text.Decode(member.value));
    if (name == "uri") target = text.Decode(member.value);
  }
  if (request.bad()) return Unreadable(kBad);
  out.address = WithoutPort(client.empty() ? out.address : client);
  if (out.method.empty() || target.empty()) return Unreadable("its request has no method or uri");
  const bool good = out.method != "CONNECT" && TakeTarget(target, out);
  return {good ? LogReading::kRequest : LogReading::kNoRequest, {}};
}

}  // namespace

LogOutcome ReadJsonLine(std::string_view line, bool caddy, LogText& text, LogLine& out) noexcept {
  const std::size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos || line[begin] != '{') {
    return Unreadable("it is no JSON object");
  }
  JsonCursor members(line.substr(begin));
  JsonMember member;
  FoundMembers found;
  std::string_view message;
  bool is_caddy = caddy;
  while (members.Next(member)) {
    if (member.name == "msg") message = member.value;
    if (member.name == "logger") is_caddy = true;
    if (const JsonName* name = FindName(member.name)) found.Offer(*name, member);
    TakeNamedField(member, text, out);
  }
  if (members.bad()) return Unreadable("it is not JSON");
  if (found.Has(Meaning::kTime)) out.seconds = ParseLogTime(found.Text(Meaning::kTime, text));

  const JsonMember& request = found.Get(Meaning::kRequest);
  if (found.Has(Meaning::kRequest) && request.kind == JsonKind::kObject) {
    // Caddy logs the same request again where its handling failed.
    if (!message.empty() && message != "handled request") return {LogReading::kNoRequest, {}};
    return ReadCaddyRequest(request.value, text, out);
  }
  if (is_caddy) return {LogReading::kNoRequest, {}};  // What else Caddy has to say.
  TakeFacts(found, text, out);
  return ReadPlainRequest(found, text, out);
}

}  // namespace stile
