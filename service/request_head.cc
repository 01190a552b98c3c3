#include "service/request_head.h"

#include <algorithm>
#include <cstring>

#include "challenge/ascii_text.h"
#include "service/head_syntax.h"

namespace stile {
namespace {

constexpr std::uint32_t kOffsetLimit = 65'535;
// The bytes of a request line beside its target: method, two spaces, version, CRLF.
constexpr std::size_t kLineBesideTarget = kMaxMethodName + 1 + 1 + 8 + 2;

constexpr std::array<std::string_view, kHeadReasonCount> kReasonNames = {
    "none",
    "empty-line",
    "bare-lf",
    "bare-cr",
    "method-syntax",
    "method-unknown",
    "method-refused",
    "request-line",
    "target-too-long",
    "target-byte",
    "target-form",
    "version-syntax",
    "version",
    "folded-line",
    "field-name",
    "field-alias",
    "space-before-colon",
    "field-value",
    "too-many-fields",
    "head-too-large",
    "host-repeated",
    "host-syntax",
    "length-repeated",
    "length-syntax",
    "length-too-large",
    "transfer-repeated",
    "transfer-coding",
    "connection-syntax",
    "upgrade-repeated",
    "expectation",
    "host-missing",
    "target-authority",
    "length-and-transfer",
    "transfer-on-http10",
    "upgrade-with-body",
};
static_assert(static_cast<std::size_t>(HeadReason::kUpgradeWithBody) + 1 == kHeadReasonCount);
static_assert(!kReasonNames.back().empty());

constexpr bool IsDigit(unsigned char c) { return c >= '0' && c <= '9'; }
constexpr bool IsUpper(unsigned char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool IsBlank(unsigned char c) { return c == ' ' || c == '\t'; }
constexpr unsigned char Lower(unsigned char c) { return IsUpper(c) ? c | 0x20 : c; }
constexpr bool IsAlnum(unsigned char c) {
  return IsDigit(c) || (Lower(c) >= 'a' && Lower(c) <= 'z');
}

template <typename Predicate>
constexpr std::array<bool, 256> TableOf(Predicate in_class) {
  std::array<bool, 256> table{};
  for (std::size_t c = 0; c < table.size(); ++c) table[c] = in_class(static_cast<unsigned char>(c));
  return table;
}

constexpr std::array<bool, 256> kTokenByte = TableOf([](unsigned char c) {
  return IsAlnum(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(static_cast<char>(c)) != std::string_view::npos;
});

bool AllOf(std::string_view text, const std::array<bool, 256>& table) {
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return table[static_cast<unsigned char>(c)]; });
}

bool IsControlByte(unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7F; }

// True if one of eight bytes may be a control byte or a tab; false only if none is. Where one is,
// those above it may look so too, which doesn't matter.
bool MayHaveControlByte(std::uint64_t bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  const std::uint64_t below_space = (bytes - 0x20 * kOnes) & ~bytes;
  const std::uint64_t from_del = bytes ^ (0x7F * kOnes);
  const std::uint64_t is_del = (from_del - kOnes) & ~from_del;
  return ((below_space | is_del) & (0x80 * kOnes)) != 0;
}

// True if `text` has a control byte other than HTAB. Most bytes of a head are field values, and
// most of those have neither: eight at a time are let through, the last eight once more.
bool HasControlByte(std::string_view text) {
  const auto is_control = [](char c) { return IsControlByte(static_cast<unsigned char>(c)); };
  if (text.size() < sizeof(std::uint64_t)) {
    return std::any_of(text.begin(), text.end(), is_control);
  }
  const auto may = [&](std::size_t at) {
    std::uint64_t bytes;
    std::memcpy(&bytes, text.data() + at, sizeof(bytes));
    return MayHaveControlByte(bytes);
  };
  bool any = may(text.size() - sizeof(std::uint64_t));
  for (std::size_t at = 0; at + sizeof(std::uint64_t) <= text.size(); at += sizeof(std::uint64_t)) {
    any |= may(at);
  }
  return any && std::any_of(text.begin(), text.end(), is_control);
}

// Sets `out` to the value of a Content-Length.
HeadReason ReadLength(std::string_view text, std::uint64_t max, std::uint64_t& out) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return HeadReason::kLengthSyntax;
  if (!std::all_of(text.begin(), text.end(),
                   [](char c) { return IsDigit(static_cast<unsigned char>(c)); })) {
    return HeadReason::kLengthSyntax;
  }
  if (text.size() > 19) return HeadReason::kLengthTooLarge;  // 19 digits always fit.
  std::uint64_t value = 0;
  for (const char c : text) value = value * 10 + static_cast<std::uint64_t>(c - '0');
  if (value > max) return HeadReason::kLengthTooLarge;
  out = value;
  return HeadReason::kNone;
}

// Calls `visit` with every element of a comma-separated list, without the blanks around it, until
// it returns false. Elements may be empty.
template <typename Visit>
bool VisitList(std::string_view list, Visit visit) {
  while (true) {
    const std::size_t comma = list.find(',');
    if (!visit(TrimBlanks(list.substr(0, comma)))) return false;
    if (comma == std::string_view::npos) return true;
    list.remove_prefix(comma + 1);
  }
}

HeadReason ReadMethod(std::string_view method) {
  if (method.empty() || !AllOf(method, kTokenByte)) return HeadReason::kMethodSyntax;
  if (!IsMethodName(method)) return HeadReason::kMethodUnknown;
  return IsRefusedMethod(method) ? HeadReason::kMethodRefused : HeadReason::kNone;
}

HeadReason ReadVersion(std::string_view version, bool& http_1_1) {
  if (version.size() != 8 || !version.starts_with("HTTP/") || version[6] != '.' ||
      !IsDigit(static_cast<unsigned char>(version[5])) ||
      !IsDigit(static_cast<unsigned char>(version[7]))) {
    return HeadReason::kVersionSyntax;
  }
  http_1_1 = version == "HTTP/1.1";
  return http_1_1 || version == "HTTP/1.0" ? HeadReason::kNone : HeadReason::kVersion;
}

// `c` as names compare behind Stile: lower case, hyphens for '_' and '.'.
unsigned char Normal(char c) {
  return c == '_' || c == '.' ? '-' : Lower(static_cast<unsigned char>(c));
}

bool NormalStartsWith(std::string_view name, std::string_view prefix) {
  return name.size() >= prefix.size() && NormalisesTo(name.substr(0, prefix.size()), prefix);
}

}  // namespace

