#include "challenge/binding.h"

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace stile {
namespace {

constexpr std::size_t kMaxUserAgent = 512;
constexpr std::uint64_t kMulA = 0x9FB21C651E98DF25U;
constexpr std::uint64_t kMulB = 0xD6E8FEB86659FD93U;

// 16 bytes as two little-endian numbers.
struct Words {
  std::uint64_t first;
  std::uint64_t second;
};

std::uint64_t LoadLittleEndian(const char* p) noexcept {
  std::uint64_t x;
  std::memcpy(&x, p, sizeof x);
  if constexpr (std::endian::native == std::endian::big) x = __builtin_bswap64(x);
  return x;
}

// Replaces every byte '0'..'9' by '0', eight bytes at a time.
std::uint64_t EraseDigits(std::uint64_t x) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHigh = 0x8080808080808080U;
  const std::uint64_t low7 = x & ~kHigh;
  const std::uint64_t at_least_0 = low7 + kOnes * (0x80 - '0');      // Bit 7: byte >= '0'.
  const std::uint64_t above_9 = low7 + kOnes * (0x80 - ('9' + 1));   // Bit 7: byte > '9'.
  const std::uint64_t digit = (at_least_0 & ~above_9 & ~x) & kHigh;  // Bit 7 marks a digit.
  const std::uint64_t low_nibble = (digit >> 3) - (digit >> 7);
  return x & ~low_nibble;  // '0' is 0x30: clearing the low four bits of a digit gives it.
}

struct PortableText {
  static Words Load(const char* p) noexcept {
    return {EraseDigits(LoadLittleEndian(p)), EraseDigits(LoadLittleEndian(p + 8))};
  }
};

#if defined(__SSE2__)
struct VectorText {
  static Words Load(const char* p) noexcept {
    const __m128i x = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    const __m128i above_0 = _mm_sub_epi8(x, _mm_set1_epi8('0'));
    const __m128i digit = _mm_cmpeq_epi8(_mm_min_epu8(above_0, _mm_set1_epi8(9)), above_0);
    const __m128i erased = _mm_andnot_si128(_mm_and_si128(digit, _mm_set1_epi8(0x0F)), x);
    return {static_cast<std::uint64_t>(_mm_cvtsi128_si64(erased)),
            static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_unpackhi_epi64(erased, erased)))};
  }
};
#endif

// The last `count` of 16 bytes, 1 to 15 of them, with zeros after them.
Words LastOf(Words words, std::size_t count) noexcept {
  const std::size_t drop = 8 * (16 - count);
  if (drop >= 64) return {words.second >> (drop - 64), 0};
  return {words.first >> drop | words.second << (64 - drop), words.second >> drop};
}

template <typename Text>
std::uint32_t ClassOf(std::string_view user_agent) noexcept {
  const std::size_t length = user_agent.size() < kMaxUserAgent ? user_agent.size() : kMaxUserAgent;
  std::uint64_t a = 0x9E3779B97F4A7C15U ^ length;
  std::uint64_t b = 0xC2B2AE3D27D4EB4FU;
  const auto mix = [&a, &b](Words words) {
    a = std::rotl(a ^ words.first, 29) * kMulA;
    b = std::rotl(b ^ words.second, 31) * kMulB;
  };
  const char* const text = user_agent.data();
  std::size_t at = 0;
  for (; at + 16 <= length; at += 16) mix(Text::Load(text + at));
  if (at < length && length >= 16) {
    mix(LastOf(Text::Load(text + length - 16), length - at));
  } else if (at < length) {
    char tail[16] = {};
    std::memcpy(tail, text, length);
    mix(Text::Load(tail));
  }
  std::uint64_t h = a ^ std::rotl(b, 32);
  h = (h ^ (h >> 32)) * kMulA;
  return static_cast<std::uint32_t>(h ^ (h >> 29));
}

}  // namespace

std::uint32_t UserAgentClassPortable(std::string_view user_agent) noexcept {
  return ClassOf<PortableText>(user_agent);
}

std::uint32_t UserAgentClass(std::string_view user_agent) noexcept {
#if defined(__SSE2__)
  return ClassOf<VectorText>(user_agent);
#else
  return ClassOf<PortableText>(user_agent);
#endif
}

Binding Binding::Of(const Client& client, const BindingOptions& options) noexcept {
  Binding binding;
  if (client.address.has_value()) {
    const IpAddress& address = *client.address;
    const int bits =
        address.is_v6() ? std::min(options.ipv6_prefix, 64) : std::min(options.ipv4_prefix, 32);
    if (address.is_v6()) binding.parts |= kIpv6;
    if (bits > 0) {
      binding.parts |= kAddress;
      binding.prefix_length = static_cast<std::uint8_t>(bits);
      binding.prefix = address.Prefix(bits);
    }
  }
  if (options.user_agent) {
    binding.parts |= kUserAgent;
    binding.user_agent_class_version = kUserAgentClassVersion;
    binding.user_agent_class = UserAgentClass(client.user_agent);
  }
  return binding;
}

bool Binding::MatchesAddress(const std::optional<IpAddress>& address) const noexcept {
  if ((parts & kAddress) == 0) return true;
  const bool is_v6 = (parts & kIpv6) != 0;
  return address.has_value() && address->is_v6() == is_v6 && prefix_length <= (is_v6 ? 64 : 32) &&
         address->Prefix(prefix_length) == prefix;
}

bool Binding::MatchesUserAgent(std::string_view user_agent) const noexcept {
  if ((parts & kUserAgent) == 0) return true;
  return user_agent_class_version == kUserAgentClassVersion &&
         UserAgentClass(user_agent) == user_agent_class;
}

}  // namespace stile
