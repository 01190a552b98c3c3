#include "challenge/clearance.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "challenge/base64url.h"
#include "challenge/claimed_id.h"
#include "challenge/sha256_lanes.h"
#include "challenge/token_fields.h"

namespace stile {
namespace {

constexpr std::size_t kVersion = 0;
constexpr std::size_t kKind = 1;
constexpr std::size_t kKeyId = 2;
constexpr std::size_t kParts = 3;
constexpr std::size_t kId = 4;
constexpr std::size_t kIssuedAt = 20;
constexpr std::size_t kExpiresAt = 24;
constexpr std::size_t kSiteId = 28;
constexpr std::size_t kRank = 32;
constexpr std::size_t kPuzzle = 33;
constexpr std::size_t kEffort = 34;
constexpr std::size_t kBudgetClass = 35;
constexpr std::size_t kBinding = 36;
constexpr std::size_t kRoams = 50;
constexpr std::size_t kReserved = 51;
static_assert(kBinding + kBindingSize == kRoams);
static_assert(kReserved + 2 == Clearance::kBodySize);
static_assert(Clearance::kBodySize <= kMaxMacBlockMessage && kSha256Block <= Clearance::kSize);
static_assert(Base64UrlLength(Clearance::kSize) == Clearance::kTextSize);
static_assert(Clearance::kTextSize == kSignedBlockText);

constexpr std::size_t kUnsignedTextSize = Base64UrlLength(Clearance::kBodySize);

bool HasClearanceMarks(const std::uint8_t* b) noexcept {
  constexpr std::uint32_t kMarks =
      std::uint32_t{kTokenVersion} << 24 | static_cast<std::uint32_t>(TokenKind::kClearance) << 16;
  constexpr std::uint32_t kMarked = 0xFFFF0000U | (0xFFU & ~std::uint32_t{Binding::kKnownParts});
  static_assert(kVersion == 0 && kKind == 1 && kKeyId == 2 && kParts == 3);
  return (LoadU32(b) & kMarked) == kMarks && LoadU16(b + kReserved) == 0;
}

}  // namespace

ClearanceText SealClearance(const Clearance& clearance, const HmacKey& key) noexcept {
  std::array<std::uint8_t, Clearance::kSize> bytes;
  std::uint8_t* b = bytes.data();
  b[kVersion] = kTokenVersion;
  b[kKind] = static_cast<std::uint8_t>(TokenKind::kClearance);
  b[kKeyId] = clearance.key_id;
  std::memcpy(b + kId, clearance.id.data(), clearance.id.size());
  StoreU32(b + kIssuedAt, clearance.issued_at);
  StoreU32(b + kExpiresAt, clearance.expires_at);
  StoreU32(b + kSiteId, clearance.site_id);
  b[kRank] = clearance.rank;
  b[kPuzzle] = static_cast<std::uint8_t>(clearance.puzzle);
  b[kEffort] = clearance.effort_log2;
  b[kBudgetClass] = clearance.budget_class;
  StoreBinding(clearance.binding, b + kParts, b + kBinding);
  b[kRoams] = clearance.roams;
  StoreU16(b + kReserved, 0);
  const Tag tag = key.ComputeTag({b, Clearance::kBodySize});
  std::memcpy(b + Clearance::kBodySize, tag.bytes.data(), Tag::kSize);
  ClearanceText text;
  EncodeBase64Url(bytes, text);
  return text;
}

TokenShape SealedClearance::Parse(std::string_view text) noexcept {
  if (text.size() == Clearance::kTextSize) {
    const std::span<const char, kSignedBlockText> characters(text.data(), kSignedBlockText);
    return DecodeSignedBlock(characters, block_, tag_) && HasClearanceMarks(block_.data())
               ? TokenShape::kWellFormed
               : TokenShape::kMalformed;
  }
  if (text.empty()) return TokenShape::kAbsent;
  return text.size() == kUnsignedTextSize && DecodeBase64Url(text, block_).has_value() &&
                 HasClearanceMarks(block_.data())
             ? TokenShape::kUnsigned
             : TokenShape::kMalformed;
}

bool ReadClaimedId(std::string_view text, TokenId& id) noexcept {
  if (text.size() != Clearance::kTextSize) return false;
  alignas(16) std::array<std::uint8_t, kSha256Block> block;
  Tag tag{};
  const std::span<const char, kSignedBlockText> characters(text.data(), kSignedBlockText);
  if (!DecodeSignedBlock(characters, block, tag) || !HasClearanceMarks(block.data())) return false;
  std::memcpy(id.data(), block.data() + kId, id.size());
  return true;
}

inline void SealedClearance::CopyTo(Clearance& out) const noexcept {
  const std::uint8_t* b = block_.data();
  out.key_id = b[kKeyId];
  std::memcpy(out.id.data(), b + kId, out.id.size());
  out.issued_at = LoadU32(b + kIssuedAt);
  out.expires_at = LoadU32(b + kExpiresAt);
  out.site_id = LoadU32(b + kSiteId);
  out.rank = b[kRank];
  out.puzzle = static_cast<Puzzle>(b[kPuzzle]);
  out.effort_log2 = b[kEffort];
  out.budget_class = b[kBudgetClass];
  out.roams = b[kRoams];
  out.binding = LoadBinding(b[kParts], b + kBinding);
}

bool SealedClearance::Open(const HmacKey& key, Clearance& out) const noexcept {
  if (!key.Authenticates(block_, tag_)) return false;
  CopyTo(out);
  return true;
}

bool SealedClearance::Open(const HmacKey& key, std::string_view user_agent, Clearance& out,
                           bool& user_agent_matches) const noexcept {
  if ((block_[kParts] & Binding::kUserAgent) == 0) {
    user_agent_matches = true;
    return Open(key, out);
  }
  const HmacKey::Answer answer = key.AuthenticateBeside(block_, tag_, user_agent);
  if (!answer.authentic) return false;
  CopyTo(out);
  user_agent_matches = out.binding.MatchesUserAgentClass(answer.user_agent_class);
  return true;
}

void SealedClearance::OpenEach(std::span<Opening> openings) noexcept {
  std::array<HmacKey::Claim, kMaxSha256Lanes> claims;
  const std::size_t count = std::min(openings.size(), claims.size());
  for (std::size_t i = 0; i < count; ++i) {
    const Opening& opening = openings[i];
    claims[i] = {opening.key, opening.sealed->block_.data(), &opening.sealed->tag_, false};
  }
  HmacKey::AuthenticateEach(std::span(claims).first(count));
  for (std::size_t i = 0; i < openings.size(); ++i) {
    Opening& opening = openings[i];
    opening.authentic = i < count && claims[i].authentic;
    if (opening.authentic) opening.sealed->CopyTo(*opening.out);
  }
}

}  // namespace stile
