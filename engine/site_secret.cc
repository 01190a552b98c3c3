#include "engine/site_secret.h"

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <string>

namespace stile {
namespace {

// A random text of 32 characters has far more; what counts as a secret in somebody's examples, such
// as rows of zeros, has fewer.
constexpr std::size_t kMinDifferent = 10;

tl::unexpected<Error> Mistake(ErrorCode code, std::string message) {
  return tl::unexpected<Error>(Error{code, "", std::move(message)});
}

}  // namespace

tl::expected<SiteSecret, Error> SiteSecret::Create(std::string_view secret) {
  if (secret.size() < kMinSize || secret.size() > kMaxSize) {
    return Mistake(ErrorCode::kOutOfRange, "A secret has 32 to 256 characters, this one " +
                                               std::to_string(secret.size()) + ".");
  }
  const auto is_visible = [](char c) { return c > 0x20 && c < 0x7F; };
  if (!std::all_of(secret.begin(), secret.end(), is_visible)) {
    return Mistake(ErrorCode::kInvalidArgument,
                   "A secret holds letters, digits and signs of ASCII, without spaces.");
  }
  std::bitset<128> seen;
  for (const char c : secret) seen.set(static_cast<std::size_t>(c));
  if (seen.count() < kMinDifferent) {
    return Mistake(ErrorCode::kInvalidArgument, "A secret must be random: this one has only " +
                                                    std::to_string(seen.count()) +
                                                    " different characters.");
  }
  return SiteSecret(HashOf(secret));
}

Sha256Digest SiteSecret::HashOf(std::string_view secret) noexcept {
  return Sha256({reinterpret_cast<const std::uint8_t*>(secret.data()), secret.size()});
}

bool SiteSecret::Is(const Sha256Digest& hash) const noexcept {
  unsigned different = 0;
  for (std::size_t i = 0; i < hash_.size(); ++i) {
    different |= static_cast<unsigned>(hash_[i] ^ hash[i]);
  }
  return different == 0;
}

}  // namespace stile
