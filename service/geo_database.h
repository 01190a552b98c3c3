#ifndef STILE_SERVICE_GEO_DATABASE_H_
#define STILE_SERVICE_GEO_DATABASE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <absl/status/statusor.h>

#include "challenge/ip_address.h"

namespace stile {

// A database in MaxMind's format, version 2, that says where addresses are. Immutable; safe to
// share between threads.
//
// The file is copied into memory that nobody can write or cut off any more: a file that is replaced
// or truncated in place changes nothing here.
class GeoDatabase {
 public:
  static constexpr std::size_t kMaxBytes = std::size_t{512} << 20;

  // False if this program was built without libmaxminddb. Then Open fails.
  [[nodiscard]] static bool IsSupported() noexcept;

  // Returns what is wrong with the file at `path`, in words that don't repeat the path: it can't be
  // read, is no regular file, has more than kMaxBytes, or is no such database.
  [[nodiscard]] static absl::StatusOr<std::shared_ptr<const GeoDatabase>> Open(
      const std::string& path);

  // The text country.iso_code of the address's record, else registered_country.iso_code: two
  // capitals, which live as long as this object. Empty if the database doesn't say, or its record
  // can't be read. Does not allocate, block or throw, whatever the database holds.
  [[nodiscard]] std::string_view CountryOf(const IpAddress& address) const noexcept;

  // The number autonomous_system_number of the address's record; 0 if there is none.
  [[nodiscard]] std::uint32_t AsnOf(const IpAddress& address) const noexcept;

  // When it was made, in seconds since 1970.
  [[nodiscard]] std::uint64_t built_at() const noexcept;

  ~GeoDatabase();
  GeoDatabase(const GeoDatabase&) = delete;
  GeoDatabase& operator=(const GeoDatabase&) = delete;

 private:
  struct State;
  explicit GeoDatabase(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// Those that stile.toml names; null where it names none, or where one can't be read.
struct GeoDatabases {
  std::shared_ptr<const GeoDatabase> country;
  std::shared_ptr<const GeoDatabase> asn;
};

}  // namespace stile

#endif  // STILE_SERVICE_GEO_DATABASE_H_
