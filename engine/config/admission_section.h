#ifndef STILE_ENGINE_CONFIG_ADMISSION_SECTION_H_
#define STILE_ENGINE_CONFIG_ADMISSION_SECTION_H_

#include "engine/config/admission_config.h"
#include "engine/config/toml_section.h"

namespace stile {

// Reads [admission].
void ReadAdmission(TomlSection& root, AdmissionConfig& config);

}  // namespace stile

#endif  // STILE_ENGINE_CONFIG_ADMISSION_SECTION_H_
