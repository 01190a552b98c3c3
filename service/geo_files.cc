#include "service/geo_files.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "challenge/concat.h"
#include "service/file_text.h"

namespace stile {

GeoDatabases OpenGeoDatabases(const GeoConfig& config, Errors& mistakes) {
  const auto open = [&mistakes](const GeoFile& file) -> std::shared_ptr<const GeoDatabase> {
    if (file.file.empty()) return nullptr;
    auto database = GeoDatabase::Open(file.file);
    if (database.ok()) return *std::move(database);
    mistakes.push_back(
        Error{CodeOf(database.status()), file.place,
              Concat("database ", file.file, ": ", std::string(database.status().message()))});
    return nullptr;
  };
  GeoDatabases databases;
  databases.country = open(config.country);
  const bool same = config.asn.file == config.country.file;
  databases.asn = same ? databases.country : open(config.asn);
  return databases;
}

}  // namespace stile
