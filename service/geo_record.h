#ifndef STILE_SERVICE_GEO_RECORD_H_
#define STILE_SERVICE_GEO_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace stile {

// One value in the data section of a database in MaxMind's format, version 2: a map, a text, a
// number. Borrows the section.
//
// Reads no byte outside the section and at most kMaxSteps values for each question, without
// recursion: whatever the bytes are, a question ends soon, and with an answer or none.
class GeoRecord {
 public:
  static constexpr std::size_t kMaxSteps = 4'096;

  GeoRecord(std::span<const std::uint8_t> section, std::size_t offset) noexcept
      : section_(section), offset_(offset) {}

  // The value of `key`; nullopt if this is no map, or has no such key.
  [[nodiscard]] std::optional<GeoRecord> Find(std::string_view key) const noexcept;
  [[nodiscard]] std::optional<std::string_view> Text() const noexcept;
  // An unsigned number of at most 64 bits.
  [[nodiscard]] std::optional<std::uint64_t> Number() const noexcept;

 private:
  std::span<const std::uint8_t> section_;
  std::size_t offset_;
};

}  // namespace stile

#endif  // STILE_SERVICE_GEO_RECORD_H_
