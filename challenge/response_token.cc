#include "challenge/response_token.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>

#include "challenge/base64url.h"
#include "challenge/secret_bytes.h"
#include "challenge/token_fields.h"

namespace stile {
namespace {

constexpr std::size_t kVersion = 0;
constexpr std::size_t kKind = 1;
constexpr std::size_t kKeyId = 2;
constexpr std::size_t kRank = 3;
constexpr std::size_t kIssuedAt = 4;
constexpr std::size_t kExpiresAt = 8;
constexpr std::size_t kSiteId = 12;
constexpr std::size_t kClearedAt = 16;
constexpr std::size_t kId = 20;
constexpr std::size_t kSpend = 36;
constexpr std::size_t kSpendSize = 22;
constexpr std::size_t kActionLength = 58;
constexpr std::size_t kHostLength = 59;
static_assert(kId + sizeof(TokenId) == kSpend);
static_assert(kSpend + kSpendSize == kActionLength);
static_assert(kHostLength + 1 == ResponseToken::kFixedSize);
static_assert(Base64UrlLength(ResponseToken::kFixedSize + 1 + Tag::kSize) ==
              ResponseToken::kMinTextSize);
static_assert(Base64UrlLength(ResponseToken::kMaxSize) == ResponseToken::kMaxTextSize);

// What the key of purpose kSpend is asked about, so that no answer to one question is one to the
// other.
constexpr std::uint8_t kPadQuestion = 0;
constexpr std::uint8_t kAttemptQuestion = 1;

bool IsLower(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool IsActionByte(char c) noexcept {
  return IsLower(c) || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
}

bool IsHostByte(char c) noexcept {
  return IsLower(c) || c == '-' || c == '.' || c == '_' || c == ':' || c == '[' || c == ']';
}

// Adds the pad of the token `id` to the spend id in `bytes`, or takes it off. No id comes twice, so
// no pad does.
void Mask(const HmacKey& key, const std::uint8_t* id, std::uint8_t* bytes) noexcept {
  std::array<std::uint8_t, 1 + sizeof(TokenId)> question;
  question[0] = kPadQuestion;
  std::memcpy(question.data() + 1, id, sizeof(TokenId));
  Sha256Digest pad = key.ComputeDigest(question);
  static_assert(sizeof(pad) >= kSpendSize);
  for (std::size_t i = 0; i < kSpendSize; ++i) bytes[i] ^= pad[i];
  Wipe(pad);
}

}  // namespace

bool IsAction(std::string_view action) noexcept {
  return action.size() <= kMaxAction && std::all_of(action.begin(), action.end(), IsActionByte);
}

bool IsTokenHost(std::string_view host) noexcept {
  return !host.empty() && host.size() <= kMaxTokenHost &&
         std::all_of(host.begin(), host.end(), IsHostByte);
}

bool SealResponseToken(const ResponseToken& token, const ResponseKeys& keys,
                       ResponseTokenText& out) noexcept {
  out.size = 0;
  if (!IsAction(token.action) || !IsTokenHost(token.host)) return false;
  std::array<std::uint8_t, ResponseToken::kMaxSize> bytes;
  std::uint8_t* b = bytes.data();
  b[kVersion] = kTokenVersion;
  b[kKind] = static_cast<std::uint8_t>(TokenKind::kResponse);
  b[kKeyId] = token.key_id;
  b[kRank] = token.rank;
  StoreU32(b + kIssuedAt, token.issued_at);
  StoreU32(b + kExpiresAt, token.expires_at);
  StoreU32(b + kSiteId, token.site_id);
  StoreU32(b + kClearedAt, token.cleared_at);
  std::memcpy(b + kId, token.id.data(), token.id.size());
  StoreU16(b + kSpend, token.spend.node);
  StoreU64(b + kSpend + 2, token.spend.boot);
  StoreU32(b + kSpend + 10, token.spend.epoch);
  StoreU64(b + kSpend + 14, token.spend.sequence);
  Mask(keys.spend, b + kId, b + kSpend);
  b[kActionLength] = static_cast<std::uint8_t>(token.action.size());
  b[kHostLength] = static_cast<std::uint8_t>(token.host.size());
  std::uint8_t* end =
      std::copy(token.action.begin(), token.action.end(), b + ResponseToken::kFixedSize);
  end = std::copy(token.host.begin(), token.host.end(), end);
  const auto body = static_cast<std::size_t>(end - b);
  const Tag tag = keys.response.ComputeTag({b, body});
  std::memcpy(end, tag.bytes.data(), Tag::kSize);
  out.size = EncodeBase64Url({b, body + Tag::kSize}, out.characters);
  return true;
}

Tag AttemptTag(const HmacKey& spend_key, const TokenId& id, std::string_view attempt) noexcept {
  std::array<std::uint8_t, 1 + sizeof(TokenId) + kMaxAttempt> question;
  question[0] = kAttemptQuestion;
  std::memcpy(question.data() + 1, id.data(), id.size());
  const std::string_view text = attempt.substr(0, kMaxAttempt);
  const std::uint8_t* end =
      std::copy(text.begin(), text.end(), question.data() + 1 + sizeof(TokenId));
  return spend_key.ComputeTag({question.data(), static_cast<std::size_t>(end - question.data())});
}

TokenShape SealedResponseToken::Parse(std::string_view text) noexcept {
  size_ = 0;
  if (text.empty()) return TokenShape::kAbsent;
  if (text.size() < ResponseToken::kMinTextSize || text.size() > ResponseToken::kMaxTextSize) {
    return TokenShape::kMalformed;
  }
  const std::optional<std::size_t> size = DecodeBase64Url(text, bytes_);
  if (!size.has_value()) return TokenShape::kMalformed;
  const std::uint8_t* b = bytes_.data();
  const std::size_t action = b[kActionLength];
  const std::size_t host = b[kHostLength];
  if (b[kVersion] != kTokenVersion || b[kKind] != static_cast<std::uint8_t>(TokenKind::kResponse) ||
      action > kMaxAction || host == 0 || host > kMaxTokenHost ||
      ResponseToken::kFixedSize + action + host + Tag::kSize != *size) {
    return TokenShape::kMalformed;
  }
  size_ = *size;
  return TokenShape::kWellFormed;
}

std::uint32_t SealedResponseToken::claimed_issued_at() const noexcept {
  return LoadU32(bytes_.data() + kIssuedAt);
}

std::uint32_t SealedResponseToken::claimed_expires_at() const noexcept {
  return LoadU32(bytes_.data() + kExpiresAt);
}

std::uint32_t SealedResponseToken::claimed_site_id() const noexcept {
  return LoadU32(bytes_.data() + kSiteId);
}

bool SealedResponseToken::Open(const ResponseKeys& keys, ResponseToken& out) const noexcept {
  if (size_ == 0) return false;
  const std::uint8_t* b = bytes_.data();
  const std::size_t body = size_ - Tag::kSize;
  Tag claimed;
  std::memcpy(claimed.bytes.data(), b + body, Tag::kSize);
  if (!EqualInConstantTime(keys.response.ComputeTag({b, body}), claimed)) return false;
  out.key_id = b[kKeyId];
  out.rank = b[kRank];
  out.issued_at = LoadU32(b + kIssuedAt);
  out.expires_at = LoadU32(b + kExpiresAt);
  out.site_id = LoadU32(b + kSiteId);
  out.cleared_at = LoadU32(b + kClearedAt);
  std::memcpy(out.id.data(), b + kId, out.id.size());
  std::array<std::uint8_t, kSpendSize> spend;
  std::memcpy(spend.data(), b + kSpend, kSpendSize);
  Mask(keys.spend, b + kId, spend.data());
  out.spend = SpendId{LoadU16(spend.data()), LoadU64(spend.data() + 2), LoadU32(spend.data() + 10),
                      LoadU64(spend.data() + 14)};
  const char* text = reinterpret_cast<const char*>(b + ResponseToken::kFixedSize);
  out.action = {text, b[kActionLength]};
  out.host = {text + b[kActionLength], b[kHostLength]};
  return true;
}

}  // namespace stile
