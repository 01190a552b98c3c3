#ifndef STILE_CHALLENGE_BROWSER_ASSET_H_
#define STILE_CHALLENGE_BROWSER_ASSET_H_

#include <span>
#include <string_view>

namespace stile {

// One file that a visitor's browser loads. Its name holds a hash of its contents, so that it may
// be cached forever. Static data.
struct Asset {
  std::string_view name;  // "page-0a1b2c3d4e5f.js"
  std::string_view content_type;
  std::string_view body;
};

// Every asset that the page refers to, directly or through another one.
[[nodiscard]] std::span<const Asset> Assets() noexcept;

// The asset of exactly this name; nullptr if there is none.
[[nodiscard]] const Asset* FindAsset(std::string_view name) noexcept;

}  // namespace stile

#endif  // STILE_CHALLENGE_BROWSER_ASSET_H_
