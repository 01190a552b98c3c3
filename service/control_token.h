#ifndef STILE_SERVICE_CONTROL_TOKEN_H_
#define STILE_SERVICE_CONTROL_TOKEN_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

namespace stile {

// What whoever controls over TCP has to show. Keeps a hash of it alone.
class ControlToken {
 public:
  static constexpr std::size_t kLeast = 32;  // Bytes.
  static constexpr std::size_t kMost = 1'024;

  // The first line of the file at `path`. Returns what ReadFile says, FailedPrecondition if anybody
  // but its owner may open the file, or InvalidArgument if the line isn't kLeast to kMost visible
  // ASCII characters.
  [[nodiscard]] static absl::StatusOr<ControlToken> Load(const std::string& path);

  // True if an Authorization field says "Bearer" and this token. The time that it takes depends on
  // the field's length alone.
  [[nodiscard]] bool IsShownBy(std::string_view authorization) const noexcept;

 private:
  using Digest = std::array<std::uint8_t, 32>;
  explicit ControlToken(const Digest& digest) : digest_(digest) {}
  [[nodiscard]] static Digest DigestOf(std::string_view token) noexcept;
  Digest digest_;
};

}  // namespace stile

#endif  // STILE_SERVICE_CONTROL_TOKEN_H_