std::string_view HeadReasonName(HeadReason reason) noexcept {
  const auto index = static_cast<std::size_t>(reason);
  return index < kReasonNames.size() ? kReasonNames[index] : std::string_view();
}

std::uint16_t HttpStatusOf(HeadStatus status) noexcept {
  switch (status) {
    case HeadStatus::kNone:
    case HeadStatus::kComplete:
    case HeadStatus::kNeedMore:
      return 0;
    case HeadStatus::kBadRequest:
      return 400;
    case HeadStatus::kMethodNotAllowed:
      return 405;
    case HeadStatus::kLengthTooLarge:
      return 413;
    case HeadStatus::kTargetTooLong:
      return 414;
    case HeadStatus::kExpectationFailed:
      return 417;
    case HeadStatus::kTooLarge:
      return 431;
    case HeadStatus::kMethodUnknown:
      return 501;
    case HeadStatus::kVersionNotSupported:
      return 505;
  }
  return 400;
}

HeadStatus StatusOf(HeadReason reason) noexcept {
  switch (reason) {
    case HeadReason::kNone:
      return HeadStatus::kNone;
    case HeadReason::kMethodRefused:
      return HeadStatus::kMethodNotAllowed;
    case HeadReason::kMethodUnknown:
      return HeadStatus::kMethodUnknown;
    case HeadReason::kTargetTooLong:
      return HeadStatus::kTargetTooLong;
    case HeadReason::kVersion:
      return HeadStatus::kVersionNotSupported;
    case HeadReason::kTooManyFields:
    case HeadReason::kHeadTooLarge:
      return HeadStatus::kTooLarge;
    case HeadReason::kLengthTooLarge:
      return HeadStatus::kLengthTooLarge;
    case HeadReason::kExpectation:
      return HeadStatus::kExpectationFailed;
    default:
      return HeadStatus::kBadRequest;
  }
}

