#include "challenge/browser/asset.h"

namespace stile {

const Asset* FindAsset(std::string_view name) noexcept {
  for (const Asset& asset : Assets()) {
    if (asset.name == name) return &asset;
  }
  return nullptr;
}

}  // namespace stile
