#include "verifier/clearance_check.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include "verifier/clearance_batch.h"
#include "verifier/cookie_values.h"
#include "verifier/policy/budget_terms.h"

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
std::uint64_t Standing(const ClearanceFinding& finding, bool safe_method) noexcept {
  const Clearance& clearance = finding.clearance;
  const auto line = [&clearance](std::uint64_t number, std::uint64_t among_equals) {
    return number << 49 | among_equals << 41 | std::uint64_t{clearance.effort_log2} << 32;
  };
  // Of one rank. What was bought dear is what its prefix was asked for.
  const auto use = [&clearance](std::uint64_t number) {
    const std::uint64_t dear = (clearance.budget_class & kBoughtDear) != 0 ? 1 : 0;
    return number << 49 | std::uint64_t{clearance.rank} << 41 | dear << 40 |
           std::uint64_t{clearance.effort_log2} << 32 | clearance.expires_at;
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
      if (finding.in_grace) return use(safe_method ? 5 : 11);
      return line(5, 0);
    case Verdict::kNotYetValid:
      return line(6, 0);
    case Verdict::kUnknownKey:
      return line(7, 0);
    case Verdict::kForged:
      return line(8, 0);
    case Verdict::kWrongClient:
      return line(9, finding.roams);
    case Verdict::kRevoked:
      return line(10, clearance.rank);
    case Verdict::kValid:
      return use(12);
    default:
      return 0;
  }
}

// True if `binding` names the other address family than the client's.
bool IsOfOtherFamily(const Binding& binding, const std::optional<IpAddress>& address) noexcept {
  return (binding.parts & Binding::kAddress) != 0 && address.has_value() &&
         address->is_v6() != ((binding.parts & Binding::kIpv6) != 0);
}

std::uint8_t OneMore(std::uint8_t roams) noexcept {
  return static_cast<std::uint8_t>(roams == 255 ? 255 : roams + 1);
}

// The verdict on a text that is no clearance.
Verdict VerdictOf(TokenShape shape) noexcept {
  if (shape == TokenShape::kAbsent) return Verdict::kAbsent;
  return shape == TokenShape::kUnsigned ? Verdict::kUnsigned : Verdict::kMalformed;
}

// What a token is judged by.
struct Situation {
  const SiteKeys& keys;
  const std::optional<IpAddress>& address;
  std::string_view user_agent;
  UnixMillis now;
  const RevocationTable* revocations;
};

// True of an authentic clearance that an operator took back.
inline bool IsRevoked(const Clearance& clearance, const Situation& situation) noexcept {
  return situation.revocations != nullptr &&
         situation.revocations->IsRevoked(clearance.id, situation.now);
}

// All that can refuse a token before its MAC is looked at. Returns the key that the MAC must be
// under, or null if the verdict in `finding`, which is a default one, is settled. `shape` is that
// of the text which `sealed` holds if that is well-formed.
[[gnu::always_inline]] inline const HmacKey* Preselect(TokenShape shape,
                                                       const SealedClearance& sealed,
                                                       const Situation& situation, bool& expired,
                                                       ClearanceFinding& finding) noexcept {
  const auto refuse = [&finding](Verdict verdict) -> const HmacKey* {
    finding.verdict = verdict;
    return nullptr;
  };
  if (shape != TokenShape::kWellFormed) return refuse(VerdictOf(shape));
  if (sealed.claimed_site_id() != situation.keys.site_id()) return refuse(Verdict::kWrongSite);

  const std::int64_t seconds = situation.now.Seconds();
  const std::int64_t issued_at = sealed.claimed_issued_at();
  const std::int64_t overdue = seconds - sealed.claimed_expires_at();
  expired = overdue >= 0;
  if (overdue >= kFormGraceSeconds) return refuse(Verdict::kExpired);
  if (issued_at > seconds + kClockSkewSeconds) {
    return refuse(expired ? Verdict::kExpired : Verdict::kNotYetValid);
  }
  // A clearance in its grace is checked to the end like any other, but its verdict is settled.
  const HmacKey* key = situation.keys.Find(KeyPurpose::kClearance, sealed.claimed_key_id(),
                                           issued_at, situation.now);
  if (key == nullptr) return refuse(expired ? Verdict::kExpired : Verdict::kUnknownKey);
  return key;
}

