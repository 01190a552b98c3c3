#include "engine/site_index.h"

#include <algorithm>
#include <array>
#include <utility>

#include "challenge/ascii_text.h"
#include "challenge/ip_address.h"

namespace stile {
namespace {

constexpr std::size_t kMaxHost = 253;

bool IsHostByte(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool IsName(std::string_view name) noexcept {
  bool in_label = false;
  for (const char c : name) {
    if (c == '.' && !in_label) return false;
    if (c != '.' && !IsHostByte(c)) return false;
    in_label = c != '.';
  }
  return in_label;
}

}  // namespace

bool IsHostPattern(std::string_view pattern) noexcept {
  if (pattern == "*") return true;
  if (pattern.empty() || pattern.size() > kMaxHost) return false;
  if (pattern.starts_with("[") && pattern.ends_with("]")) {
    const auto address = IpAddress::Parse(pattern.substr(1, pattern.size() - 2));
    return address.has_value() && address->is_v6();
  }
  if (pattern.starts_with("*.")) pattern.remove_prefix(2);
  return IsName(pattern);
}

bool IsHostIn(std::string_view host, std::string_view domain) noexcept {
  if (domain.empty() || host.size() < domain.size()) return false;
  const std::string_view tail = host.substr(host.size() - domain.size());
  if (!EqualsIgnoringCase(tail, domain)) return false;
  return host.size() == domain.size() || host[host.size() - domain.size() - 1] == '.';
}

bool SiteIndex::Add(std::string pattern, std::size_t site) {
  if (pattern == "*") {
    if (default_site_) return false;
    default_site_ = site;
    return true;
  }
  if (pattern.starts_with("*.")) pattern.erase(0, 1);
  if (FindPattern(pattern) != nullptr) return false;
  const auto place =
      std::lower_bound(entries_.begin(), entries_.end(), pattern,
                       [](const Entry& e, const std::string& p) { return e.pattern < p; });
  entries_.insert(place, Entry{std::move(pattern), site});
  return true;
}

const SiteIndex::Entry* SiteIndex::FindPattern(std::string_view pattern) const noexcept {
  const auto place = std::lower_bound(
      entries_.begin(), entries_.end(), pattern,
      [](const Entry& e, std::string_view p) { return std::string_view(e.pattern) < p; });
  return place != entries_.end() && place->pattern == pattern ? &*place : nullptr;
}

std::size_t SiteIndex::Find(std::string_view host) const noexcept {
  const std::size_t otherwise = default_site_.value_or(0);
  if (entries_.empty()) return otherwise;
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.size() > kMaxHost) return otherwise;

  std::array<char, kMaxHost> lower;
  std::transform(host.begin(), host.end(), lower.begin(), AsciiLower);
  const std::string_view name(lower.data(), host.size());
  if (const Entry* exact = FindPattern(name)) {
    if (!name.starts_with('.')) return exact->site;
  }
  for (std::size_t dot = name.find('.'); dot != std::string_view::npos;
       dot = name.find('.', dot + 1)) {
    if (dot == 0) continue;  // ".example.org" is no host.
    if (const Entry* wildcard = FindPattern(name.substr(dot))) return wildcard->site;
  }
  return otherwise;
}

}  // namespace stile
