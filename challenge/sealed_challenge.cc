#include "challenge/sealed_challenge.h"

#include <cstring>
#include <limits>
#include <span>

#include "challenge/base64url.h"
#include "challenge/secret_bytes.h"
#include "challenge/token_fields.h"

namespace stile {
namespace {

constexpr std::size_t kVersion = 0;
constexpr std::size_t kKind = 1;
constexpr std::size_t kKeyId = 2;
constexpr std::size_t kCount = 3;
constexpr std::size_t kId = 4;
constexpr std::size_t kIssuedAt = 20;
constexpr std::size_t kExpiresAt = 28;
constexpr std::size_t kSiteId = 32;
constexpr std::size_t kParts = 36;
constexpr std::size_t kBinding = 37;
constexpr std::size_t kMintKeyId = 51;
constexpr std::size_t kRoams = 52;
constexpr std::size_t kReserved = 53;
static_assert(kBinding + kBindingSize == kMintKeyId);
static_assert(kReserved + 1 == Challenge::kFixedSize);
static_assert(Base64UrlLength(Challenge::kFixedSize + Challenge::kAlternativeSize + 2 + 1 +
                              Tag::kSize) == Challenge::kMinTextSize);
static_assert(Base64UrlLength(Challenge::kMaxSize) == Challenge::kMaxTextSize);

void StoreAlternative(const Alternative& alternative, std::uint8_t* b) noexcept {
  b[0] = static_cast<std::uint8_t>(alternative.puzzle);
  b[1] = alternative.rank;
  b[2] = alternative.parts;
  b[3] = alternative.budget_class;
  StoreU64(b + 4, alternative.effort);
  StoreU32(b + 12, alternative.lifetime_seconds);
}

Alternative LoadAlternative(const std::uint8_t* b) noexcept {
  Alternative alternative;
  alternative.puzzle = static_cast<Puzzle>(b[0]);
  alternative.rank = b[1];
  alternative.parts = b[2];
  alternative.budget_class = b[3];
  alternative.effort = LoadU64(b + 4);
  alternative.lifetime_seconds = LoadU32(b + 12);
  return alternative;
}

bool IsSealable(const Challenge& challenge) noexcept {
  if (challenge.key_id == 0 || challenge.mint_key_id == 0) return false;
  if (challenge.alternative_count == 0 || challenge.alternative_count > kMaxAlternatives) {
    return false;
  }
  for (std::size_t i = 0; i < challenge.alternative_count; ++i) {
    if (!IsWellFormed(challenge.alternatives[i])) return false;
  }
  // No clearance of this challenge may end after the last second that 32 bits hold.
  const std::int64_t issued = challenge.issued_at.Seconds();
  if (issued < 0 ||
      issued > std::numeric_limits<std::uint32_t>::max() - std::int64_t{kMaxClearanceSeconds}) {
    return false;
  }
  return challenge.expires_at > issued && challenge.expires_at <= issued + kMaxChallengeSeconds;
}

}  // namespace

bool SealChallenge(const Challenge& challenge, const HmacKey& key, ChallengeText& out) noexcept {
  out.size = 0;
  if (!IsSealable(challenge)) return false;
  const std::string_view path =
      IsReturnPath(challenge.return_path) ? challenge.return_path : std::string_view("/");
  std::array<std::uint8_t, Challenge::kMaxSize> bytes;
  std::uint8_t* b = bytes.data();
  b[kVersion] = kTokenVersion;
  b[kKind] = static_cast<std::uint8_t>(TokenKind::kChallenge);
  b[kKeyId] = challenge.key_id;
  b[kCount] = challenge.alternative_count;
  std::memcpy(b + kId, challenge.id.data(), challenge.id.size());
  StoreU64(b + kIssuedAt, static_cast<std::uint64_t>(challenge.issued_at.value));
  StoreU32(b + kExpiresAt, challenge.expires_at);
  StoreU32(b + kSiteId, challenge.site_id);
  StoreBinding(challenge.binding, b + kParts, b + kBinding);
  b[kMintKeyId] = challenge.mint_key_id;
  b[kRoams] = challenge.roams;
  b[kReserved] = 0;
  std::size_t body = Challenge::kFixedSize;
  for (std::size_t i = 0; i < challenge.alternative_count; ++i) {
    StoreAlternative(challenge.alternatives[i], b + body);
    body += Challenge::kAlternativeSize;
  }
  StoreU16(b + body, static_cast<std::uint16_t>(path.size()));
  std::memcpy(b + body + 2, path.data(), path.size());
  body += 2 + path.size();
  const Tag tag = key.ComputeTag({b, body});
  std::memcpy(b + body, tag.bytes.data(), Tag::kSize);
  out.size = EncodeBase64Url({b, body + Tag::kSize}, out.characters);
  return true;
}

TokenShape SealedChallenge::Parse(std::string_view text) noexcept {
  size_ = 0;
  if (text.empty()) return TokenShape::kAbsent;
  if (text.size() < Challenge::kMinTextSize || text.size() > Challenge::kMaxTextSize) {
    return TokenShape::kMalformed;
  }
  const std::optional<std::size_t> size = DecodeBase64Url(text, bytes_);
  if (!size.has_value()) return TokenShape::kMalformed;
  const std::uint8_t* b = bytes_.data();
  const std::size_t count = b[kCount];
  if (b[kVersion] != kTokenVersion ||
      b[kKind] != static_cast<std::uint8_t>(TokenKind::kChallenge) || b[kReserved] != 0 ||
      count == 0 || count > kMaxAlternatives || !HasKnownParts(b[kParts])) {
    return TokenShape::kMalformed;
  }
  // Within bytes_, whatever the text's length: 4 alternatives leave room for all that follows.
  const std::size_t fixed = Challenge::kFixedSize + count * Challenge::kAlternativeSize + 2;
  const std::size_t path = LoadU16(b + fixed - 2);
  if (path == 0 || path > kMaxReturnPath || fixed + path + Tag::kSize != *size) {
    return TokenShape::kMalformed;
  }
  size_ = *size;
  return TokenShape::kWellFormed;
}

UnixMillis SealedChallenge::claimed_issued_at() const noexcept {
  constexpr std::uint64_t kLatest = std::numeric_limits<std::int64_t>::max();
  const std::uint64_t millis = LoadU64(bytes_.data() + kIssuedAt);
  return UnixMillis{static_cast<std::int64_t>(millis < kLatest ? millis : kLatest)};
}

std::uint32_t SealedChallenge::claimed_expires_at() const noexcept {
  return LoadU32(bytes_.data() + kExpiresAt);
}

std::uint32_t SealedChallenge::claimed_site_id() const noexcept {
  return LoadU32(bytes_.data() + kSiteId);
}

Alternative SealedChallenge::claimed_alternative(std::size_t index) const noexcept {
  if (index >= kMaxAlternatives) return {};
  return LoadAlternative(bytes_.data() + Challenge::kFixedSize +
                         index * Challenge::kAlternativeSize);
}

Tag SealedChallenge::tag() const noexcept {
  Tag tag;
  if (size_ != 0) std::memcpy(tag.bytes.data(), bytes_.data() + size_ - Tag::kSize, Tag::kSize);
  return tag;
}

TokenId SealedChallenge::claimed_id() const noexcept {
  TokenId id;
  std::memcpy(id.data(), bytes_.data() + kId, id.size());
  return id;
}

bool SealedChallenge::Open(const HmacKey& key, Challenge& out,
                           std::array<std::uint8_t, 16>* order_secret) const noexcept {
  if (size_ == 0) return false;
  const std::uint8_t* b = bytes_.data();
  const std::size_t body = size_ - Tag::kSize;
  HmacKey::Mac mac = key.Compute({b, body});
  const bool authentic = EqualInConstantTime(mac.tag, tag());
  if (authentic && order_secret != nullptr) *order_secret = mac.rest;
  Wipe(mac.rest);
  if (!authentic) return false;
  out.key_id = b[kKeyId];
  out.id = claimed_id();
  out.issued_at = claimed_issued_at();
  out.expires_at = LoadU32(b + kExpiresAt);
  out.site_id = LoadU32(b + kSiteId);
  out.binding = LoadBinding(b[kParts], b + kBinding);
  out.mint_key_id = b[kMintKeyId];
  out.roams = b[kRoams];
  out.alternative_count = b[kCount];
  out.alternatives = {};
  for (std::size_t i = 0; i < out.alternative_count; ++i) {
    out.alternatives[i] = claimed_alternative(i);
  }
  const std::size_t path =
      Challenge::kFixedSize + out.alternative_count * Challenge::kAlternativeSize + 2;
  out.return_path = {reinterpret_cast<const char*>(b + path), body - path};
  return true;
}

}  // namespace stile
