#include "challenge/base64url.h"

#include <array>
#include <cstring>

#include "challenge/base64url_avx2.h"
#include "challenge/cpu_features.h"
#include "challenge/token_fields.h"

namespace stile {
namespace {

constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// A character's value already shifted to its place in a group of four, so that a group decodes
// with four loads and three ORs. Bit 31 marks a byte that is not in the alphabet.
constexpr std::uint32_t kBad = 0x80000000U;

constexpr std::array<std::uint32_t, 256> ShiftedTable(int shift) {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t& entry : table) entry = kBad;
  for (std::uint32_t i = 0; i < 64; ++i) {
    table[static_cast<unsigned char>(kAlphabet[i])] = i << shift;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> kFirst = ShiftedTable(18);
constexpr std::array<std::uint32_t, 256> kSecond = ShiftedTable(12);
constexpr std::array<std::uint32_t, 256> kThird = ShiftedTable(6);
constexpr std::array<std::uint32_t, 256> kFourth = ShiftedTable(0);

std::size_t Byte(char c) noexcept { return static_cast<unsigned char>(c); }

// The 24 bits of four characters.
std::uint32_t Group(const char* in) noexcept {
  return kFirst[Byte(in[0])] | kSecond[Byte(in[1])] | kThird[Byte(in[2])] | kFourth[Byte(in[3])];
}

#if defined(__x86_64__)
const bool kUseAvx2 = CpuFeatures::Here().avx2;
#endif

}  // namespace

std::size_t EncodeBase64Url(std::span<const std::uint8_t> bytes, std::span<char> out) noexcept {
  const std::size_t length = Base64UrlLength(bytes.size());
  if (out.size() < length) return 0;
  const std::uint8_t* in = bytes.data();
  char* to = out.data();
  std::size_t left = bytes.size();
  for (; left >= 3; left -= 3, in += 3, to += 4) {
    const std::uint32_t group =
        static_cast<std::uint32_t>(in[0]) << 16 | static_cast<std::uint32_t>(in[1]) << 8 | in[2];
    to[0] = kAlphabet[group >> 18];
    to[1] = kAlphabet[group >> 12 & 63];
    to[2] = kAlphabet[group >> 6 & 63];
    to[3] = kAlphabet[group & 63];
  }
  if (left != 0) {
    const std::uint32_t group = static_cast<std::uint32_t>(in[0]) << 16 |
                                (left == 2 ? static_cast<std::uint32_t>(in[1]) << 8 : 0U);
    to[0] = kAlphabet[group >> 18];
    to[1] = kAlphabet[group >> 12 & 63];
    if (left == 2) to[2] = kAlphabet[group >> 6 & 63];
  }
  return length;
}

std::string EncodeBase64Url(std::span<const std::uint8_t> bytes) {
  std::string text(Base64UrlLength(bytes.size()), '\0');
  EncodeBase64Url(bytes, text);
  return text;
}

std::optional<std::size_t> DecodeBase64UrlPortable(std::string_view text,
                                                   std::span<std::uint8_t> out) noexcept {
  const std::size_t rest = text.size() % 4;
  if (rest == 1) return std::nullopt;
  const std::size_t length = Base64UrlDecodedLength(text.size());
  if (out.size() < length) return std::nullopt;
  const char* in = text.data();
  std::uint8_t* to = out.data();
  std::uint32_t bad = 0;
  std::size_t groups = text.size() / 4;
  // Two groups at a time, written as 8 bytes of which the next ones overwrite 2: so not at the end.
  for (; groups >= 3; groups -= 2, in += 8, to += 6) {
    const std::uint32_t one = Group(in);
    const std::uint32_t two = Group(in + 4);
    bad |= one | two;
    StoreU64(to, static_cast<std::uint64_t>(one) << 40 | static_cast<std::uint64_t>(two) << 16);
  }
  for (; groups != 0; --groups, in += 4, to += 3) {
    const std::uint32_t group = Group(in);
    bad |= group;
    to[0] = static_cast<std::uint8_t>(group >> 16);
    to[1] = static_cast<std::uint8_t>(group >> 8);
    to[2] = static_cast<std::uint8_t>(group);
  }
  if (rest != 0) {
    std::uint32_t group = kFirst[Byte(in[0])] | kSecond[Byte(in[1])];
    if (rest == 3) group |= kThird[Byte(in[2])];
    bad |= group;
    to[0] = static_cast<std::uint8_t>(group >> 16);
    if (rest == 3) to[1] = static_cast<std::uint8_t>(group >> 8);
    const std::uint32_t unused = rest == 2 ? 0xFFFFU : 0xFFU;
    if ((group & unused) != 0) return std::nullopt;
  }
  if ((bad & kBad) != 0) return std::nullopt;
  return length;
}

#if defined(__x86_64__)
// The same for a text that ends in less than four characters.
[[gnu::noinline]] static std::optional<std::size_t> DecodeOddEnd(
    std::string_view text, std::span<std::uint8_t> out) noexcept {
  const std::size_t whole = text.size() - text.size() % 4;
  const std::size_t length = whole / 4 * 3;
  if (out.size() < length || !DecodeBase64UrlAvx2(text.data(), whole, out.data())) {
    return std::nullopt;
  }
  const std::optional<std::size_t> rest =
      DecodeBase64UrlPortable(text.substr(whole), out.subspan(length));
  if (!rest.has_value()) return std::nullopt;
  return length + *rest;
}
#endif

std::optional<std::size_t> DecodeBase64Url(std::string_view text,
                                           std::span<std::uint8_t> out) noexcept {
#if defined(__x86_64__)
  if (kUseAvx2 && text.size() >= 16) {
    if (text.size() % 4 != 0) return DecodeOddEnd(text, out);
    const std::size_t length = text.size() / 4 * 3;
    if (out.size() < length) return std::nullopt;
    if (!DecodeBase64UrlAvx2(text.data(), text.size(), out.data())) return std::nullopt;
    return length;
  }
#endif
  return DecodeBase64UrlPortable(text, out);
}

bool DecodeSignedBlockPortable(std::span<const char, kSignedBlockText> text, MacBlock block,
                               Tag& tag) noexcept {
  constexpr std::size_t kBody = 53;
  std::array<std::uint8_t, kBody + Tag::kSize> bytes;
  if (!DecodeBase64UrlPortable({text.data(), text.size()}, bytes).has_value()) return false;
  std::memcpy(block.data(), bytes.data(), kBody);
  std::memcpy(tag.bytes.data(), bytes.data() + kBody, Tag::kSize);
  PadMacBlock(block, kBody);
  return true;
}

bool DecodeSignedBlock(std::span<const char, kSignedBlockText> text, MacBlock block,
                       Tag& tag) noexcept {
#if defined(__x86_64__)
  if (kUseAvx2) return DecodeSignedBlockAvx2(text.data(), block.data(), tag.bytes.data());
#endif
  return DecodeSignedBlockPortable(text, block, tag);
}

}  // namespace stile
