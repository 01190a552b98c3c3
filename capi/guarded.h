#ifndef STILE_CAPI_GUARDED_H_
#define STILE_CAPI_GUARDED_H_

#include "capi/stile.h"

namespace stile {

// What `work` returns; STILE_ERR_INTERNAL if it throws: nothing unwinds into a caller.
template <typename Work>
[[nodiscard]] stile_status Guarded(Work work) noexcept {
  try {
    return work();
  } catch (...) {
    return STILE_ERR_INTERNAL;
  }
}

}  // namespace stile

#endif  // STILE_CAPI_GUARDED_H_
