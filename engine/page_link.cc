#include "engine/page_link.h"

#include <algorithm>

#include "challenge/return_path.h"

namespace stile {
namespace {

constexpr std::string_view kScheme = "https://";

bool IsHostByte(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == ':' || c == '[' || c == ']';
}

bool AreUrlBytes(std::string_view text) noexcept {
  return text.find_first_of("\"<>\\^`{|}#") == std::string_view::npos &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x21 && c <= 0x7E; });
}

}  // namespace

bool IsPagePath(std::string_view text) noexcept {
  return text.size() <= kMaxPageLink && IsReturnPath(text);
}

bool IsPageLink(std::string_view text) noexcept {
  if (text.size() > kMaxPageLink) return false;
  const std::size_t hash = std::min(text.find('#'), text.size());
  if (hash < text.size() && !AreUrlBytes(text.substr(hash + 1))) return false;
  text = text.substr(0, hash);
  if (IsReturnPath(text)) return true;
  if (!text.starts_with(kScheme)) return false;
  text.remove_prefix(kScheme.size());
  const std::string_view host = text.substr(0, text.find_first_of("/?"));
  return !host.empty() && std::all_of(host.begin(), host.end(), IsHostByte) &&
         AreUrlBytes(text.substr(host.size()));
}

}  // namespace stile
