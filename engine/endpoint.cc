#include "engine/endpoint.h"

#include <algorithm>
#include <cstddef>

#include "verifier/request.h"

namespace stile {
namespace {

constexpr std::string_view kAssets = "/assets/";

bool IsPlainByte(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '/';
}

// True if what follows the prefix holds only unreserved bytes, and no segment is empty or dots.
bool IsNormalForm(std::string_view rest) noexcept {
  if (!std::all_of(rest.begin(), rest.end(), IsPlainByte)) return false;
  while (!rest.empty()) {
    rest.remove_prefix(1);  // The '/'.
    const std::string_view segment = rest.substr(0, rest.find('/'));
    if (segment == "." || segment == "..") return false;
    rest.remove_prefix(segment.size());
    if (segment.empty() && !rest.empty()) return false;
  }
  return true;
}

}  // namespace

Endpoint EndpointOf(std::string_view target, std::string_view prefix) noexcept {
  if (!target.starts_with(prefix)) return Endpoint::kNone;
  const std::string_view rest = PathOf(target).substr(prefix.size());
  if (rest.empty() || rest.front() != '/') return Endpoint::kNone;
  if (rest == "/challenge") return Endpoint::kChallenge;
  if (rest == "/redeem") return Endpoint::kRedeem;
  if (rest == "/token") return Endpoint::kToken;
  if (!IsNormalForm(rest)) return Endpoint::kNone;
  return rest.starts_with(kAssets) ? Endpoint::kAsset : Endpoint::kUnknown;
}

std::string_view AssetNameOf(std::string_view target, std::string_view prefix) noexcept {
  return PathOf(target).substr(prefix.size() + kAssets.size());
}

std::string_view ContextOf(std::string_view target) noexcept {
  const std::size_t question = target.find('?');
  if (question == std::string_view::npos) return {};
  std::string_view query = target.substr(question + 1);
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    if (pair.starts_with("c=")) return pair.substr(2);
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
  }
  return {};
}

}  // namespace stile
