#ifndef STILE_CHALLENGE_BROWSER_ASSET_H_
#define STILE_CHALLENGE_BROWSER_ASSET_H_

#include <span>
#include <string_view>

namespace stile {

// One file that a visitor's browser loads. Static data.
struct Asset {
  std::string_view name;  // "page-0a1b2c3d4e5f.js"
  std::string_view content_type;
  std::string_view body;
  std::string_view etag;   // An entity tag (RFC 9110 section 8.8.3), quoted: a hash of the body.
  bool immutable = false;  // The name holds that hash too: it may be cached forever.
};

// Every asset that the page refers to, directly or through another one, and the client for
// single-page apps. All are immutable.
[[nodiscard]] std::span<const Asset> Assets() noexcept;

// What a site's own pages may name: "client.js", whose body changes from version to version.
[[nodiscard]] std::span<const Asset> StableAssets() noexcept;

// The asset of exactly this name, of either kind; nullptr if there is none.
[[nodiscard]] const Asset* FindAsset(std::string_view name) noexcept;

}  // namespace stile

#endif  // STILE_CHALLENGE_BROWSER_ASSET_H_
