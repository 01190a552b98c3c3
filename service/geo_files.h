#ifndef STILE_SERVICE_GEO_FILES_H_
#define STILE_SERVICE_GEO_FILES_H_

#include "challenge/error.h"
#include "service/config.h"
#include "service/geo_database.h"

namespace stile {

// Opens the databases that `config` names, with paths resolved. One that can't be used is null, and
// what is wrong with it is added to `mistakes`.
[[nodiscard]] GeoDatabases OpenGeoDatabases(const GeoConfig& config, Errors& mistakes);

}  // namespace stile

#endif  // STILE_SERVICE_GEO_FILES_H_
