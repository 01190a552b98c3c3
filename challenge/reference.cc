#include "challenge/reference.h"

#include <algorithm>
#include <span>

#include "challenge/token_fields.h"

namespace stile {
namespace {

constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kSymbols = 28;
constexpr std::size_t kGroup = 4;
constexpr unsigned kVersion = 1;
constexpr std::size_t kBodySize = 12;
constexpr std::size_t kTagSize = 6;
// The text spells all bits of these bytes but the first four, which are 0.
using Bytes = std::array<std::uint8_t, kBodySize + kTagSize>;
static_assert(kSymbols * 5 + 4 == sizeof(Bytes) * 8);
static_assert(kSymbols + kSymbols / kGroup - 1 == kReferenceTextSize);

// 0 x y z: version, action and verdict in 12 bits, of which the text's first ones are the version.
void StoreBody(const Reference& reference, std::uint8_t* b) noexcept {
  const unsigned marks = kVersion << 8 | (reference.action & 7U) << 5 | (reference.verdict & 31U);
  StoreU16(b, static_cast<std::uint16_t>(marks));
  StoreU32(b + 2, reference.issued_at);
  StoreU16(b + 6, reference.node);
  StoreU16(b + 8, reference.site);
  StoreU16(b + 10, reference.rule);
}

std::uint64_t TagOf(const HmacKey& key, const std::uint8_t* body) noexcept {
  const Tag tag = key.ComputeTag({body, kBodySize});
  return LoadU64(tag.bytes.data()) >> 16;
}

ReferenceText Spell(const Reference& reference, std::uint64_t tag) noexcept {
  Bytes bytes;
  StoreBody(reference, bytes.data());
  StoreU16(bytes.data() + kBodySize, static_cast<std::uint16_t>(tag >> 32));
  StoreU32(bytes.data() + kBodySize + 2, static_cast<std::uint32_t>(tag));
  ReferenceText text;
  char* to = text.data();
  unsigned held = bytes[0];  // Its upper half is 0 and isn't spelt.
  int bits = 4;
  std::size_t next = 1;
  for (std::size_t i = 0; i < kSymbols; ++i) {
    if (bits < 5) {
      held = (held << 8 | bytes[next++]) & 0xFFFF;
      bits += 8;
    }
    bits -= 5;
    if (i > 0 && i % kGroup == 0) *to++ = '-';
    *to++ = kAlphabet[held >> bits & 31];
  }
  return text;
}

// The value of one character; 32 if it has none.
unsigned ValueOf(char c) noexcept {
  if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
  if (c == 'O') c = '0';
  if (c == 'I' || c == 'L') c = '1';
  return static_cast<unsigned>(std::min(kAlphabet.find(c), kAlphabet.size()));
}

// Reads the 28 characters into all but the first four bits of `out`.
bool ReadSymbols(std::string_view text, Bytes& out) noexcept {
  out[0] = 0;
  unsigned held = 0;
  int bits = 4;  // Those of the first byte that no character spells.
  std::size_t next = 0;
  std::size_t count = 0;
  for (const char c : text) {
    if (c == '-' || c == ' ') continue;
    const unsigned value = ValueOf(c);
    if (value == kAlphabet.size() || count++ == kSymbols) return false;
    held = (held << 5 | value) & 0xFFFF;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    out[next++] = static_cast<std::uint8_t>(held >> bits);
  }
  return count == kSymbols;
}

}  // namespace

ReferenceText SealReference(const Reference& reference, const HmacKey* key) noexcept {
  std::array<std::uint8_t, kBodySize> body;
  StoreBody(reference, body.data());
  return Spell(reference, key == nullptr ? 0 : TagOf(*key, body.data()));
}

std::optional<SealedReference> SealedReference::Parse(std::string_view text) noexcept {
  Bytes bytes;
  if (text.size() > kMaxReferenceSpelling || !ReadSymbols(text, bytes)) return std::nullopt;
  const std::uint8_t* b = bytes.data();
  const unsigned marks = LoadU16(b);
  if (marks >> 8 != kVersion) return std::nullopt;
  SealedReference sealed;
  sealed.claimed_.action = static_cast<std::uint8_t>(marks >> 5 & 7);
  sealed.claimed_.verdict = static_cast<std::uint8_t>(marks & 31);
  sealed.claimed_.issued_at = LoadU32(b + 2);
  sealed.claimed_.node = LoadU16(b + 6);
  sealed.claimed_.site = LoadU16(b + 8);
  sealed.claimed_.rule = LoadU16(b + 10);
  sealed.tag_ = std::uint64_t{LoadU16(b + kBodySize)} << 32 | LoadU32(b + kBodySize + 2);
  return sealed;
}

bool SealedReference::IsFrom(const HmacKey& key) const noexcept {
  if (is_unsigned()) return false;
  std::array<std::uint8_t, kBodySize> body;
  StoreBody(claimed_, body.data());
  Tag ours, theirs;
  StoreU64(ours.bytes.data(), TagOf(key, body.data()));
  StoreU64(theirs.bytes.data(), tag_);
  return EqualInConstantTime(ours, theirs);
}

ReferenceText SealedReference::Spelling() const noexcept { return Spell(claimed_, tag_); }

bool IsAuthentic(const SealedReference& sealed, const SiteKeys& keys, UnixMillis now) noexcept {
  const Reference& claimed = sealed.claimed();
  if (claimed.site != keys.site_id() >> 16) return false;
  for (unsigned id = 1; id <= 255; ++id) {
    const HmacKey* key =
        keys.Find(KeyPurpose::kReference, static_cast<std::uint8_t>(id), claimed.issued_at, now);
    if (key != nullptr && sealed.IsFrom(*key)) return true;
  }
  return false;
}

}  // namespace stile
