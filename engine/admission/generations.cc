#include "engine/admission/generations.h"

#include <algorithm>
#include <utility>

namespace stile {

bool Generations::Promote(Generation generation) {
  if (!all_.empty() && all_.front().digest == generation.digest) return false;
  std::erase_if(all_, [&](const Generation& one) { return one.digest == generation.digest; });
  all_.insert(all_.begin(), std::move(generation));
  if (all_.size() > limit_) all_.resize(limit_);
  return true;
}

const Generation* Generations::LatestBut(const std::string& bad) const {
  const auto at = std::find_if(all_.begin(), all_.end(),
                               [&bad](const Generation& one) { return one.digest != bad; });
  return at == all_.end() ? nullptr : &*at;
}

}  // namespace stile
