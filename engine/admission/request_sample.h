#ifndef STILE_ENGINE_ADMISSION_REQUEST_SAMPLE_H_
#define STILE_ENGINE_ADMISSION_REQUEST_SAMPLE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/standing.h"
#include "verifier/request.h"

namespace stile {

// A copy of what a policy may look at in one request, of bounded size and without any secret: no
// cookie, no credential, no field that isn't in a list of harmless ones, and of a clearance only
// its rank, effort, key id and time of issue. Kept in memory alone, and never logged.
class RequestSample {
 public:
  static constexpr std::size_t kMaxText = 640;  // Bytes of all texts together.
  static constexpr std::size_t kMaxFields = 8;  // Besides those that Request names.
  // What View needs: room for those, and for the fields that Request names.
  using FieldRoom = std::array<RequestField, kMaxFields + 8>;

  // Copies `request`, which a client of this standing made. `pinned_site` is the SiteId of the site
  // that its door is pinned to; 0: none. Returns false if it doesn't fit, and then nothing of this
  // object may be used. Does not allocate; copies at most kMaxText bytes.
  [[nodiscard]] bool Take(const Request& request, const Standing& standing,
                          std::uint32_t pinned_site) noexcept;

  // The request again, in views of this object and of `room`. Its site is left to its host.
  [[nodiscard]] Request View(FieldRoom& room) const noexcept;

  [[nodiscard]] const Standing& standing() const noexcept { return standing_; }
  [[nodiscard]] std::uint32_t pinned_site() const noexcept { return pinned_site_; }
  // How many bytes of this object, from its first, say something: a copy may end there.
  [[nodiscard]] std::size_t UsedBytes() const noexcept;

 private:
  static constexpr std::size_t kNamedTexts = 13;

  [[nodiscard]] bool Add(std::size_t index, std::string_view text) noexcept;
  [[nodiscard]] std::string_view Text(std::size_t index) const noexcept;

  // Where the text of each index ends; it begins where the one before ends. First what Request
  // names, then name and value of each further field.
  std::array<std::uint16_t, kNamedTexts + 2 * kMaxFields> ends_;
  std::uint8_t address_size_;  // 0: not known.
  std::uint8_t field_count_;
  std::uint8_t https_;
  std::array<std::uint8_t, 16> address_;
  std::uint32_t pinned_site_;
  std::uint32_t asn_;
  Standing standing_;
  std::array<char, kMaxText> text_;  // Last, so that what isn't used need not be copied.
};

}  // namespace stile

#endif  // STILE_ENGINE_ADMISSION_REQUEST_SAMPLE_H_
