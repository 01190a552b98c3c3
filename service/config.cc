#include "service/config.h"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "challenge/concat.h"
#include "engine/config/engine_sections.h"
#include "engine/config/site_reader.h"
#include "engine/config/toml_document.h"
#include "engine/config/toml_section.h"
#include "service/config_address.h"
#include "service/process_sections.h"
#include "verifier/policy/text/nearest_name.h"

namespace stile {
namespace {

constexpr std::size_t kMaxListeners = 64;
constexpr std::size_t kMaxPeers = 1'000;
constexpr std::size_t kMaxPath = 4'096;
constexpr std::size_t kMaxGroup = 64;
constexpr std::size_t kMaxCertificates = 64;  // Of one listener.

bool IsHeaderName(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
  });
}

// Reads one document. What must be compared across sections is kept with its place.
class ConfigReader {
 public:
  ConfigReader(std::string_view name, Config& config)
      : mistakes_(name), config_(config), sites_(mistakes_, config.sites) {}

  Errors Read(const toml::table& document) {
    TomlSection root(document, "", mistakes_);
    root.Know(kRootKeys);
    for (const toml::table* table : root.Tables("listener", kMaxListeners)) ReadListener(*table);
    sites_.Read(root);
    ReadUpstreams();
    ReadProcessSections(root, config_);
    root.Finish();
    sites_.Check(document);
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
    if (const auto mode = section.Choice("mode", {"gateway", "public", "check", "forward-auth",
                                                  "siteverify", "spop", "ext-authz"})) {
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
    CheckSpop(section, table, listener);
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

  // A proxy that asks this listener does so too, but a CheckRequest has a place for the client
  // beside the fields.
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

  // HAProxy's messages name each request's client themselves.
  static void CheckSpop(TomlSection& section, const toml::table& table,
                        const ListenerConfig& listener) {
    if (listener.mode != ListenerMode::kSpop) return;
    const auto complain = [&](std::string_view key, std::string_view advice) {
      section.Complain(table.get(key)->source().begin, ErrorCode::kInvalidArgument,
                       std::string(advice));
    };
    if (listener.client_address != ClientAddressSource::kPeer) {
      complain("client_address",
               "HAProxy names each request's client in its message to a spop listener: leave "
               "client_address out");
    }
    if (!listener.tls.empty()) {
      complain("tls",
               "a spop listener speaks no TLS: leave tls out, and let HAProxy reach it over "
               "loopback or a unix: socket");
    }
    if (listener.trusted_peers.empty() && !listener.trust_unix) {
      complain("mode",
               "a spop listener believes trusted peers alone, and there are none: name HAProxy's "
               "range, or \"unix\", in trusted_peers");
    }
  }

  // Of every site, in their order. Where one is named that is none, one mistake is enough: it is
  // not missing as well.
  void ReadUpstreams() {
    for (std::size_t i = 0; i < config_.sites.size(); ++i) {
      const SiteConfig& site = config_.sites[i];
      SocketAddress& upstream = config_.upstreams.emplace_back();
      if (!sites_.places()[i].names_upstream) continue;
      upstream.host = "wrong";
      if (site.upstream_place.empty()) continue;
      if (auto address = ParseUpstream(site.upstream)) {
        upstream = *std::move(address);
      } else {
        mistakes_.Add(sites_.places()[i].upstream, ErrorCode::kInvalidArgument,
                      Concat("site.upstream ", address.error()));
      }
    }
  }

  void CheckListeners(const toml::table& document) {
    if (config_.listeners.empty() && !document.contains("listener")) {
      mistakes_.Add({}, ErrorCode::kInvalidArgument,
                    "there is no listener: add [[listener]] with address = \"127.0.0.1:8080\"");
    }
    for (const Placed<std::string>& pin : pins_) {
      if (sites_.names().contains(pin.value)) continue;
      const std::vector<std::string_view> names(sites_.names().begin(), sites_.names().end());
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
      if (IsSet(config_.upstreams[i])) continue;
      for (const ListenerConfig& listener : config_.listeners) {
        if (listener.mode != ListenerMode::kGateway) continue;
        if (!listener.site.empty() && listener.site != site.options.name) continue;
        mistakes_.Add(sites_.places()[i].site, ErrorCode::kInvalidArgument,
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
  SiteReader sites_;
  std::vector<Placed<std::string>> pins_;
  std::vector<toml::source_position> listener_places_;
};

}  // namespace

Errors ReadConfig(std::string_view text, std::string_view name, Config& config) {
  config = Config();
  const tl::expected<toml::table, Errors> document = ParseToml(text, name, kMaxConfig);
  if (!document) return document.error();
  return ConfigReader(name, config).Read(*document);
}

tl::expected<Config, Errors> ParseConfig(std::string_view text, std::string_view name) {
  Config config;
  if (Errors errors = ReadConfig(text, name, config); !errors.empty()) {
    return tl::unexpected(std::move(errors));
  }
  return config;
}

}  // namespace stile
