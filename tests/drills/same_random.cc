// Preloaded where many nodes shall draw the same random numbers: it takes away what keeps those
// apart that have lost a server at the same time.

#include <random>

std::random_device::result_type std::random_device::_M_getval() { return 4; }  // NOLINT
