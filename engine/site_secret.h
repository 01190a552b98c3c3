#ifndef STILE_ENGINE_SITE_SECRET_H_
#define STILE_ENGINE_SITE_SECRET_H_

#include <cstddef>
#include <string_view>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "challenge/sha256.h"

namespace stile {

// What a site's backend shows when it asks about a response token. Only its hash is kept, and what
// it is compared with is hashed too, so that the comparison says nothing about either.
class SiteSecret {
 public:
  static constexpr std::size_t kMinSize = 32;
  static constexpr std::size_t kMaxSize = 256;

  // Returns kOutOfRange if `secret` is shorter than 32 or longer than 256 bytes, kInvalidArgument
  // if it holds anything but visible ASCII or fewer than 10 different characters. No error quotes
  // it.
  [[nodiscard]] static tl::expected<SiteSecret, Error> Create(std::string_view secret);

  // What Is compares with; any text has one.
  [[nodiscard]] static Sha256Digest HashOf(std::string_view secret) noexcept;
  // Takes the same time whatever the answer.
  [[nodiscard]] bool Is(const Sha256Digest& hash) const noexcept;
  [[nodiscard]] bool Is(const SiteSecret& other) const noexcept { return Is(other.hash_); }

 private:
  explicit SiteSecret(const Sha256Digest& hash) noexcept : hash_(hash) {}

  Sha256Digest hash_;
};

}  // namespace stile

#endif  // STILE_ENGINE_SITE_SECRET_H_
