#include "verifier/response_check.h"

#include <chrono>
#include <cstdint>

#include "challenge/token_fields.h"

namespace stile {
namespace {

// Lines 1 to 6 of the table in docs/wire-format.md, and the keys that line 7 needs.
Verdict Preselect(const SiteKeys& keys, std::string_view text, UnixMillis now,
                  SealedResponseToken& sealed, const HmacKey*& response,
                  const HmacKey*& spend) noexcept {
  switch (sealed.Parse(text)) {
    case TokenShape::kWellFormed:
      break;
    case TokenShape::kAbsent:
      return Verdict::kAbsent;
    default:
      return Verdict::kMalformed;
  }
  if (sealed.claimed_site_id() != keys.site_id()) return Verdict::kWrongSite;
  if (std::int64_t{sealed.claimed_expires_at()} <= now.Seconds()) return Verdict::kExpired;
  const std::int64_t issued_at = sealed.claimed_issued_at();
  if (issued_at - kClockSkewSeconds > now.Seconds()) return Verdict::kNotYetValid;
  response = keys.Find(KeyPurpose::kResponse, sealed.claimed_key_id(), issued_at, now);
  spend = keys.Find(KeyPurpose::kSpend, sealed.claimed_key_id(), issued_at, now);
  if (response == nullptr || spend == nullptr) return Verdict::kUnknownKey;
  return Verdict::kValid;
}

}  // namespace

ResponseFinding CheckResponse(const SiteKeys& keys, std::string_view text, std::string_view attempt,
                              UnixMillis now, SealedResponseToken& scratch) noexcept {
  ResponseFinding finding;
  const HmacKey* response = nullptr;
  const HmacKey* spend = nullptr;
  finding.verdict = Preselect(keys, text, now, scratch, response, spend);
  if (finding.verdict != Verdict::kValid) return finding;
  if (!scratch.Open({*response, *spend}, finding.token)) {
    finding.verdict = Verdict::kForged;
    return finding;
  }
  finding.question.id = finding.token.spend;
  finding.question.expires_at = finding.token.expires_at;
  if (!attempt.empty()) {
    const Tag tag = AttemptTag(*spend, finding.token.id, attempt);
    finding.question.idempotency =
        IdempotencyId{LoadU64(tag.bytes.data()), LoadU64(tag.bytes.data() + 8)};
  }
  return finding;
}

}  // namespace stile
