#ifndef STILE_SERVICE_PROCESS_SECTIONS_H_
#define STILE_SERVICE_PROCESS_SECTIONS_H_

#include "engine/config/toml_section.h"
#include "service/config.h"

namespace stile {

// Reads what concerns the whole process into `config`: public_prefix, [keys], [metrics], [control],
// [state], [spend], [log], [limits], [wait], [budgets] and
// [admission].
void ReadProcessSections(TomlSection& root, Config& config);

}  // namespace stile

#endif  // STILE_SERVICE_PROCESS_SECTIONS_H_
