#include "verifier/clearance_check.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "verifier/cookie_values.h"

namespace stile {
namespace {

constexpr std::size_t kMaxCandidates = 4;
constexpr std::size_t kMaxTokens = 2;

// Returns the value that `rest`, all of a Cookie field from its start on, begins with.
std::string_view ValueOf(std::string_view rest) noexcept {
  const std::string_view value = rest.substr(0, rest.find(';'));
  return value.substr(0, value.find_last_not_of(" \t") + 1);
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

// The verdict on a text that is no clearance.
Verdict VerdictOf(TokenShape shape) noexcept {
  if (shape == TokenShape::kAbsent) return Verdict::kAbsent;
  return shape == TokenShape::kUnsigned ? Verdict::kUnsigned : Verdict::kMalformed;
}

}  // namespace

ClearanceCheck::ClearanceCheck(std::shared_ptr<const SiteKeys> keys, std::string cookie_name)
    : keys_(std::move(keys)), cookie_name_(std::move(cookie_name)) {}

// Collects the findings on the tokens of one request.
class ClearanceCheck::Findings {
 public:
  Findings(const ClearanceCheck& check, const Request& request, UnixMillis now,
           ClearanceFinding& best) noexcept
      : check_(check),
        client_{request.address, request.user_agent},
        safe_method_(IsSafeMethod(request.method)),
        now_(now),
        best_(best) {
    best_.verdict = Verdict::kAbsent;
  }

  // Takes the tokens of the value that `rest` begins with, and returns how many bytes of it were
  // seen to hold no further cookie.
  std::size_t TakeValue(std::string_view rest) noexcept;

  void Finish() noexcept { best_.other_family = other_family_; }

 private:
  // Takes a token whose shape is `shape` and which, if that is well-formed, `sealed` holds.
  void Take(TokenShape shape, const SealedClearance& sealed, std::string_view token) noexcept;

  const ClearanceCheck& check_;
  const Client client_;
  const bool safe_method_;
  const UnixMillis now_;
  ClearanceFinding& best_;
  bool first_ = true;
  std::string_view other_family_;
  std::uint8_t other_family_rank_ = 0;
};

std::size_t ClearanceCheck::Findings::TakeValue(std::string_view rest) noexcept {
  const std::size_t before = rest.size();
  bool is_cut = false;  // `rest` ends where the value does.
  for (std::size_t i = 0; i < kMaxTokens; ++i) {
    SealedClearance sealed;
    // A clearance that ends where a token may is a whole one, since no character of it can end
    // one: nobody need look for that end first.
    const char end = rest.size() > Clearance::kTextSize ? rest[Clearance::kTextSize] : ';';
    if (rest.size() >= Clearance::kTextSize && (end == ';' || end == '.')) {
      const std::string_view token = rest.substr(0, Clearance::kTextSize);
      if (sealed.Parse(token) == TokenShape::kWellFormed) {
        Take(TokenShape::kWellFormed, sealed, token);
        rest.remove_prefix(std::min(rest.size(), Clearance::kTextSize + 1));
        if (end == ';') break;
        continue;
      }
    }
    if (!is_cut) rest = ValueOf(rest);
    is_cut = true;
    if (rest.empty()) break;
    const std::string_view token = TakeToken(rest);
    Take(sealed.Parse(token), sealed, token);
  }
  return is_cut ? 0 : before - rest.size();
}

void ClearanceCheck::Findings::Take(TokenShape shape, const SealedClearance& sealed,
                                    std::string_view token) noexcept {
  ClearanceFinding another;
  ClearanceFinding& finding = first_ ? best_ : another;
  if (shape == TokenShape::kWellFormed) {
    check_.Judge(sealed, token, client_, now_, finding);
  } else {
    finding.verdict = VerdictOf(shape);
  }
  if (!finding.other_family.empty() && finding.clearance.rank > other_family_rank_) {
    other_family_ = finding.other_family;
    other_family_rank_ = finding.clearance.rank;
  }
  if (!first_ && Standing(another, safe_method_) > Standing(best_, safe_method_)) best_ = another;
  first_ = false;
}

ClearanceFinding ClearanceCheck::Check(std::string_view token, const Client& client,
                                       UnixMillis now) const noexcept {
  ClearanceFinding finding;
  SealedClearance sealed;
  const TokenShape shape = sealed.Parse(token);
  if (shape == TokenShape::kWellFormed) {
    Judge(sealed, token, client, now, finding);
  } else {
    finding.verdict = VerdictOf(shape);
  }
  return finding;
}

void ClearanceCheck::Judge(const SealedClearance& sealed, std::string_view token,
                           const Client& client, UnixMillis now,
                           ClearanceFinding& finding) const noexcept {
  const auto refuse = [&finding](Verdict verdict) { finding.verdict = verdict; };
  if (sealed.claimed_site_id() != keys_->site_id()) return refuse(Verdict::kWrongSite);

  const std::int64_t seconds = now.Seconds();
  const std::int64_t issued_at = sealed.claimed_issued_at();
  const std::int64_t overdue = seconds - sealed.claimed_expires_at();
  const bool expired = overdue >= 0;
  if (overdue >= kFormGraceSeconds) return refuse(Verdict::kExpired);
  if (issued_at > seconds + kClockSkewSeconds) {
    return refuse(expired ? Verdict::kExpired : Verdict::kNotYetValid);
  }
  // A clearance in its grace is checked to the end like any other, but its verdict is settled.
  const HmacKey* key = keys_->Find(KeyPurpose::kClearance, sealed.claimed_key_id(), issued_at, now);
  if (key == nullptr) return refuse(expired ? Verdict::kExpired : Verdict::kUnknownKey);

  if (!sealed.Open(*key, finding.clearance)) {
    return refuse(expired ? Verdict::kExpired : Verdict::kForged);
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
}

ClearanceFinding ClearanceCheck::Find(const Request& request, UnixMillis now) const noexcept {
  ClearanceFinding best;
  Findings findings(*this, request, now, best);
  const std::size_t fields = std::min(request.cookie_count, Request::kMaxCookieFields);
  std::size_t seen = 0;
  for (std::size_t i = 0; i < fields && seen < kMaxCandidates; ++i) {
    const std::string_view field = request.cookies[i];
    std::size_t at = 0;
    while (seen < kMaxCandidates &&
           (at = NextCookieValue(field, at, cookie_name_)) != std::string_view::npos) {
      at += findings.TakeValue(field.substr(at));
      ++seen;
    }
  }
  findings.Finish();
  return best;
}

}  // namespace stile
