#include "verifier/clearance_check.h"

#include <cstddef>
#include <cstring>
#include <utility>

namespace stile {
namespace {

constexpr std::size_t kMaxCandidates = 4;
constexpr std::size_t kMaxTokens = 2;

constexpr std::string_view kSpaces = " \t";

// Calls `visit` with the value of each cookie called `name`, in the order sent, at most
// kMaxCandidates times. Looks at every byte once.
template <typename Visit>
void ForEachCandidate(const Request& request, std::string_view name, Visit visit) noexcept {
  const std::size_t fields = request.cookie_count < Request::kMaxCookieFields
                                 ? request.cookie_count
                                 : Request::kMaxCookieFields;
  std::size_t seen = 0;
  for (std::size_t i = 0; i < fields; ++i) {
    std::string_view left = request.cookies[i];
    while (!left.empty()) {
      const void* semicolon = std::memchr(left.data(), ';', left.size());
      const std::size_t length =
          semicolon == nullptr
              ? left.size()
              : static_cast<std::size_t>(static_cast<const char*>(semicolon) - left.data());
      std::string_view pair = left.substr(0, length);
      left.remove_prefix(semicolon == nullptr ? length : length + 1);
      while (!pair.empty() && (pair.front() == ' ' || pair.front() == '\t')) pair.remove_prefix(1);
      if (pair.size() <= name.size() || pair[name.size()] != '=' || !pair.starts_with(name)) {
        continue;
      }
      std::string_view value = pair.substr(name.size() + 1);
      value = value.substr(0, value.find_last_not_of(kSpaces) + 1);
      visit(value);
      if (++seen == kMaxCandidates) return;
    }
  }
}

// Takes the first token off `value`. Looks no further than one character past the longest one, so
// that a token without an end is refused for its length.
std::string_view TakeToken(std::string_view& value) noexcept {
  const std::size_t dot = value.substr(0, Clearance::kTextSize + 1).find('.');
  const std::string_view token = value.substr(0, dot);
  value.remove_prefix(dot == std::string_view::npos ? value.size() : dot + 1);
  return token;
}

// How much a finding counts among others of its request: the order of docs/wire-format.md, then
// what makes the better of two equals. On an unsafe method one in its grace comes right after a
// valid one: it carries the request, whatever lies beside it.
std::uint32_t Standing(const ClearanceFinding& finding, bool safe_method) noexcept {
  const auto line = [&finding](std::uint32_t number, std::uint32_t among_equals) {
    return number << 16 | among_equals << 8 | finding.clearance.effort_log2;
  };
  switch (finding.verdict) {
    case Verdict::kAbsent:
      return line(1, 0);
    case Verdict::kUnsigned:
      return line(2, 0);
    case Verdict::kMalformed:
      return line(3, 0);
    case Verdict::kWrongSite:
      return line(4, 0);
    case Verdict::kExpired:
      return line(finding.in_grace && !safe_method ? 10 : 5,
                  finding.in_grace ? finding.clearance.rank : 0);
    case Verdict::kNotYetValid:
      return line(6, 0);
    case Verdict::kUnknownKey:
      return line(7, 0);
    case Verdict::kForged:
      return line(8, 0);
    case Verdict::kWrongClient:
      return line(9, finding.roams);
    case Verdict::kValid:
      return line(11, finding.clearance.rank);
    default:
      return 0;
  }
}

// True if `binding` names the other address family than the client's, and nothing else of it
// differs.
bool IsOfOtherFamily(const Binding& binding, const Client& client) noexcept {
  return (binding.parts & Binding::kAddress) != 0 && client.address.has_value() &&
         client.address->is_v6() != ((binding.parts & Binding::kIpv6) != 0) &&
         binding.MatchesUserAgent(client.user_agent);
}

std::uint8_t OneMore(std::uint8_t roams) noexcept {
  return static_cast<std::uint8_t>(roams == 255 ? 255 : roams + 1);
}

ClearanceFinding Refused(Verdict verdict) noexcept {
  ClearanceFinding finding;
  finding.verdict = verdict;
  return finding;
}

}  // namespace

ClearanceCheck::ClearanceCheck(std::shared_ptr<const SiteKeys> keys, std::string cookie_name)
    : keys_(std::move(keys)), cookie_name_(std::move(cookie_name)) {}

ClearanceFinding ClearanceCheck::Check(std::string_view token, const Client& client,
                                       UnixMillis now) const noexcept {
  SealedClearance sealed;
  switch (sealed.Parse(token)) {
    case TokenShape::kWellFormed:
      break;
    case TokenShape::kAbsent:
      return Refused(Verdict::kAbsent);
    case TokenShape::kUnsigned:
      return Refused(Verdict::kUnsigned);
    default:
      return Refused(Verdict::kMalformed);
  }
  if (sealed.claimed_site_id() != keys_->site_id()) return Refused(Verdict::kWrongSite);

  const std::int64_t seconds = now.Seconds();
  const std::int64_t issued_at = sealed.claimed_issued_at();
  const std::int64_t overdue = seconds - sealed.claimed_expires_at();
  const bool expired = overdue >= 0;
  if (overdue >= kFormGraceSeconds) return Refused(Verdict::kExpired);
  if (issued_at > seconds + kClockSkewSeconds) {
    return Refused(expired ? Verdict::kExpired : Verdict::kNotYetValid);
  }
  // A clearance in its grace is checked to the end like any other, but its verdict is settled.
  const HmacKey* key = keys_->Find(KeyPurpose::kClearance, sealed.claimed_key_id(), issued_at, now);
  if (key == nullptr) return Refused(expired ? Verdict::kExpired : Verdict::kUnknownKey);

  ClearanceFinding finding;
  if (!sealed.Open(*key, finding.clearance)) {
    return Refused(expired ? Verdict::kExpired : Verdict::kForged);
  }
  finding.authentic = true;
  finding.roams = finding.clearance.roams;
  const Binding& binding = finding.clearance.binding;
  const bool matches = binding.Matches(client);
  if (expired) {
    finding.verdict = Verdict::kExpired;
    finding.in_grace = matches;
  } else if (matches) {
    finding.verdict = Verdict::kValid;
  } else {
    finding.verdict = Verdict::kWrongClient;
    if (IsOfOtherFamily(binding, client)) {
      finding.other_family = token;
    } else {
      finding.roams = OneMore(finding.roams);
    }
  }
  return finding;
}

ClearanceFinding ClearanceCheck::Find(const Request& request, UnixMillis now) const noexcept {
  const Client client{request.address, request.user_agent};
  const bool safe_method = IsSafeMethod(request.method);
  ClearanceFinding best = Refused(Verdict::kAbsent);
  std::uint32_t best_standing = Standing(best, safe_method);
  std::string_view other_family;
  std::uint8_t other_family_rank = 0;

  ForEachCandidate(request, cookie_name_, [&](std::string_view value) noexcept {
    for (std::size_t i = 0; i < kMaxTokens && !value.empty(); ++i) {
      const ClearanceFinding finding = Check(TakeToken(value), client, now);
      if (!finding.other_family.empty() && finding.clearance.rank > other_family_rank) {
        other_family = finding.other_family;
        other_family_rank = finding.clearance.rank;
      }
      const std::uint32_t standing = Standing(finding, safe_method);
      if (standing > best_standing) {
        best = finding;
        best_standing = standing;
      }
    }
  });
  best.other_family = other_family;
  return best;
}

}  // namespace stile
