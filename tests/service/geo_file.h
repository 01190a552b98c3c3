#ifndef STILE_TESTS_SERVICE_GEO_FILE_H_
#define STILE_TESTS_SERVICE_GEO_FILE_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace stile::fixture {

// Values of MaxMind's format, version 2, as their bytes.
[[nodiscard]] std::string GeoText(std::string_view text);
[[nodiscard]] std::string GeoNumber(std::uint32_t number);
[[nodiscard]] std::string GeoPointer(std::uint32_t to);  // To the first 2 KiB.
[[nodiscard]] std::string GeoMap(const std::map<std::string, std::string>& values);
[[nodiscard]] std::string GeoArray(std::size_t size, const std::string& values);

// A database of IPv4 that knows two halves of the internet: `low` is the record of 0.0.0.0/1,
// `high` of 128.0.0.0/1; an empty one is none.
[[nodiscard]] std::string GeoFile(const std::string& low, const std::string& high);

}  // namespace stile::fixture

#endif  // STILE_TESTS_SERVICE_GEO_FILE_H_