// The rest, once the MAC is known to be right or not; `finding` has the contents if it is.
[[gnu::always_inline]] inline void JudgeOpened(bool authentic, bool user_agent_matches,
                                               bool expired, std::string_view text,
                                               const Situation& situation,
                                               ClearanceFinding& finding) noexcept {
  if (!authentic) {
    finding.verdict = expired ? Verdict::kExpired : Verdict::kForged;
    return;
  }
  finding.authentic = true;
  finding.roams = finding.clearance.roams;
  const Binding& binding = finding.clearance.binding;
  const bool matches = binding.MatchesAddress(situation.address) && user_agent_matches;
  if (expired) {
    finding.verdict = Verdict::kExpired;
    finding.in_grace = matches && !IsRevoked(finding.clearance, situation);
  } else if (matches) {
    finding.verdict = IsRevoked(finding.clearance, situation) ? Verdict::kRevoked : Verdict::kValid;
  } else {
    finding.verdict = Verdict::kWrongClient;
    if (user_agent_matches && IsOfOtherFamily(binding, situation.address)) {
      finding.other_family = text;
    } else {
      finding.roams = OneMore(finding.roams);
    }
  }
}

// Judges `text`. Writes to `finding`, which is a default one.
[[gnu::always_inline]] inline void Judge(TokenShape shape, const SealedClearance& sealed,
                                         std::string_view text, const Situation& situation,
                                         ClearanceFinding& finding) noexcept {
  bool expired = false;
  const HmacKey* key = Preselect(shape, sealed, situation, expired, finding);
  if (key == nullptr) return;
  bool user_agent_matches = false;
  const bool authentic =
      sealed.Open(*key, situation.user_agent, finding.clearance, user_agent_matches);
  JudgeOpened(authentic, user_agent_matches, expired, text, situation, finding);
}

// Goes through the tokens of a request's clearance cookies, in the order sent: those of at most
// kMaxCandidates cookies, at most kMaxTokens of each.
class Tokens {
 public:
  Tokens(const Request& request, std::string_view name) noexcept
      : request_(request),
        name_(name),
        fields_(std::min(request.cookie_count, Request::kMaxCookieFields)) {}

  // Goes on in the first field, of which `cookies` of the name are done: behind the next one's '=',
  // at `at`.
  void GoOn(std::size_t cookies, std::size_t at) noexcept {
    at_ = at;
    cookies_left_ = kMaxCandidates - cookies - 1;
    tokens_left_ = kMaxTokens;
  }

  // Returns false if no token is left. Else it is in text() and shape(), and in sealed() if it is
  // well-formed.
  bool Next() noexcept;

  [[nodiscard]] TokenShape shape() const noexcept { return shape_; }
  [[nodiscard]] std::string_view text() const noexcept { return text_; }
  [[nodiscard]] const SealedClearance& sealed() const noexcept { return sealed_; }

 private:
  // Finds the next cookie of the name, whose value is then at `at_` of the field.
  bool NextValue() noexcept;
  // Takes a token off the value; the first for one that nothing more need be known about.
  bool TakeWholeClearance() noexcept;
  bool TakeAnyToken() noexcept;

  const Request& request_;
  const std::string_view name_;
  const std::size_t fields_;
  std::size_t field_ = 0;
  std::size_t at_ = 0;  // What comes next in the field.
  std::size_t cookies_left_ = kMaxCandidates;
  std::size_t tokens_left_ = 0;  // In the value that begins at `at_`.
  TokenShape shape_ = TokenShape::kNone;
  std::string_view text_;
  SealedClearance sealed_;
};

bool Tokens::Next() noexcept {
  while (true) {
    if (tokens_left_ != 0) {
      --tokens_left_;
      if (TakeWholeClearance() || TakeAnyToken()) return true;
      tokens_left_ = 0;
    }
    if (!NextValue()) return false;
  }
}

