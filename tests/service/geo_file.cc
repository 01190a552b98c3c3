#include "tests/service/geo_file.h"

namespace stile::fixture {
namespace {

// A control byte and what belongs to it. Types from 8 on take a byte of their own.
std::string Control(unsigned type, std::size_t size) {
  std::string bytes;
  const std::size_t low = size < 29 ? size : 29;  // Up to 284 is enough here.
  bytes += static_cast<char>((type < 8 ? type << 5 : 0) | low);
  if (type >= 8) bytes += static_cast<char>(type - 7);
  if (low == 29) bytes += static_cast<char>(size - 29);
  return bytes;
}

// An unsigned number of another type than 32 bits, in 4 bytes at most.
std::string Unsigned(unsigned type, std::uint32_t number) {
  std::string digits;
  for (int shift = 24; shift >= 0; shift -= 8) {
    const char byte = static_cast<char>(number >> shift);
    if (byte != 0 || !digits.empty()) digits += byte;
  }
  return Control(type, digits.size()).append(digits);
}

// A record of 24 bits.
std::string Big3(std::uint32_t number) {
  return {static_cast<char>(number >> 16), static_cast<char>(number >> 8),
          static_cast<char>(number)};
}

}  // namespace

std::string GeoText(std::string_view text) { return Control(2, text.size()).append(text); }

std::string GeoNumber(std::uint32_t number) {
  return Control(6, 4).append(1, static_cast<char>(number >> 24)).append(Big3(number & 0xFFFFFF));
}

std::string GeoPointer(std::uint32_t to) {
  return {static_cast<char>(0x20 | (to >> 8)), static_cast<char>(to)};
}

std::string GeoMap(const std::map<std::string, std::string>& values) {
  std::string bytes = Control(7, values.size());
  for (const auto& [key, value] : values) bytes.append(GeoText(key)).append(value);
  return bytes;
}

std::string GeoArray(std::size_t size, const std::string& values) {
  return Control(11, size).append(values);
}

std::string GeoFile(const std::string& low, const std::string& high) {
  constexpr std::uint32_t kNodes = 1;
  constexpr std::uint32_t kData = kNodes + 16;  // Where the data section begins, as records count.
  std::string file = Big3(low.empty() ? kNodes : kData);
  file += Big3(high.empty() ? kNodes : kData + static_cast<std::uint32_t>(low.size()));
  file.append(16, '\0').append(low).append(high);
  file += "\xAB\xCD\xEFMaxMind.com";
  file += GeoMap({{"binary_format_major_version", Unsigned(5, 2)},
                  {"binary_format_minor_version", Unsigned(5, 0)},
                  {"build_epoch", Unsigned(9, 1'772'366'400)},
                  {"database_type", GeoText("Test")},
                  {"description", GeoMap({{"en", GeoText("a test")}})},
                  {"ip_version", Unsigned(5, 4)},
                  {"languages", GeoArray(1, GeoText("en"))},
                  {"node_count", GeoNumber(kNodes)},
                  {"record_size", Unsigned(5, 24)}});
  return file;
}

}  // namespace stile::fixture