HeadResult RequestHead::Read(std::span<const char> bytes, const HeadLimits& limits) noexcept {
  if (!state_.reading || bytes.size() < state_.scanned) {
    Clear();
    state_.reading = true;
  }
  if (bytes.empty()) return {HeadStatus::kNeedMore, HeadReason::kNone, 0};
  base_ = bytes.data();

  const auto first = static_cast<unsigned char>(bytes.front());
  if (first == '\r' || first == '\n') return Refuse(HeadReason::kEmptyLine);
  if (!kTokenByte[first]) return Refuse(HeadReason::kMethodSyntax);

  const std::size_t max_head = std::min(limits.max_head, kOffsetLimit);
  const std::size_t max_request_line = limits.max_target + kLineBesideTarget;
  const std::size_t readable = std::min<std::size_t>(bytes.size(), max_head);
  while (true) {
    const bool in_request_line = state_.next_line == 0;
    const auto* lf = static_cast<const char*>(
        std::memchr(base_ + state_.scanned, '\n', readable - state_.scanned));
    const std::size_t end = lf == nullptr ? readable : static_cast<std::size_t>(lf - base_) + 1;
    if (in_request_line && end > max_request_line) return Refuse(HeadReason::kTargetTooLong);
    if (lf == nullptr) {
      state_.scanned = readable;
      if (readable == max_head) return Refuse(HeadReason::kHeadTooLarge);
      return {HeadStatus::kNeedMore, HeadReason::kNone, 0};
    }
    if (end - state_.next_line < 2 || lf[-1] != '\r') return Refuse(HeadReason::kBareLf);

    const std::string_view line(base_ + state_.next_line, end - 2 - state_.next_line);
    state_.next_line = end;
    state_.scanned = end;
    const bool last = line.empty();
    HeadReason reason = HeadReason::kNone;
    if (in_request_line) {
      reason = ReadRequestLine(line, limits);
    } else {
      reason = last ? Finish() : ReadFieldLine(line, limits);
    }
    if (reason != HeadReason::kNone) {
      const bool has_cr = line.find('\r') != std::string_view::npos;
      return Refuse(has_cr ? HeadReason::kBareCr : reason);
    }
    if (last) {
      state_.reading = false;
      state_.complete = true;
      return {HeadStatus::kComplete, HeadReason::kNone, end};
    }
  }
}

void RequestHead::Clear() noexcept {
  base_ = "";
  state_ = State{};
}

HeadResult RequestHead::Refuse(HeadReason reason) noexcept {
  Clear();
  return {StatusOf(reason), reason, 0};
}

RequestHead::Slice RequestHead::SliceOf(std::string_view view) const noexcept {
  return {static_cast<std::uint16_t>(view.data() - base_), static_cast<std::uint16_t>(view.size())};
}

HeadReason RequestHead::ReadRequestLine(std::string_view line, const HeadLimits& limits) noexcept {
  const std::size_t first_space = std::min(line.find(' '), line.size());
  const std::string_view method = line.substr(0, first_space);
  if (const HeadReason reason = ReadMethod(method); reason != HeadReason::kNone) return reason;
  if (first_space == line.size()) return HeadReason::kRequestLine;

  const std::string_view rest = line.substr(first_space + 1);
  const std::size_t second_space = rest.find(' ');
  const std::string_view target = rest.substr(0, second_space);
  if (target.empty()) return HeadReason::kRequestLine;
  if (target.size() > limits.max_target) return HeadReason::kTargetTooLong;
  if (!HasTargetBytesOnly(target)) return HeadReason::kTargetByte;
  if (second_space == std::string_view::npos) return HeadReason::kRequestLine;

  const HeadReason reason = ReadVersion(rest.substr(second_space + 1), state_.http_1_1);
  if (reason != HeadReason::kNone) return reason;
  state_.method = SliceOf(method);
  state_.raw_target = SliceOf(target);
  return ReadTarget(target);
}

HeadReason RequestHead::ReadTarget(std::string_view target) noexcept {
  if (target.front() == '/' || (target == "*" && Raw(state_.method) == "OPTIONS")) {
    state_.target = SliceOf(target);
    return HeadReason::kNone;
  }
  std::size_t scheme = 0;
  if (EqualsLower(target.substr(0, 7), "http://")) scheme = 7;
  if (EqualsLower(target.substr(0, 8), "https://")) scheme = 8;
  if (scheme == 0) return HeadReason::kTargetForm;
  target.remove_prefix(scheme);
  const std::size_t authority = std::min(target.find_first_of("/?"), target.size());
  // "http://example.org?a" has no path, and so no origin-form that is a part of it.
  if (authority < target.size() && target[authority] == '?') return HeadReason::kTargetForm;
  state_.absolute_target = true;
  state_.authority = SliceOf(target.substr(0, authority));
  state_.target = SliceOf(target.substr(authority));
  return HeadReason::kNone;
}

