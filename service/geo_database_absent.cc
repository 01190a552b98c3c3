// In place of geo_database.cc where libmaxminddb was not there at build time.
#include <utility>

#include "service/geo_database.h"

namespace stile {

struct GeoDatabase::State {};

bool GeoDatabase::IsSupported() noexcept { return false; }

absl::StatusOr<std::shared_ptr<const GeoDatabase>> GeoDatabase::Open(const std::string& /*path*/) {
  return absl::UnimplementedError("this program was built without libmaxminddb");
}

GeoDatabase::GeoDatabase(std::unique_ptr<State> state) : state_(std::move(state)) {}
GeoDatabase::~GeoDatabase() = default;

std::string_view GeoDatabase::CountryOf(const IpAddress& /*address*/) const noexcept { return {}; }
std::uint32_t GeoDatabase::AsnOf(const IpAddress& /*address*/) const noexcept { return 0; }
std::uint64_t GeoDatabase::built_at() const noexcept { return 0; }

}  // namespace stile
