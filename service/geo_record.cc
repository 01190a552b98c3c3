#include "service/geo_record.h"

namespace stile {
namespace {

enum Type : unsigned {
  kExtended = 0,
  kPointer = 1,
  kText = 2,
  kUint16 = 5,
  kUint32 = 6,
  kMap = 7,
  kUint64 = 9,
  kArray = 11,
  kBoolean = 14,
};

// What stands in front of a value.
struct Header {
  unsigned type = 0;
  std::size_t size = 0;  // Bytes, or entries of a map or array; of a pointer: where it points.
};

// Takes bytes off the section; says no at its end.
class Reader {
 public:
  Reader(std::span<const std::uint8_t> section, std::size_t offset) noexcept
      : section_(section), at_(offset) {}

  [[nodiscard]] std::size_t at() const noexcept { return at_; }

  [[nodiscard]] bool Skip(std::size_t count) noexcept {
    if (at_ > section_.size() || count > section_.size() - at_) return false;
    at_ += count;
    return true;
  }

  // A big-endian number of `count` bytes, at most 8.
  [[nodiscard]] std::optional<std::uint64_t> Big(std::size_t count) noexcept {
    const std::size_t begin = at_;
    if (count > 8 || !Skip(count)) return std::nullopt;
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < count; ++i) number = number << 8 | section_[begin + i];
    return number;
  }

  [[nodiscard]] std::optional<Header> Next() noexcept {
    const auto control = Big(1);
    if (!control) return std::nullopt;
    Header header;
    header.type = static_cast<unsigned>(*control >> 5);
    const auto low = static_cast<std::size_t>(*control & 31);
    if (header.type == kPointer) return Pointer(low);
    if (header.type == kExtended) {
      const auto extended = Big(1);
      if (!extended) return std::nullopt;
      header.type = static_cast<unsigned>(*extended + 7);
    }
    header.size = low;
    if (low < 29) return header;
    const std::size_t more = low - 28;  // 1 to 3 bytes say the rest.
    static constexpr std::size_t kBase[] = {0, 29, 285, 65'821};
    const auto rest = Big(more);
    if (!rest) return std::nullopt;
    header.size = kBase[more] + static_cast<std::size_t>(*rest);
    return header;
  }

  // The same where a pointer leads, which must not lead to another one. The reader follows.
  [[nodiscard]] std::optional<Header> NextBehindPointer() noexcept {
    auto header = Next();
    if (!header || header->type != kPointer) return header;
    at_ = header->size;
    header = Next();
    if (!header || header->type == kPointer) return std::nullopt;
    return header;
  }

  [[nodiscard]] std::optional<std::string_view> TextOf(const Header& header) noexcept {
    const std::size_t begin = at_;
    if (header.type != kText || !Skip(header.size)) return std::nullopt;
    return std::string_view(reinterpret_cast<const char*>(section_.data()) + begin, header.size);
  }

  // Goes past one value with all that is in it. `steps` are taken from.
  [[nodiscard]] bool SkipValue(std::size_t& steps) noexcept {
    for (std::uint64_t left = 1; left > 0; --left) {
      if (steps == 0) return false;
      --steps;
      const auto header = Next();
      if (!header) return false;
      if (header->type == kMap) {
        left += std::uint64_t{2} * header->size;
      } else if (header->type == kArray) {
        left += header->size;
      } else if (header->type != kPointer && header->type != kBoolean && !Skip(header->size)) {
        return false;
      }
    }
    return true;
  }

 private:
  [[nodiscard]] std::optional<Header> Pointer(std::size_t low) noexcept {
    const std::size_t bytes = (low >> 3) + 1;
    const auto rest = Big(bytes);
    if (!rest) return std::nullopt;
    static constexpr std::size_t kBase[] = {0, 0, 2'048, 526'336, 0};
    const std::size_t high = bytes == 4 ? 0 : (low & 7) << (8 * bytes);
    return Header{kPointer, kBase[bytes] + (high | static_cast<std::size_t>(*rest))};
  }

  std::span<const std::uint8_t> section_;
  std::size_t at_;
};

}  // namespace

std::optional<GeoRecord> GeoRecord::Find(std::string_view key) const noexcept {
  Reader reader(section_, offset_);
  const auto map = reader.NextBehindPointer();
  if (!map || map->type != kMap) return std::nullopt;
  std::size_t steps = kMaxSteps;
  for (std::size_t i = 0; i < map->size; ++i) {
    Reader name = reader;
    const auto header = name.NextBehindPointer();
    if (!header) return std::nullopt;
    const auto text = name.TextOf(*header);
    if (!text || !reader.SkipValue(steps)) return std::nullopt;
    if (*text == key) return GeoRecord(section_, reader.at());
    if (!reader.SkipValue(steps)) return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::string_view> GeoRecord::Text() const noexcept {
  Reader reader(section_, offset_);
  const auto header = reader.NextBehindPointer();
  return header ? reader.TextOf(*header) : std::nullopt;
}

std::optional<std::uint64_t> GeoRecord::Number() const noexcept {
  Reader reader(section_, offset_);
  const auto header = reader.NextBehindPointer();
  if (!header) return std::nullopt;
  if (header->type != kUint16 && header->type != kUint32 && header->type != kUint64) {
    return std::nullopt;
  }
  return reader.Big(header->size);
}

}  // namespace stile