HeadReason RequestHead::ReadFieldLine(std::string_view line, const HeadLimits& limits) noexcept {
  if (IsBlank(static_cast<unsigned char>(line.front()))) return HeadReason::kFoldedLine;
  const std::size_t max_fields = std::min<std::size_t>(limits.max_fields, kMaxFields);
  if (state_.field_count >= max_fields) return HeadReason::kTooManyFields;

  std::size_t size = 0;
  while (size < line.size() && kTokenByte[static_cast<unsigned char>(line[size])]) ++size;
  if (size == 0 || size == line.size()) return HeadReason::kFieldName;
  if (line[size] != ':') {
    const std::size_t behind_blanks = line.find_first_not_of(" \t", size);
    const bool colon = behind_blanks != std::string_view::npos && line[behind_blanks] == ':';
    return colon ? HeadReason::kSpaceBeforeColon : HeadReason::kFieldName;
  }
  const HeadField field{line.substr(0, size), TrimBlanks(line.substr(size + 1))};
  if (HasControlByte(field.value)) return HeadReason::kFieldValue;
  // The value may be empty and then lie anywhere: its slice begins behind the colon.
  const Slice value =
      field.value.empty() ? SliceOf(line.substr(size + 1, 0)) : SliceOf(field.value);
  fields_[state_.field_count++] = {SliceOf(field.name), value};
  return ReadKnownField(field, limits);
}

HeadReason RequestHead::ReadKnownField(HeadField field, const HeadLimits& limits) noexcept {
  const auto [name, value] = field;
  switch (name.size()) {
    case 4:
      if (!EqualsLower(name, "host")) break;
      if (state_.has_host) return HeadReason::kHostRepeated;
      state_.has_host = true;
      if (!IsHost(value)) return HeadReason::kHostSyntax;
      state_.host = SliceOf(value);
      break;
    case 6:
      if (!EqualsLower(name, "expect")) break;
      if (state_.has_expect || !EqualsLower(value, "100-continue")) {
        return HeadReason::kExpectation;
      }
      state_.has_expect = true;
      break;
    case 7:
      if (!EqualsLower(name, "upgrade")) break;
      if (state_.has_upgrade) return HeadReason::kUpgradeRepeated;
      state_.has_upgrade = true;
      state_.upgrade_websocket = EqualsLower(value, "websocket");
      break;
    case 10:
      if (!EqualsLower(name, "connection")) break;
      return ReadConnection(value);
    case 14:
      if (!NormalisesTo(name, "content-length")) break;
      if (name[7] != '-') return HeadReason::kFieldAlias;
      if (state_.has_length) return HeadReason::kLengthRepeated;
      state_.has_length = true;
      return ReadLength(value, limits.max_body, state_.content_length);
    case 17:
      if (!NormalisesTo(name, "transfer-encoding")) break;
      if (name[8] != '-') return HeadReason::kFieldAlias;
      if (state_.has_transfer) return HeadReason::kTransferRepeated;
      state_.has_transfer = true;
      if (!EqualsLower(value, "chunked")) return HeadReason::kTransferCoding;
      break;
    default:
      break;
  }
  return HeadReason::kNone;
}

HeadReason RequestHead::ReadConnection(std::string_view value) noexcept {
  const bool valid = VisitList(value, [this](std::string_view option) {
    if (EqualsLower(option, "close")) state_.connection_close = true;
    if (EqualsLower(option, "keep-alive")) state_.connection_keep_alive = true;
    if (EqualsLower(option, "upgrade")) state_.connection_upgrade = true;
    return AllOf(option, kTokenByte);
  });
  return valid ? HeadReason::kNone : HeadReason::kConnectionSyntax;
}

// The rules about the head as a whole.
HeadReason RequestHead::Finish() noexcept {
  if (!state_.has_host) return HeadReason::kHostMissing;
  if (state_.absolute_target && !EqualsIgnoringCase(Raw(state_.authority), Raw(state_.host))) {
    return HeadReason::kTargetAuthority;
  }
  if (state_.has_length && state_.has_transfer) return HeadReason::kLengthAndTransfer;
  if (state_.has_transfer && !state_.http_1_1) return HeadReason::kTransferOnHttp10;

  if (state_.has_length) state_.framing = Framing::kLength;
  if (state_.has_transfer) state_.framing = Framing::kChunked;
  const bool empty = without_content();
  state_.websocket = state_.upgrade_websocket && state_.connection_upgrade && state_.http_1_1 &&
                     Raw(state_.method) == "GET";
  if (state_.websocket && !empty) return HeadReason::kUpgradeWithBody;
  state_.expect_continue = state_.has_expect && state_.http_1_1 && !empty;
  state_.keep_alive = !state_.connection_close && (state_.http_1_1 || state_.connection_keep_alive);
  return HeadReason::kNone;
}

