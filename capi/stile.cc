#include "capi/stile.h"

extern "C" {

uint32_t stile_abi_version(void) { return STILE_ABI_VERSION; }

const char* stile_version(void) { return STILE_VERSION_STRING; }

}  // extern "C"
