#include "challenge/issuer.h"

#include <algorithm>
#include <bit>
#include <optional>
#include <utility>

namespace stile {
namespace {

constexpr std::chrono::seconds kMinLifetime{10};
constexpr std::chrono::seconds kMaxLifetime{kMaxChallengeSeconds};

bool AreWellFormed(std::span<const Alternative> alternatives) noexcept {
  return !alternatives.empty() && alternatives.size() <= kMaxAlternatives &&
         std::all_of(alternatives.begin(), alternatives.end(), IsWellFormed);
}

}  // namespace

tl::expected<Issuer, Error> Issuer::Create(std::shared_ptr<const SiteKeys> keys,
                                           std::chrono::seconds lifetime) {
  if (keys == nullptr) {
    return tl::unexpected(
        Error{ErrorCode::kInvalidArgument, "keys", "Give the issuer the keys of its site."});
  }
  if (lifetime < kMinLifetime || lifetime > kMaxLifetime) {
    return tl::unexpected(Error{ErrorCode::kOutOfRange, "challenge lifetime",
                                "Set the challenge lifetime to 10 s at least and 1 h at most."});
  }
  return Issuer(std::move(keys), lifetime);
}

IssueFailure Issuer::Issue(const Order& order, UnixMillis now, Entropy& entropy,
                           ChallengeText& out) const noexcept {
  out.size = 0;
  if (!AreWellFormed(order.alternatives)) return IssueFailure::kBadAlternatives;
  const std::optional<std::uint8_t> key_id = keys_->SigningKeyId(now);
  if (!key_id.has_value()) return IssueFailure::kNoSigningKey;
  const HmacKey* key = keys_->Find(KeyPurpose::kChallenge, *key_id, now.Seconds(), now);
  if (key == nullptr) return IssueFailure::kNoSigningKey;

  Challenge challenge;
  if (!entropy.Fill(challenge.id)) return IssueFailure::kNoEntropy;
  challenge.key_id = *key_id;
  challenge.mint_key_id = *key_id;
  challenge.issued_at = now;
  challenge.expires_at = static_cast<std::uint32_t>(now.Seconds() + lifetime_.count());
  challenge.site_id = keys_->site_id();
  challenge.binding = order.binding;
  challenge.roams = order.roams;
  challenge.alternative_count = static_cast<std::uint8_t>(order.alternatives.size());
  std::copy(order.alternatives.begin(), order.alternatives.end(), challenge.alternatives.begin());
  challenge.return_path = order.return_path;
  // All that is left to be refused is a time that a token can't hold.
  return SealChallenge(challenge, *key, out) ? IssueFailure::kNone : IssueFailure::kNoSigningKey;
}

Clearance EarnedClearance(const Challenge& challenge, std::size_t index) noexcept {
  if (index >= challenge.alternative_count || index >= kMaxAlternatives) return {};
  const Alternative& alternative = challenge.alternatives[index];
  Clearance clearance;
  clearance.key_id = challenge.mint_key_id;
  clearance.id = challenge.id;
  clearance.issued_at = static_cast<std::uint32_t>(challenge.issued_at.Seconds());
  clearance.expires_at = clearance.issued_at + alternative.lifetime_seconds;
  clearance.site_id = challenge.site_id;
  clearance.rank = alternative.rank;
  clearance.puzzle = alternative.puzzle;
  clearance.effort_log2 = alternative.puzzle == Puzzle::kWait || alternative.effort == 0
                              ? 0
                              : static_cast<std::uint8_t>(std::bit_width(alternative.effort) - 1);
  clearance.budget_class = alternative.budget_class;
  clearance.roams = challenge.roams;
  clearance.binding = challenge.binding;
  return clearance;
}

}  // namespace stile