std::string_view RequestHead::target() const noexcept {
  if (state_.complete && state_.absolute_target && state_.target.size == 0) {
    return method() == "OPTIONS" ? "*" : "/";
  }
  return View(state_.target);
}

std::string_view RequestHead::path() const noexcept {
  const std::string_view whole = target();
  return whole.substr(0, whole.find('?'));
}

std::string_view RequestHead::query() const noexcept {
  const std::string_view whole = target();
  const std::size_t mark = whole.find('?');
  return mark == std::string_view::npos ? std::string_view() : whole.substr(mark + 1);
}

bool RequestHead::has_query() const noexcept {
  return target().find('?') != std::string_view::npos;
}

std::string_view RequestHead::host_name() const noexcept { return HostWithoutPort(host()); }

HeadField RequestHead::field(std::size_t index) const noexcept {
  if (index >= field_count()) return {};
  return {View(fields_[index].name), View(fields_[index].value)};
}

FieldLookup RequestHead::Find(std::string_view name) const noexcept {
  FieldLookup found;
  for (std::size_t i = 0; i < field_count(); ++i) {
    if (fields_[i].name.size != name.size() || !EqualsLower(View(fields_[i].name), name)) {
      continue;
    }
    found.value = ++found.count == 1 ? View(fields_[i].value) : std::string_view();
  }
  return found;
}

bool RequestHead::ConnectionLists(std::string_view option) const noexcept {
  for (std::size_t i = 0; i < field_count(); ++i) {
    if (!EqualsLower(View(fields_[i].name), "connection")) continue;
    const bool absent = VisitList(View(fields_[i].value), [option](std::string_view listed) {
      return listed.empty() || !EqualsLower(listed, option);
    });
    if (!absent) return true;
  }
  return false;
}

bool RequestHead::Strips(std::string_view name) const noexcept {
  if (IsHopByHop(name)) return true;
  if (IsEndToEnd(name)) return false;
  for (std::size_t i = 0; i < field_count(); ++i) {
    if (!EqualsLower(View(fields_[i].name), "connection")) continue;
    const bool absent = VisitList(View(fields_[i].value), [name](std::string_view listed) {
      return listed.empty() || !EqualsIgnoringCase(listed, name);
    });
    if (!absent) return true;
  }
  return false;
}

bool NormalisesTo(std::string_view name, std::string_view canonical) noexcept {
  if (name.size() != canonical.size()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (Normal(name[i]) != static_cast<unsigned char>(canonical[i])) return false;
  }
  return true;
}

bool IsHopByHop(std::string_view name) noexcept {
  static constexpr std::string_view kNames[] = {
      "connection",         "keep-alive", "proxy-connection",  "te",      "proxy-authorization",
      "proxy-authenticate", "trailer",    "transfer-encoding", "upgrade", "http2-settings",
  };
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [name](std::string_view hop_by_hop) { return EqualsLower(name, hop_by_hop); });
}

bool IsEndToEnd(std::string_view name) noexcept {
  static constexpr std::string_view kNames[] = {
      "host",      "cookie",  "authorization",  "forwarded", "user-agent", "origin",
      "referer",   "via",     "date",           "range",     "expect",     "cache-control",
      "client-ip", "real-ip", "true-client-ip", "pragma",    "from",
  };
  // Every field that a proxy or an origin is told about a request by begins with one of these.
  static constexpr std::string_view kPrefixes[] = {
      "x-", "stile-", "content-", "accept", "sec-", "if-", "access-control-", "cf-", "fastly-",
  };
  return std::any_of(std::begin(kNames), std::end(kNames),
                     [name](std::string_view kept) { return NormalisesTo(name, kept); }) ||
         std::any_of(std::begin(kPrefixes), std::end(kPrefixes),
                     [name](std::string_view prefix) { return NormalStartsWith(name, prefix); });
}

}  // namespace stile
