#ifndef STILE_CHALLENGE_IP_ADDRESS_H_
#define STILE_CHALLENGE_IP_ADDRESS_H_

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace stile {

// An IPv4 or IPv6 address. An IPv4-mapped IPv6 address (::ffff:a.b.c.d) becomes the IPv4 address
// when it is made, so that one client has one spelling.
class IpAddress {
 public:
  using Bytes4 = std::array<std::uint8_t, 4>;
  using Bytes16 = std::array<std::uint8_t, 16>;

  [[nodiscard]] static IpAddress V4(const Bytes4& network_order) noexcept;
  [[nodiscard]] static IpAddress V6(const Bytes16& network_order) noexcept;

  // Accepts dotted quads without leading zeros and RFC 4291 text without brackets, port or zone.
  // Returns nullopt for anything else. At most 45 bytes are looked at.
  [[nodiscard]] static std::optional<IpAddress> Parse(std::string_view text) noexcept;

  [[nodiscard]] bool is_v6() const noexcept { return is_v6_; }

  // 16 bytes; an IPv4 address fills the first 4 and the rest is 0.
  [[nodiscard]] const Bytes16& bytes() const noexcept { return bytes_; }

  // The first 64 bits as one number, in network order, with every bit past `length` cleared.
  // `length` is cut to 32 for IPv4 and to 64 for IPv6.
  [[nodiscard]] std::uint64_t Prefix(int length) const noexcept {
    const int longest = is_v6_ ? 64 : 32;
    const int bits = length < longest ? length : longest;
    if (bits <= 0) return 0;
    std::uint64_t first = 0;
    std::memcpy(&first, bytes_.data(), sizeof first);
    if constexpr (std::endian::native == std::endian::little) first = __builtin_bswap64(first);
    return first & ~std::uint64_t{0} << (64 - bits);
  }

  [[nodiscard]] std::string ToString() const;

  friend bool operator==(const IpAddress&, const IpAddress&) noexcept = default;

 private:
  IpAddress(const Bytes16& bytes, bool is_v6) noexcept : bytes_(bytes), is_v6_(is_v6) {}

  Bytes16 bytes_;
  bool is_v6_;
};

}  // namespace stile

#endif  // STILE_CHALLENGE_IP_ADDRESS_H_
