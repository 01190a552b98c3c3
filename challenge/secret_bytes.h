#ifndef STILE_CHALLENGE_SECRET_BYTES_H_
#define STILE_CHALLENGE_SECRET_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace stile {

// Bytes that must not leak: wiped when they go out of use, impossible to print, copied only on
// purpose, compared in constant time. Not safe to change while another thread reads.
class SecretBytes {
 public:
  SecretBytes() = default;  // Empty.
  explicit SecretBytes(std::span<const std::uint8_t> bytes);
  SecretBytes(SecretBytes&& other) noexcept;
  SecretBytes& operator=(SecretBytes&& other) noexcept;
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  ~SecretBytes();

  [[nodiscard]] SecretBytes Clone() const { return SecretBytes(Expose()); }

  // The view lives as long as this object. The name is long so that a reader of the call stops.
  [[nodiscard]] std::span<const std::uint8_t> Expose() const noexcept { return bytes_; }

  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }

  // Takes time that depends on the two lengths only.
  [[nodiscard]] bool EqualsInConstantTime(const SecretBytes& other) const noexcept;

 private:
  std::vector<std::uint8_t> bytes_;
};

// Overwrites `bytes` with zeros in a way that the compiler keeps.
void Wipe(std::span<std::uint8_t> bytes) noexcept;

}  // namespace stile

#endif  // STILE_CHALLENGE_SECRET_BYTES_H_
