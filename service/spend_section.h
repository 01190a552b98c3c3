#ifndef STILE_SERVICE_SPEND_SECTION_H_
#define STILE_SERVICE_SPEND_SECTION_H_

#include "service/config.h"
#include "service/toml_section.h"

namespace stile {

// Reads spend.backend and [spend.redis] of the section `spend` into `config`, and complains about
// what is wrong with them and where one is there without the other. `merges_budgets`: the latter is
// used for budgets, too.
void ReadSpendBackend(TomlSection& spend, bool merges_budgets, SpendConfig& config);

}  // namespace stile

#endif  // STILE_SERVICE_SPEND_SECTION_H_
