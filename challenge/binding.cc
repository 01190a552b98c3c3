#include "challenge/binding.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "challenge/cpu_features.h"
#include "challenge/user_agent_class_avx2.h"
#include "challenge/user_agent_halves.h"

namespace stile {
namespace {

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

UserAgentHalves HalvesOf(std::string_view user_agent) noexcept {
  UserAgentHalves h = StartOfUserAgent(user_agent.size());
  const auto mix = [&h](const char* p) {
    MixUserAgent(h, EraseDigits(LoadLittleEndian(p)), EraseDigits(LoadLittleEndian(p + 8)));
  };
  std::size_t at = 0;
  for (; at + 16 <= user_agent.size(); at += 16) mix(user_agent.data() + at);
  if (at < user_agent.size()) {
    char tail[16] = {};
    std::memcpy(tail, user_agent.data() + at, user_agent.size() - at);
    mix(tail);
  }
  return h;
}

#if defined(__x86_64__)
const bool kUseAvx2 = CpuFeatures::Here().avx2;
#endif

}  // namespace

std::uint32_t UserAgentClassPortable(std::string_view user_agent) noexcept {
  return JoinUserAgent(HalvesOf(user_agent.substr(0, kMaxUserAgent)));
}

std::uint32_t UserAgentClass(std::string_view user_agent) noexcept {
#if defined(__x86_64__)
  const std::size_t length = user_agent.size() < kMaxUserAgent ? user_agent.size() : kMaxUserAgent;
  if (kUseAvx2 && length >= 32)
    return JoinUserAgent(HalvesOfUserAgentAvx2(user_agent.data(), length));
#endif
  return UserAgentClassPortable(user_agent);
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

}  // namespace stile
