#ifndef STILE_SERVICE_SPEND_SECTION_H_
#define STILE_SERVICE_SPEND_SECTION_H_

#include "engine/config/toml_section.h"
#include "service/config.h"

namespace stile {

// Reads [spend.redis] of the section `spend`, after spend.backend and [budgets], and complains
// about what is wrong with it and where one is there without the other.
void ReadSpendStore(TomlSection& spend, Config& config);

}  // namespace stile

#endif  // STILE_SERVICE_SPEND_SECTION_H_
