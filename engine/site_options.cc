#include "engine/site_options.h"

#include <algorithm>
#include <cstddef>

#include "engine/page_link.h"
#include "engine/site_index.h"

namespace stile {
namespace {

constexpr std::size_t kMaxSecrets = 8;
constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxTitle = 256;
constexpr std::size_t kMaxContact = 256;
constexpr std::size_t kMaxPrefix = 64;

// Collects the mistakes of one site under its name.
class Complaints {
 public:
  Complaints(const SiteOptions& options, Errors& errors)
      : place_("site \"" + options.name + "\": "), errors_(errors) {}

  void Wrong(std::string_view option, std::string message) {
    errors_.push_back({ErrorCode::kInvalidArgument, place_ + std::string(option), message});
  }
  void OutOfRange(std::string_view option, std::string message) {
    errors_.push_back({ErrorCode::kOutOfRange, place_ + std::string(option), message});
  }

 private:
  std::string place_;
  Errors& errors_;
};

bool HasControlByte(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F;
  });
}

void CheckHosts(const SiteOptions& options, Complaints& complaints) {
  if (options.hosts.empty()) complaints.Wrong("hosts", "Name at least one host, or \"*\".");
  for (const std::string& host : options.hosts) {
    if (IsHostPattern(host)) continue;
    complaints.Wrong("hosts", "\"" + host +
                                  "\" is not a host: write \"example.org\", \"*.example.org\" or "
                                  "\"*\", in lower case and without port.");
  }
}

void CheckCookie(const SiteOptions& options, Complaints& complaints) {
  if (options.same_site == SameSite::kNone && options.secure == SecureCookie::kNever) {
    complaints.Wrong("cookie.same_site",
                     "Browsers refuse a same_site none cookie that isn't secure: use \"lax\", or "
                     "secure \"auto\" or true.");
  }
  const std::string& domain = options.cookie_domain;
  if (domain.empty()) return;
  if (!IsHostPattern(domain) || domain.starts_with("*") || domain.starts_with("[") ||
      domain.find('.') == std::string::npos) {
    complaints.Wrong("cookie.domain", "\"" + domain +
                                          "\" is not a domain: write \"example.org\", in lower "
                                          "case and without a leading dot.");
    return;
  }
  for (const std::string& host : options.hosts) {
    const bool wildcard = host.starts_with("*.");
    if (host == "*" || IsHostIn(wildcard ? host.substr(2) : host, domain)) continue;
    complaints.Wrong("cookie.domain", "Browsers refuse a cookie for \"" + domain + "\" from \"" +
                                          host +
                                          "\": give that host a site of its own, or widen the "
                                          "domain.");
  }
}

void CheckPage(const SiteOptions& options, Complaints& complaints) {
  if (options.title.empty() || options.title.size() > kMaxTitle || HasControlByte(options.title)) {
    complaints.Wrong("page.title", "Write 1 to 256 bytes without line breaks.");
  }
  if (!options.privacy.empty() && !IsPageLink(options.privacy)) {
    complaints.Wrong("page.privacy", std::string(kPageLinkAdvice));
  }
  if (!options.logo.empty() && !IsPagePath(options.logo)) {
    complaints.Wrong("page.logo", std::string(kPagePathAdvice));
  }
  if (!options.stylesheet.empty() && !IsPagePath(options.stylesheet)) {
    complaints.Wrong("page.stylesheet", std::string(kPagePathAdvice));
  }
  const std::string& contact = options.contact;
  if (contact.empty()) return;
  if ((!contact.starts_with("mailto:") && !contact.starts_with("https://")) ||
      contact.size() > kMaxContact || HasControlByte(contact) ||
      contact.find(' ') != std::string::npos) {
    complaints.Wrong("page.contact",
                     "Write \"mailto:...\" or \"https://...\", at most 256 bytes without spaces.");
  }
}

void CheckLifetime(const SiteOptions& options, Complaints& complaints) {
  const std::int64_t seconds = options.challenge_lifetime.count();
  if (seconds < 10 || seconds > 3600) {
    complaints.OutOfRange("challenge_lifetime", "Choose 10 seconds to 1 hour.");
    return;
  }
  if (options.policy == nullptr) return;
  for (const Level& level : options.policy->levels()) {
    for (std::size_t i = 0; i < level.alternative_count; ++i) {
      const Alternative& alternative = level.alternatives[i];
      if (alternative.puzzle != Puzzle::kWait) continue;
      if (alternative.effort < static_cast<std::uint64_t>(seconds) * 1000) continue;
      complaints.OutOfRange("policy", "Level \"" + level.name +
                                          "\" waits as long as a challenge lives: shorten the "
                                          "wait or let challenges live longer.");
    }
  }
}

}  // namespace

void CheckSiteOptions(const SiteOptions& options, Errors& errors) {
  Complaints complaints(options, errors);
  if (options.name.empty() || options.name.size() > kMaxName || HasControlByte(options.name)) {
    complaints.Wrong("name", "Give the site a name of 1 to 64 bytes.");
  }
  CheckHosts(options, complaints);
  if (options.binding.ipv4_prefix < 0 || options.binding.ipv4_prefix > 32) {
    complaints.OutOfRange("binding.ipv4_prefix", "Choose 0 to 32 bits.");
  }
  if (options.binding.ipv6_prefix < 0 || options.binding.ipv6_prefix > 64) {
    complaints.OutOfRange("binding.ipv6_prefix", "Choose 0 to 64 bits.");
  }
  CheckCookie(options, complaints);
  CheckPage(options, complaints);
  CheckLifetime(options, complaints);
  if (options.secrets.size() > kMaxSecrets) {
    complaints.OutOfRange("siteverify", "Keep at most 8 secrets.");
  }
}

bool IsPublicPrefix(std::string_view prefix) noexcept {
  if (prefix.size() < 2 || prefix.size() > kMaxPrefix || prefix.front() != '/') return false;
  while (!prefix.empty()) {
    prefix.remove_prefix(1);  // The '/'.
    const std::string_view segment = prefix.substr(0, prefix.find('/'));
    if (segment.find_first_not_of('.') == std::string_view::npos) return false;
    const bool plain = std::all_of(segment.begin(), segment.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
             c == '.' || c == '-' || c == '_';
    });
    if (!plain) return false;
    prefix.remove_prefix(segment.size());
  }
  return true;
}

}  // namespace stile
