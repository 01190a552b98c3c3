#include "engine/config/site_reader.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "challenge/concat.h"
#include "engine/config/host_pattern.h"
#include "engine/page_link.h"

namespace stile {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr std::size_t kMaxSites = 1'000;
constexpr std::size_t kMaxHosts = 1'000;  // Of one site.
constexpr std::size_t kMaxPath = 4'096;
constexpr std::size_t kMaxTitle = 100;
constexpr std::size_t kMaxContact = 200;

bool IsSiteName(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

void ReadCookie(TomlSection& site, SiteOptions& options) {
  std::optional<TomlSection> section = site.Child("cookie");
  if (!section) return;
  const toml::node* secure = section->Find("secure");
  if (secure != nullptr && secure->is_boolean()) {
    options.secure = secure->as_boolean()->get() ? SecureCookie::kAlways : SecureCookie::kNever;
  } else if (const auto choice = section->Choice("secure", {"auto", "true", "false"})) {
    options.secure = static_cast<SecureCookie>(*choice);
  }
  if (const auto choice = section->Choice("same_site", {"lax", "none"})) {
    options.same_site = static_cast<SameSite>(*choice);
    if (options.same_site == SameSite::kNone && options.secure == SecureCookie::kNever) {
      section->Complain(section->Find("same_site")->source().begin, ErrorCode::kInvalidArgument,
                        "site.cookie.same_site = \"none\" needs a secure cookie: browsers drop "
                        "it otherwise, so let secure be \"auto\" or true");
    }
  }
  if (const auto renew = section->Bool("renew")) options.renew = *renew;
  if (const auto domain = section->String("domain")) {
    auto host = ParseHostPattern(domain->value);
    if (!host || host->starts_with("*") || host->find('.') == std::string::npos) {
      section->Complain(domain->where, ErrorCode::kInvalidArgument,
                        "site.cookie.domain must be a name with a dot, such as \"example.org\"");
    } else {
      options.cookie_domain = *std::move(host);
    }
  }
  section->Finish();
}

void ReadBinding(TomlSection& site, SiteOptions& options) {
  std::optional<TomlSection> section = site.Child("binding");
  if (!section) return;
  if (const auto bits = section->Integer("ipv4_prefix", 0, 32)) {
    options.binding.ipv4_prefix = static_cast<int>(*bits);
  }
  if (const auto bits = section->Integer("ipv6_prefix", 0, 64)) {
    options.binding.ipv6_prefix = static_cast<int>(*bits);
  }
  if (const auto binds = section->Bool("user_agent")) options.binding.user_agent = *binds;
  section->Finish();
}

void ReadLink(TomlSection& page, std::string_view key, bool (*is_one)(std::string_view),
              std::string_view advice, std::string& out) {
  auto text = page.String(key);
  if (!text) return;
  if (!text->value.empty() && !is_one(text->value)) {
    page.Complain(text->where, ErrorCode::kInvalidArgument,
                  Concat("site.page.", key, " is no such address: ", advice));
    return;
  }
  out = std::move(text->value);
}

void ReadPage(TomlSection& site, SiteOptions& options) {
  std::optional<TomlSection> section = site.Child("page");
  if (!section) return;
  if (auto title = section->Text("title", kMaxTitle)) options.title = std::move(title->value);
  if (auto contact = section->Text("contact", kMaxContact)) {
    const std::string& text = contact->value;
    if (!text.empty() && !text.starts_with("mailto:") && !text.starts_with("https://")) {
      section->Complain(contact->where, ErrorCode::kInvalidArgument,
                        "site.page.contact must begin with mailto: or https://");
    }
    options.contact = std::move(contact->value);
  }
  ReadLink(*section, "privacy", IsPageLink, kPageLinkAdvice, options.privacy);
  ReadLink(*section, "logo", IsPagePath, kPagePathAdvice, options.logo);
  ReadLink(*section, "stylesheet", IsPagePath, kPagePathAdvice, options.stylesheet);
  section->Finish();
}

}  // namespace

void SiteReader::Read(TomlSection& root) {
  for (const toml::table* table : root.Tables("site", kMaxSites)) ReadSite(*table);
}

void SiteReader::ReadSite(const toml::table& table) {
  TomlSection section(table, "site", mistakes_);
  SiteConfig site;
  places_.emplace_back().site = section.where();
  ReadName(section, table, site);
  ReadHosts(section, table, site);
  ReadUpstream(section, table, site);
  if (auto policy = section.Text("policy", kMaxPath)) {
    site.policy_place = mistakes_.Place(policy->where);
    site.policy_file = std::move(policy->value);
  }
  if (auto keys = section.Text("keys", kMaxPath)) {
    site.keys_place = mistakes_.Place(keys->where);
    site.keys_file = std::move(keys->value);
  }
  if (const auto mode = section.Choice("mode", {"enforce", "shadow", "open", "attack"})) {
    site.options.mode = static_cast<GateMode>(*mode);
  }
  if (const auto lifetime = section.Duration("challenge_lifetime", seconds{30}, hours{1})) {
    site.options.challenge_lifetime = std::chrono::duration_cast<seconds>(*lifetime);
  }
  ReadCookie(section, site.options);
  ReadBinding(section, site.options);
  ReadPage(section, site.options);
  ReadSiteverify(section, site);
  section.Finish();
  site.place = mistakes_.Place(section.where());
  sites_.push_back(std::move(site));
}

void SiteReader::ReadName(TomlSection& section, const toml::table& table, SiteConfig& site) {
  if (const auto name = section.String("name")) {
    if (!IsSiteName(name->value)) {
      section.Complain(name->where, ErrorCode::kInvalidArgument,
                       "site.name must be 1 to 64 letters, digits, '-', '_' or '.'");
    } else if (!names_.insert(name->value).second) {
      section.Complain(name->where, ErrorCode::kInvalidArgument,
                       Concat("site.name \"", name->value,
                              "\" is used twice: give each site a name of its own"));
    }
    site.options.name = name->value;
  } else if (!table.contains("name")) {
    section.Complain(section.where(), ErrorCode::kInvalidArgument,
                     "site has no name: add name = \"main\"");
  }
}

void SiteReader::ReadHosts(TomlSection& section, const toml::table& table, SiteConfig& site) {
  const auto hosts = section.Strings("hosts", kMaxHosts);
  if (!hosts) {
    site.options.hosts.clear();
    if (!table.contains("hosts")) {
      section.Complain(section.where(), ErrorCode::kInvalidArgument,
                       "site has no hosts: add hosts = [\"*\"] or the names that it serves");
    }
    return;
  }
  site.options.hosts.clear();
  if (hosts->empty()) {
    section.Complain(table.get("hosts")->source().begin, ErrorCode::kInvalidArgument,
                     "site.hosts is empty: name what the site serves, or write [\"*\"]");
  }
  for (const auto& text : *hosts) {
    auto host = ParseHostPattern(text.value);
    if (!host) {
      section.Refuse("hosts", text.where, host.error());
      continue;
    }
    if (!hosts_.insert(*host).second) {
      section.Complain(text.where, ErrorCode::kInvalidArgument,
                       Concat("host \"", *host, "\" is named twice: leave it to one site"));
    }
    site.options.hosts.push_back(*std::move(host));
  }
}

void SiteReader::ReadUpstream(TomlSection& section, const toml::table& table, SiteConfig& site) {
  Place& place = places_.back();
  place.names_upstream = table.contains("upstream");
  auto upstream = section.String("upstream");
  if (!upstream) return;
  place.upstream = upstream->where;
  site.upstream_place = mistakes_.Place(upstream->where);
  site.upstream = std::move(upstream->value);
}

void SiteReader::ReadSiteverify(TomlSection& site, SiteConfig& config) {
  std::optional<TomlSection> section = site.Child("siteverify");
  if (!section) return;
  if (auto file = section->Text("secrets_file", kMaxPath); file && !file->value.empty()) {
    config.secrets_place = mistakes_.Place(file->where);
    config.secrets_file = std::move(file->value);
  } else if (section->Find("secrets_file") == nullptr || file) {
    section->Complain(section->where(), ErrorCode::kInvalidArgument,
                      "site.siteverify has no secrets_file: name the file with the secrets that "
                      "the site's backend shows");
  }
  section->Finish();
}

void SiteReader::Check(const toml::table& document) {
  if (sites_.empty()) {
    if (document.contains("site")) return;
    mistakes_.Add({}, ErrorCode::kInvalidArgument,
                  "there is no site: add [[site]] with a name, hosts and an upstream");
    return;
  }
  if (!hosts_.empty() && !hosts_.contains("*")) {
    mistakes_.Add(places_.front().site, ErrorCode::kInvalidArgument,
                  "no site has the host \"*\", so a request for any other host has no answer: "
                  "add \"*\" to the hosts of one site");
  }
}

}  // namespace stile
