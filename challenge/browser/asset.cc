#include "challenge/browser/asset.h"

#include <initializer_list>

namespace stile {

const Asset* FindAsset(std::string_view name) noexcept {
  for (const auto assets : {Assets(), StableAssets()}) {
    for (const Asset& asset : assets) {
      if (asset.name == name) return &asset;
    }
  }
  return nullptr;
}

}  // namespace stile
