#include "challenge/hmac_key.h"

#include <algorithm>
#include <cstring>

#include "challenge/binding.h"
#include "challenge/clearance_mac_ni.h"
#include "challenge/cpu_features.h"
#include "challenge/secret_bytes.h"
#include "challenge/sha256_lanes.h"
#include "challenge/token_fields.h"
#include "challenge/user_agent_halves.h"

namespace stile {

namespace {

// Compares the bytes of two tags, and takes the same time wherever they differ.
inline bool TagBytesEqual(const std::uint8_t* a, const std::uint8_t* b) noexcept {
  std::uint64_t difference = (LoadU64(a) ^ LoadU64(b)) | (LoadU64(a + 8) ^ LoadU64(b + 8));
  // Both halves are compared before the compiler learns what for.
  asm("" : "+r"(difference));
  return difference == 0;
}

#if defined(__x86_64__)
const bool kUseShaExtensions = CpuFeatures::Here().sha;
#endif

}  // namespace

bool EqualInConstantTime(const Tag& a, const Tag& b) noexcept {
  return TagBytesEqual(a.bytes.data(), b.bytes.data());
}

HmacKey::HmacKey(std::span<const std::uint8_t> key) noexcept
    : inner_(kSha256Initial), outer_(kSha256Initial) {
  std::array<std::uint8_t, kSha256Block> pad{};
  if (key.size() > kSha256Block) {
    const Sha256Digest digest = Sha256(key);
    std::memcpy(pad.data(), digest.data(), digest.size());
  } else if (!key.empty()) {
    std::memcpy(pad.data(), key.data(), key.size());
  }
  for (std::uint8_t& byte : pad) byte ^= 0x36;
  Sha256Compress(inner_, pad.data(), 1);
  for (std::uint8_t& byte : pad) byte ^= 0x36 ^ 0x5C;
  Sha256Compress(outer_, pad.data(), 1);
  Wipe(pad);
}

HmacKey::~HmacKey() {
  Wipe({reinterpret_cast<std::uint8_t*>(inner_.data()), sizeof inner_});
  Wipe({reinterpret_cast<std::uint8_t*>(outer_.data()), sizeof outer_});
}

Sha256Digest HmacKey::ComputeDigest(std::span<const std::uint8_t> message) const noexcept {
  if (message.size() <= kMaxMacBlockMessage) {
    std::array<std::uint8_t, kSha256Block> block;
    if (!message.empty()) std::memcpy(block.data(), message.data(), message.size());
    PadMacBlock(block, message.size());
    return Sha256Nested(inner_, outer_, block.data());
  }
  return DigestOfLong(message);
}

// All but the last block, and then that one as if it were the only one.
Sha256Digest HmacKey::DigestOfLong(std::span<const std::uint8_t> message) const noexcept {
  const std::size_t rest = message.size() % kSha256Block;
  const std::size_t whole = message.size() / kSha256Block;
  const std::uint64_t bits = (kSha256Block + std::uint64_t{message.size()}) * 8;
  std::array<std::uint8_t, 2 * kSha256Block> end{};
  std::memcpy(end.data(), message.data() + whole * kSha256Block, rest);
  end[rest] = 0x80;
  const std::size_t blocks = rest <= kMaxMacBlockMessage ? 1 : 2;
  StoreU64(end.data() + blocks * kSha256Block - sizeof bits, bits);

  Sha256State state = inner_;
  Sha256Compress(state, message.data(), whole);
  Sha256Compress(state, end.data(), blocks - 1);
  return Sha256Nested(state, outer_, end.data() + (blocks - 1) * kSha256Block);
}

bool HmacKey::Authenticates(std::span<const std::uint8_t, kSha256Block> block,
                            const Tag& claimed) const noexcept {
  const Sha256Digest digest = Sha256Nested(inner_, outer_, block.data());
  return TagBytesEqual(digest.data(), claimed.bytes.data());
}

HmacKey::Answer HmacKey::AuthenticateBeside(std::span<const std::uint8_t, kSha256Block> block,
                                            const Tag& claimed,
                                            std::string_view user_agent) const noexcept {
#if defined(__x86_64__)
  if (kUseShaExtensions && user_agent.size() >= kMinUserAgentNi) {
    const std::size_t length =
        user_agent.size() < kMaxUserAgent ? user_agent.size() : kMaxUserAgent;
    const MacBesideAgent found = AuthenticateNi(inner_.data(), outer_.data(), block.data(),
                                                claimed.bytes.data(), user_agent.data(), length);
    return {found.user_agent_class, found.authentic};
  }
#endif
  return {UserAgentClass(user_agent), Authenticates(block, claimed)};
}

void HmacKey::AuthenticateEach(std::span<Claim> claims) noexcept {
  std::array<Sha256Nest, kMaxSha256Lanes> nests;
  std::array<Sha256Digest, kMaxSha256Lanes> digests;
  const std::size_t count = std::min(claims.size(), nests.size());
  for (std::size_t i = 0; i < count; ++i) {
    nests[i] = {&claims[i].key->inner_, &claims[i].key->outer_, claims[i].block};
  }
  Sha256NestedEach(std::span(nests).first(count), std::span(digests).first(count));
  for (std::size_t i = 0; i < claims.size(); ++i) {
    claims[i].authentic =
        i < count && TagBytesEqual(digests[i].data(), claims[i].claimed->bytes.data());
  }
}

HmacKey::Mac HmacKey::Compute(std::span<const std::uint8_t> message) const noexcept {
  const Sha256Digest digest = ComputeDigest(message);
  Mac mac;
  std::memcpy(mac.tag.bytes.data(), digest.data(), Tag::kSize);
  std::memcpy(mac.rest.data(), digest.data() + Tag::kSize, mac.rest.size());
  return mac;
}

}  // namespace stile