bool Tokens::NextValue() noexcept {
  for (; field_ < fields_ && cookies_left_ != 0; ++field_, at_ = 0) {
    const std::string_view field = request_.cookies[field_];
    if (at_ >= field.size()) continue;
    at_ = NextCookieValue(field, at_, name_);
    if (at_ == std::string_view::npos) continue;
    --cookies_left_;
    tokens_left_ = kMaxTokens;
    return true;
  }
  return false;
}

// True if a text of a clearance's length that begins a value is the first token of it, if it is
// followed by what may follow one: if no character of it could end one or be dropped.
bool IsWholeToken(std::string_view text) noexcept {
  return text.back() != ' ' && text.back() != '\t' && text.find('.') == std::string_view::npos &&
         text.find(';') == std::string_view::npos;
}

// A clearance that ends where a token may is a whole one, since no character of it can end one: so
// nobody need look for that end first.
inline bool Tokens::TakeWholeClearance() noexcept {
  const std::string_view field = request_.cookies[field_];
  const std::size_t end = at_ + Clearance::kTextSize;
  if (end > field.size()) return false;
  const bool is_last = end == field.size() || field[end] == ';';
  if (!is_last && field[end] != '.') return false;
  text_ = field.substr(at_, Clearance::kTextSize);
  shape_ = sealed_.Parse(text_);
  if (shape_ != TokenShape::kWellFormed && !IsWholeToken(text_)) return false;
  if (is_last) tokens_left_ = 0;
  at_ = end + 1;
  return true;
}

bool Tokens::TakeAnyToken() noexcept {
  std::string_view value = ValueOf(std::string_view(request_.cookies[field_]).substr(at_));
  if (value.empty()) return false;
  const std::size_t before = value.size();
  text_ = TakeToken(value);
  at_ += before - value.size();
  shape_ = sealed_.Parse(text_);
  return true;
}

// The same, out of the way of the one for the usual request.
[[gnu::noinline]] ClearanceFinding FindingOn(TokenShape shape, const SealedClearance& sealed,
                                             std::string_view text,
                                             const Situation& situation) noexcept {
  ClearanceFinding finding;
  Judge(shape, sealed, text, situation, finding);
  return finding;
}

// Where the tokens begin that FindBest looks at: behind the '=' of a cookie of the name in the
// first field, before which `cookies` of them are done, or before everything.
struct Begin {
  std::size_t cookies = 0;
  std::size_t at = std::string_view::npos;
};

// Goes on from `best`, the finding on what comes before `begin`, or a default one if nothing does,
// to the best of all.
[[gnu::noinline]] void FindBest(const Situation& situation, std::string_view name,
                                const Request& request, Begin begin,
                                ClearanceFinding& best) noexcept {
  const bool safe_method = IsSafeMethod(request.method);
  Tokens tokens(request, name);
  if (begin.at != std::string_view::npos) tokens.GoOn(begin.cookies, begin.at);
  std::string_view other_family;
  std::uint8_t other_family_rank = 0;
  const auto note_family = [&](const ClearanceFinding& finding) {
    if (!finding.other_family.empty() && finding.clearance.rank > other_family_rank) {
      other_family = finding.other_family;
      other_family_rank = finding.clearance.rank;
    }
  };
  note_family(best);
  while (tokens.Next()) {
    const ClearanceFinding finding =
        FindingOn(tokens.shape(), tokens.sealed(), tokens.text(), situation);
    note_family(finding);
    if (Standing(finding, safe_method) > Standing(best, safe_method)) best = finding;
  }
  best.other_family = other_family;
  if (best.verdict == Verdict::kNone) best.verdict = Verdict::kAbsent;
}

}  // namespace

ClearanceCheck::ClearanceCheck(std::shared_ptr<const SiteKeys> keys, std::string cookie_name,
                               std::shared_ptr<const RevocationTable> revocations)
    : keys_(std::move(keys)),
      cookie_name_(std::move(cookie_name)),
      revocations_(std::move(revocations)) {}

ClearanceFinding ClearanceCheck::Check(std::string_view token, const Client& client,
                                       UnixMillis now) const noexcept {
  SealedClearance sealed;
  const TokenShape shape = sealed.Parse(token);
  return FindingOn(shape, sealed, token,
                   {*keys_, client.address, client.user_agent, now, revocations_.get()});
}

