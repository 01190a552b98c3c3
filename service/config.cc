#include "service/config.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "challenge/toml_plain_text.h"
#include "engine/page_link.h"
#include "service/concat.h"
#include "service/config_address.h"
#include "service/process_sections.h"
#include "service/toml_section.h"
#include "verifier/policy/text/nearest_name.h"

namespace stile {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr std::size_t kMaxListeners = 64;
constexpr std::size_t kMaxSites = 1'000;
constexpr std::size_t kMaxHosts = 1'000;  // Of one site.
constexpr std::size_t kMaxPeers = 1'000;
constexpr std::size_t kMaxPath = 4'096;
constexpr std::size_t kMaxGroup = 64;
constexpr std::size_t kMaxCertificates = 64;  // Of one listener.
constexpr std::size_t kMaxTitle = 100;
constexpr std::size_t kMaxContact = 200;

bool IsSiteName(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  });
}

bool IsHeaderName(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// Reads one document. What must be compared across sections is kept with its place.
class ConfigReader {
 public:
  ConfigReader(std::string_view name, Config& config) : mistakes_(name), config_(config) {}

  Errors Read(const toml::table& document) {
    TomlSection root(document, "", mistakes_);
    for (const toml::table* table : root.Tables("listener", kMaxListeners)) ReadListener(*table);
    for (const toml::table* table : root.Tables("site", kMaxSites)) ReadSite(*table);
    ReadProcessSections(root, config_);
    root.Finish();
    CheckSites(document);
    CheckListeners(document);
    return mistakes_.Take();
  }

 private:
  void ReadListener(const toml::table& table) {
    TomlSection section(table, "listener", mistakes_);
    ListenerConfig listener;
    if (const auto text = section.String("address")) {
      if (auto address = ParseListenAddress(text->value)) {
        listener.address = *std::move(address);
      } else {
        section.Refuse("address", text->where, address.error());
      }
    } else if (!table.contains("address")) {
      section.Complain(section.where(), ErrorCode::kInvalidArgument,
                       "listener has no address: add address = \"127.0.0.1:8080\"");
    }
    if (const auto mode = section.Choice(
            "mode", {"gateway", "public", "check", "forward-auth", "siteverify", "ext-authz"},
            {"spop"})) {
      listener.mode = static_cast<ListenerMode>(*mode);
    }
    if (const auto source =
            section.Choice("client_address", {"peer", "x-real-ip", "x-forwarded-for", "proxy"})) {
      listener.client_address = static_cast<ClientAddressSource>(*source);
    }
    ReadSocketFile(section, listener.address);
    ReadPeers(section, table, listener);
    if (auto site = section.String("site")) {
      listener.site = site->value;
      pins_.push_back(*std::move(site));
    }
    ReadFingerprint(section, listener);
    ReadTls(section, listener);
    CheckAsked(section, table, listener);
    CheckExtAuthz(section, table, listener);
    section.Finish();
    config_.listeners.push_back(std::move(listener));
    listener_places_.push_back(section.where());
  }

  // One certificate as a table, or several as an array of tables.
  void ReadTls(TomlSection& section, ListenerConfig& listener) {
    const toml::node* tls = section.Find("tls");
    if (tls == nullptr) return;
    if (const toml::table* table = tls->as_table()) return ReadCertificate(*table, listener);
    const toml::array* tables = tls->as_array();
    if (tables == nullptr || tables->empty() || tables->size() > kMaxCertificates ||
        !tables->is_homogeneous<toml::table>()) {
      return section.Complain(
          tls->source().begin, ErrorCode::kInvalidArgument,
          Concat("listener.tls is a table such as { certificate = \"c.pem\", key = \"k.pem\" }, or "
                 "an array of 1 to ",
                 kMaxCertificates, " of them: write one"));
    }
    for (const toml::node& table : *tables) ReadCertificate(*table.as_table(), listener);
  }

  void ReadCertificate(const toml::table& table, ListenerConfig& listener) {
    TomlSection section(table, "listener.tls", mistakes_);
    const auto file = [&](std::string_view key, std::string_view example) {
      auto path = section.Text(key, kMaxPath);
      if (!path && table.contains(key)) return std::pair<std::string, std::string>();
      if (!path || path->value.empty()) {
        section.Complain(
            path ? path->where : section.where(), ErrorCode::kInvalidArgument,
            Concat("listener.tls names no ", key, ": write ", key, " = \"", example, "\""));
        return std::pair<std::string, std::string>();
      }
      return std::pair(std::move(path->value), mistakes_.Place(path->where));
    };
    TlsCertificateConfig files;
    std::tie(files.certificate, files.certificate_place) = file("certificate", "c.pem");
    std::tie(files.key, files.key_place) = file("key", "k.pem");
    section.Finish();
    listener.tls.push_back(std::move(files));
  }

  // Who may connect to a unix socket.
  void ReadSocketFile(TomlSection& section, SocketAddress& address) {
    const auto only_unix = [&](std::string_view key, const toml::source_position& where) {
      if (address.is_unix || !IsSet(address)) return;
      section.Complain(where, ErrorCode::kInvalidArgument,
                       Concat("listener.", key, " is for a unix: socket: leave it out here"));
    };
    if (const auto mode = section.String("socket_mode")) {
      only_unix("socket_mode", mode->where);
      if (const auto bits = ParseSocketMode(mode->value)) {
        address.socket_mode = *bits;
      } else {
        section.Refuse("socket_mode", mode->where, bits.error());
      }
    }
    if (auto group = section.Text("socket_group", kMaxGroup)) {
      only_unix("socket_group", group->where);
      address.socket_group = std::move(group->value);
    }
  }

  // After the peers: nobody else is believed.
  static void ReadFingerprint(TomlSection& section, ListenerConfig& listener) {
    auto field = section.String("tls_fingerprint_header");
    if (!field) return;
    if (!IsHeaderName(field->value)) {
      section.Complain(field->where, ErrorCode::kInvalidArgument,
                       "listener.tls_fingerprint_header must be a field's name of at most 64 "
                       "letters, digits and hyphens, such as \"X-JA4\"");
      return;
    }
    const bool peers = !listener.trusted_peers.empty() || listener.trust_unix;
    if (!peers || listener.client_address == ClientAddressSource::kProxy) {
      section.Complain(field->where, ErrorCode::kInvalidArgument,
                       "listener.tls_fingerprint_header is read from trusted peers alone: name "
                       "your proxy's range in trusted_peers, and let client_address be something "
                       "else than \"proxy\"");
      return;
    }
    std::transform(field->value.begin(), field->value.end(), field->value.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
    listener.tls_fingerprint_field = std::move(field->value);
  }

  void ReadPeers(TomlSection& section, const toml::table& table, ListenerConfig& listener) {
    const auto peers = section.Strings("trusted_peers", kMaxPeers);
    for (const auto& peer : peers.value_or(std::vector<Placed<std::string>>())) {
      if (peer.value == "unix") {
        listener.trust_unix = true;
        if (!listener.address.is_unix && IsSet(listener.address)) {
          section.Complain(peer.where, ErrorCode::kInvalidArgument,
                           "listener.trusted_peers names \"unix\", but its address is no "
                           "unix: socket: write the peers' ranges");
        }
      } else if (auto cidr = ParseCidr(peer.value)) {
        listener.trusted_peers.push_back(*cidr);
      } else {
        section.Refuse("trusted_peers", peer.where, cidr.error());
      }
    }
    if (listener.client_address != ClientAddressSource::kPeer && (!peers || peers->empty())) {
      section.Complain(table.get("client_address")->source().begin, ErrorCode::kInvalidArgument,
                       "listener.client_address is read from trusted peers alone, and there are "
                       "none: name your proxy's range in trusted_peers");
    }
  }

  // A listener that proxies ask knows a request's client from what they say.
  void CheckAsked(TomlSection& section, const toml::table& table, const ListenerConfig& listener) {
    const bool asked =
        listener.mode == ListenerMode::kCheck || listener.mode == ListenerMode::kForwardAuth;
    const bool named = listener.client_address == ClientAddressSource::kXRealIp ||
                       listener.client_address == ClientAddressSource::kXForwardedFor;
    if (!asked || named) return;
    section.Complain(table.get("mode")->source().begin, ErrorCode::kInvalidArgument,
                     "a proxy that asks this listener names each request's client in a field: add "
                     "client_address = \"x-real-ip\" and the proxy's range, or \"unix\", in "
                     "trusted_peers");
  }

  // So does this one, but a CheckRequest has a place for the client beside the fields.
  static void CheckExtAuthz(TomlSection& section, const toml::table& table,
                            const ListenerConfig& listener) {
    if (listener.mode != ListenerMode::kExtAuthz) return;
    const bool peers = !listener.trusted_peers.empty() || listener.trust_unix;
    const bool named = listener.client_address == ClientAddressSource::kPeer ||
                       listener.client_address == ClientAddressSource::kXForwardedFor;
    if (peers && named) return;
    section.Complain(table.get("mode")->source().begin, ErrorCode::kInvalidArgument,
                     "an ext-authz listener believes what trusted peers say of each request's "
                     "client: add the proxy's range, or \"unix\", to trusted_peers, and let "
                     "client_address be \"x-forwarded-for\" or \"peer\", since what Envoy sends as "
                     "X-Real-IP is the client's own");
  }

  void ReadSite(const toml::table& table) {
    TomlSection section(table, "site", mistakes_);
    SiteConfig site;
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
    ReadHosts(section, table, site);
    if (const auto text = section.String("upstream")) {
      if (auto upstream = ParseUpstream(text->value)) {
        site.upstream = *std::move(upstream);
      } else {
        section.Refuse("upstream", text->where, upstream.error());
        site.upstream.host = "wrong";  // One mistake is enough: it is not missing as well.
      }
    } else if (table.contains("upstream")) {
      site.upstream.host = "wrong";
    }
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
    config_.sites.push_back(std::move(site));
    site_places_.push_back(section.where());
  }

  void ReadHosts(TomlSection& section, const toml::table& table, SiteConfig& site) {
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

  void ReadSiteverify(TomlSection& site, SiteConfig& config) {
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

  static void ReadLink(TomlSection& page, std::string_view key, bool (*is_one)(std::string_view),
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

  void CheckSites(const toml::table& document) {
    if (config_.sites.empty()) {
      if (document.contains("site")) return;
      mistakes_.Add({}, ErrorCode::kInvalidArgument,
                    "there is no site: add [[site]] with a name, hosts and an upstream");
      return;
    }
    if (!hosts_.empty() && !hosts_.contains("*")) {
      mistakes_.Add(site_places_.front(), ErrorCode::kInvalidArgument,
                    "no site has the host \"*\", so a request for any other host has no answer: "
                    "add \"*\" to the hosts of one site");
    }
  }

  void CheckListeners(const toml::table& document) {
    if (config_.listeners.empty() && !document.contains("listener")) {
      mistakes_.Add({}, ErrorCode::kInvalidArgument,
                    "there is no listener: add [[listener]] with address = \"127.0.0.1:8080\"");
    }
    for (const Placed<std::string>& pin : pins_) {
      if (names_.contains(pin.value)) continue;
      const std::vector<std::string_view> names(names_.begin(), names_.end());
      const std::string_view nearest = NearestName(pin.value, names);
      mistakes_.Add(
          pin.where, ErrorCode::kInvalidArgument,
          Concat("listener.site is \"", pin.value, "\", and no site has that name",
                 nearest.empty() ? ": add the site" : Concat(": did you mean \"", nearest, "\"?")));
    }
    CheckUpstreams();
    CheckSiteverify();
    CheckAddresses();
  }

  // Every site that a gateway can reach needs an upstream.
  void CheckUpstreams() {
    for (std::size_t i = 0; i < config_.sites.size(); ++i) {
      const SiteConfig& site = config_.sites[i];
      if (IsSet(site.upstream)) continue;
      for (const ListenerConfig& listener : config_.listeners) {
        if (listener.mode != ListenerMode::kGateway) continue;
        if (!listener.site.empty() && listener.site != site.options.name) continue;
        mistakes_.Add(site_places_[i], ErrorCode::kInvalidArgument,
                      Concat("site \"", site.options.name,
                             "\" has no upstream, and a gateway serves it: add upstream = "
                             "\"http://127.0.0.1:3000\""));
        break;
      }
    }
  }

  // A listener for backends needs a site that has some.
  void CheckSiteverify() {
    for (std::size_t i = 0; i < config_.listeners.size(); ++i) {
      const ListenerConfig& listener = config_.listeners[i];
      if (listener.mode != ListenerMode::kSiteverify) continue;
      const bool any = std::any_of(
          config_.sites.begin(), config_.sites.end(), [&listener](const SiteConfig& site) {
            const bool is_served = listener.site.empty() || listener.site == site.options.name;
            return is_served && !site.secrets_file.empty();
          });
      if (any) continue;
      mistakes_.Add(listener_places_[i], ErrorCode::kInvalidArgument,
                    "a siteverify listener has no site that it could answer for: add "
                    "[site.siteverify] with secrets_file = \"secrets\" to one");
    }
  }

  void CheckAddresses() {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < config_.listeners.size(); ++i) {
      const SocketAddress& address = config_.listeners[i].address;
      if (!IsSet(address) || (!address.is_unix && address.port == 0)) continue;
      if (!seen.insert(ToString(address)).second) {
        mistakes_.Add(listener_places_[i], ErrorCode::kInvalidArgument,
                      Concat("listener.address ", ToString(address),
                             " is used twice: give each listener its own"));
      }
    }
  }

  TomlMistakes mistakes_;
  Config& config_;
  std::set<std::string> names_;
  std::set<std::string> hosts_;
  std::vector<Placed<std::string>> pins_;
  std::vector<toml::source_position> site_places_;
  std::vector<toml::source_position> listener_places_;
};

}  // namespace

Errors ReadConfig(std::string_view text, std::string_view name, Config& config) {
  config = Config();
  if (text.size() > kMaxConfig) {
    return {Error{ErrorCode::kOutOfRange, std::string(name),
                  Concat("the file has ", text.size(), " bytes: use at most ", kMaxConfig)}};
  }
  if (const auto place = FindUnquotedNonAscii(text)) {
    TomlMistakes mistakes(name);
    mistakes.Add({place->line, place->column}, ErrorCode::kInvalidArgument,
                 std::string(kNonAsciiAdvice));
    return mistakes.Take();
  }
  if (const auto place = FindDeepNesting(text)) {
    TomlMistakes mistakes(name);
    mistakes.Add({place->line, place->column}, ErrorCode::kOutOfRange, std::string(kNestingAdvice));
    return mistakes.Take();
  }
  // Without the file's name: making a copy of it, version 3.3 ends the process if there is no
  // memory.
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    TomlMistakes mistakes(name);
    mistakes.Add(parsed.error().source().begin, ErrorCode::kInvalidArgument,
                 Concat("this is not TOML: ", parsed.error().description()));
    return mistakes.Take();
  }
  return ConfigReader(name, config).Read(parsed.table());
}

tl::expected<Config, Errors> ParseConfig(std::string_view text, std::string_view name) {
  Config config;
  if (Errors errors = ReadConfig(text, name, config); !errors.empty()) {
    return tl::unexpected(std::move(errors));
  }
  return config;
}

}  // namespace stile
