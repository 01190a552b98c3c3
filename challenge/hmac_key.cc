#include "challenge/hmac_key.h"

#include <cstring>

#include "challenge/secret_bytes.h"
#include "challenge/token_fields.h"

namespace stile {
namespace {

// A message up to this long shares its block with the padding.
constexpr std::size_t kMaxOneBlock = kSha256Block - 9;

void StoreWords(const std::uint32_t* words, std::size_t count, std::uint8_t* out) noexcept {
  for (std::size_t i = 0; i < count; ++i) StoreU32(out + 4 * i, words[i]);
}

}  // namespace

bool EqualInConstantTime(const Tag& a, const Tag& b) noexcept {
  std::uint64_t difference = (LoadU64(a.bytes.data()) ^ LoadU64(b.bytes.data())) |
                             (LoadU64(a.bytes.data() + 8) ^ LoadU64(b.bytes.data() + 8));
  // Both halves are compared before the compiler learns what for.
  asm("" : "+r"(difference));
  return difference == 0;
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

Sha256State HmacKey::Fold(std::span<const std::uint8_t> message) const noexcept {
  std::array<std::uint8_t, kSha256Block> block{};
  Sha256State state = inner_;
  if (message.size() <= kMaxOneBlock) {
    if (!message.empty()) std::memcpy(block.data(), message.data(), message.size());
    block[message.size()] = 0x80;
    const std::uint16_t bits = static_cast<std::uint16_t>((kSha256Block + message.size()) * 8);
    StoreU16(block.data() + kSha256Block - 2, bits);
    Sha256Compress(state, block.data(), 1);
    block.fill(0);
    StoreWords(state.data(), state.size(), block.data());
  } else {
    const Sha256Digest inner = Sha256Finish(state, message, kSha256Block + message.size());
    std::memcpy(block.data(), inner.data(), inner.size());
  }
  block[sizeof(Sha256Digest)] = 0x80;
  StoreU16(block.data() + kSha256Block - 2, (kSha256Block + sizeof(Sha256Digest)) * 8);
  state = outer_;
  Sha256Compress(state, block.data(), 1);
  return state;
}

Sha256Digest HmacKey::ComputeDigest(std::span<const std::uint8_t> message) const noexcept {
  const Sha256State state = Fold(message);
  Sha256Digest digest;
  StoreWords(state.data(), state.size(), digest.data());
  return digest;
}

HmacKey::Mac HmacKey::Compute(std::span<const std::uint8_t> message) const noexcept {
  const Sha256State state = Fold(message);
  Mac mac;
  StoreWords(state.data(), 4, mac.tag.bytes.data());
  StoreWords(state.data() + 4, 4, mac.rest.data());
  return mac;
}

}  // namespace stile
