#include "challenge/context.h"

#include <algorithm>
#include <cstring>
#include <span>

#include "challenge/base64url.h"
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
constexpr std::size_t kAction = 16;
constexpr std::size_t kVerdict = 17;
constexpr std::size_t kRoams = 18;
constexpr std::size_t kReserved = 19;
constexpr std::size_t kRule = 20;
constexpr std::size_t kPathLength = 22;
static_assert(kPathLength + 2 == Context::kFixedSize);
static_assert(Base64UrlLength(Context::kFixedSize + 1 + Tag::kSize) == Context::kMinTextSize);
static_assert(Base64UrlLength(Context::kMaxSize) == Context::kMaxTextSize);

}  // namespace

void SealContext(const Context& context, const HmacKey& key, ContextText& out) noexcept {
  const std::string_view path =
      IsReturnPath(context.return_path) ? context.return_path : std::string_view("/");
  std::array<std::uint8_t, Context::kMaxSize> bytes;
  std::uint8_t* b = bytes.data();
  b[kVersion] = kTokenVersion;
  b[kKind] = static_cast<std::uint8_t>(TokenKind::kContext);
  b[kKeyId] = context.key_id;
  b[kRank] = context.rank;
  const std::uint64_t latest = std::uint64_t{context.issued_at} + Context::kMaxSeconds;
  StoreU32(b + kIssuedAt, context.issued_at);
  StoreU32(b + kExpiresAt,
           static_cast<std::uint32_t>(std::min<std::uint64_t>(context.expires_at, latest)));
  StoreU32(b + kSiteId, context.site_id);
  b[kAction] = context.action;
  b[kVerdict] = context.verdict;
  b[kRoams] = context.roams;
  b[kReserved] = 0;
  StoreU16(b + kRule, context.rule);
  StoreU16(b + kPathLength, static_cast<std::uint16_t>(path.size()));
  std::memcpy(b + Context::kFixedSize, path.data(), path.size());
  const std::size_t body = Context::kFixedSize + path.size();
  const Tag tag = key.ComputeTag({b, body});
  std::memcpy(b + body, tag.bytes.data(), Tag::kSize);
  out.size = EncodeBase64Url({b, body + Tag::kSize}, out.characters);
}

TokenShape SealedContext::Parse(std::string_view text) noexcept {
  size_ = 0;
  if (text.empty()) return TokenShape::kAbsent;
  if (text.size() < Context::kMinTextSize || text.size() > Context::kMaxTextSize) {
    return TokenShape::kMalformed;
  }
  const std::optional<std::size_t> size = DecodeBase64Url(text, bytes_);
  if (!size.has_value()) return TokenShape::kMalformed;
  const std::uint8_t* b = bytes_.data();
  const std::size_t path = LoadU16(b + kPathLength);
  if (b[kVersion] != kTokenVersion || b[kKind] != static_cast<std::uint8_t>(TokenKind::kContext) ||
      b[kReserved] != 0 || path == 0 || path > kMaxReturnPath ||
      Context::kFixedSize + path + Tag::kSize != *size) {
    return TokenShape::kMalformed;
  }
  size_ = *size;
  return TokenShape::kWellFormed;
}

std::uint32_t SealedContext::claimed_issued_at() const noexcept {
  return LoadU32(bytes_.data() + kIssuedAt);
}

std::uint32_t SealedContext::claimed_expires_at() const noexcept {
  return LoadU32(bytes_.data() + kExpiresAt);
}

std::uint32_t SealedContext::claimed_site_id() const noexcept {
  return LoadU32(bytes_.data() + kSiteId);
}

bool SealedContext::Open(const HmacKey& key, Context& out) const noexcept {
  if (size_ == 0) return false;
  const std::uint8_t* b = bytes_.data();
  const std::size_t body = size_ - Tag::kSize;
  Tag claimed;
  std::memcpy(claimed.bytes.data(), b + body, Tag::kSize);
  if (!EqualInConstantTime(key.ComputeTag({b, body}), claimed)) return false;
  out.key_id = b[kKeyId];
  out.rank = b[kRank];
  out.issued_at = LoadU32(b + kIssuedAt);
  out.expires_at = LoadU32(b + kExpiresAt);
  out.site_id = LoadU32(b + kSiteId);
  out.action = b[kAction];
  out.verdict = b[kVerdict];
  out.roams = b[kRoams];
  out.rule = LoadU16(b + kRule);
  out.return_path = {reinterpret_cast<const char*>(b + Context::kFixedSize),
                     body - Context::kFixedSize};
  return true;
}

}  // namespace stile
