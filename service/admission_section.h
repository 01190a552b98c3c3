#ifndef STILE_SERVICE_ADMISSION_SECTION_H_
#define STILE_SERVICE_ADMISSION_SECTION_H_

#include "service/config.h"
#include "service/toml_section.h"

namespace stile {

// Reads [admission].
void ReadAdmission(TomlSection& root, AdmissionConfig& config);

}  // namespace stile

#endif  // STILE_SERVICE_ADMISSION_SECTION_H_