// Nearly every request has one Cookie field with one clearance in it, which is judged in place;
// what it takes to choose among several is apart.
void ClearanceCheck::Find(const Request& request, UnixMillis now,
                          ClearanceFinding& best) const noexcept {
  // Is looked at last, when nothing is left to do while it comes.
  __builtin_prefetch(&request.address);
  const Situation situation{*keys_, request.address, request.user_agent, now, revocations_.get()};
  const auto find_best = [&](Begin begin) {
    FindBest(situation, cookie_name_, request, begin, best);
  };
  if (request.cookie_count != 1) return find_best({});
  const std::string_view field = request.cookies[0];
  const std::size_t at = NextCookieValue(field, 0, cookie_name_);
  if (at == std::string_view::npos) {
    best.verdict = Verdict::kAbsent;
    return;
  }
  const std::size_t end = at + Clearance::kTextSize;
  const bool ends_field = end == field.size();
  if (!ends_field && (end > field.size() || field[end] != ';')) return find_best({0, at});
  const std::string_view text(field.data() + at, Clearance::kTextSize);
  SealedClearance sealed;
  const TokenShape shape = sealed.Parse(text);
  if (shape != TokenShape::kWellFormed && !IsWholeToken(text)) return find_best({0, at});
  Judge(shape, sealed, text, situation, best);
  if (!ends_field) {
    const std::size_t next = NextCookieValue(field, end, cookie_name_);
    if (next != std::string_view::npos) return find_best({1, next});
  }
  if (best.clearance.rank == 0) best.other_family = {};
}

// What is unusual in any way is found at once, one by one: the same order of checks, so that a
// batch can't differ from it.
void ClearanceCheck::Find(const Request& request, UnixMillis now, ClearanceBatch& batch,
                          ClearanceFinding& best) const noexcept {
  if (request.cookie_count != 1) return Find(request, now, best);
  const std::string_view field = request.cookies[0];
  const std::size_t at = NextCookieValue(field, 0, cookie_name_);
  if (at == std::string_view::npos) {
    best.verdict = Verdict::kAbsent;
    return;
  }
  const std::size_t end = at + Clearance::kTextSize;
  const bool alone =
      end == field.size() || (end < field.size() && field[end] == ';' &&
                              NextCookieValue(field, end, cookie_name_) == std::string_view::npos);
  if (!alone) return Find(request, now, best);
  ClearanceBatch::Held& held = batch.held_[batch.size_];
  held.text = field.substr(at, Clearance::kTextSize);
  const TokenShape shape = held.sealed.Parse(held.text);
  if (shape != TokenShape::kWellFormed) return Find(request, now, best);
  const Situation situation{*keys_, request.address, request.user_agent, now, revocations_.get()};
  held.key = Preselect(shape, held.sealed, situation, held.expired, best);
  if (held.key == nullptr) return;
  held.keys = keys_.get();
  held.revocations = revocations_.get();
  held.request = &request;
  held.finding = &best;
  held.now = now;
  if (++batch.size_ == ClearanceBatch::kSize) batch.Settle();
}

void ClearanceBatch::Settle() noexcept {
  std::array<SealedClearance::Opening, kSize> openings;
  for (std::size_t i = 0; i < size_; ++i) {
    openings[i] = {&held_[i].sealed, held_[i].key, &held_[i].finding->clearance, false};
  }
  SealedClearance::OpenEach(std::span(openings).first(size_));
  for (std::size_t i = 0; i < size_; ++i) {
    const Held& held = held_[i];
    const Request& request = *held.request;
    ClearanceFinding& finding = *held.finding;
    const bool authentic = openings[i].authentic;
    const bool user_agent_matches =
        authentic && finding.clearance.binding.MatchesUserAgent(request.user_agent);
    JudgeOpened(authentic, user_agent_matches, held.expired, held.text,
                {*held.keys, request.address, request.user_agent, held.now, held.revocations},
                finding);
    if (finding.clearance.rank == 0) finding.other_family = {};
  }
  size_ = 0;
}

}  // namespace stile
