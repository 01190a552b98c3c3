#ifndef STILE_SERVICE_CONFIG_H_
#define STILE_SERVICE_CONFIG_H_

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "engine/config/engine_config.h"
#include "verifier/policy/cidr.h"

namespace stile {

// What a listener speaks. The others of docs/operations.md come with later versions.
enum class ListenerMode : std::uint8_t {
  kGateway = 0,  // A reverse proxy in front of each site's upstream.
  kPublic = 1,   // Stile's own endpoints alone.
  // Proxies ask about requests, and serve Stile's own endpoints from here: docs/dialects.md.
  kCheck = 2,        // By status alone, as nginx's auth_request.
  kForwardAuth = 3,  // By the answer itself, as Caddy's and Traefik's forward auth.
  kSiteverify = 4,   // The sites' own backends ask about response tokens: docs/siteverify.md.
  kSpop = 5,         // HAProxy asks about requests, by SPOP, and nothing else: docs/dialects.md.
  kExtAuthz = 6,     // As Envoy's ext_authz asks, over HTTP or gRPC: docs/dialects.md.
};

// Where the client's address is read from.
enum class ClientAddressSource : std::uint8_t {
  // The connection's other end; unknown on a unix socket. Of an ext-authz listener: the end of the
  // proxy's own connection, as the proxy says.
  kPeer = 0,
  kXRealIp = 1,        // The only X-Real-IP of a trusted peer.
  kXForwardedFor = 2,  // The last address of X-Forwarded-For that is not a trusted peer's.
  kProxy = 3,          // The PROXY header that begins each connection of a trusted peer.
};

// Where to listen or to connect to.
struct SocketAddress {
  bool is_unix = false;
  std::string host;        // IPv4 or IPv6 address without brackets (an upstream's may be a name).
  std::uint16_t port = 0;  // 0: any free one; listeners only.
  std::string path;        // Of a unix socket.
  // Who may connect to a unix socket that is listened on: its file's permissions and group. Empty:
  // the group of the process.
  std::uint32_t socket_mode = 0660;
  std::string socket_group;

  friend bool operator==(const SocketAddress&, const SocketAddress&) = default;
};
// "127.0.0.1:8080", "[::1]:8080" or "unix:/run/stile/check.sock".
[[nodiscard]] std::string ToString(const SocketAddress& address);

// The PEM files of one certificate of a listener, as written.
struct TlsCertificateConfig {
  std::string certificate;        // With its chain behind it.
  std::string key;                // Without a passphrase.
  std::string certificate_place;  // name:line:column of each, for errors about the file.
  std::string key_place;
};

struct ListenerConfig {
  SocketAddress address;
  ListenerMode mode = ListenerMode::kGateway;
  ClientAddressSource client_address = ClientAddressSource::kPeer;
  std::vector<Cidr> trusted_peers;
  bool trust_unix = false;  // "unix" among the trusted peers: whoever reaches the socket.
  std::string site;         // Pins every request to this site; empty: by Host.
  // The field, in lower case, in which a trusted peer says a client's TLS fingerprint; empty: none.
  std::string tls_fingerprint_field;
  std::vector<TlsCertificateConfig> tls;  // The first is the default; empty: no TLS.
};

struct LimitsConfig {
  std::chrono::milliseconds drain_timeout{30'000};
  std::chrono::milliseconds drain_delay{0};        // Not ready, but accepting: then it begins.
  std::chrono::milliseconds drain_idle{1'000};     // What a connection has for one more request.
  std::chrono::milliseconds head_timeout{10'000};  // From a connection's first byte to a head.
  std::chrono::milliseconds idle_timeout{75'000};  // Between requests.
  std::chrono::milliseconds upstream_connect_timeout{3'000};
  std::chrono::milliseconds upstream_timeout{60'000};  // Without a byte from the upstream.
  std::chrono::milliseconds body_timeout{60'000};      // Without 1 KiB of content moved.
  std::uint32_t max_head = 32 * 1024;
  std::uint64_t max_body = std::uint64_t{1} << 40;
  std::uint32_t max_connections = 16'384;   // Of one process.
  std::uint32_t max_idle_upstream = 64;     // Pooled connections per loop and site.
  std::uint32_t loops = 0;                  // Event loops; 0: one per core.
  std::chrono::milliseconds overload{100};  // How late an event loop may serve; 0: as it likes.
};

// What a log line may say of a client's address.
enum class LoggedAddress : std::uint8_t {
  kNone = 0,
  kPrefix = 1,  // The first 24 bits of an IPv4 address, or 56 of an IPv6 address.
  kFull = 2,
};

struct RefusalLogConfig {
  std::uint32_t per_second = 1;  // Lines of the process; 0: none.
  LoggedAddress addresses = LoggedAddress::kNone;
};

// A database that says where addresses are.
struct GeoFile {
  std::string file;   // As written; empty: none.
  std::string place;  // name:line:column of it, for errors about the file.
};

struct GeoConfig {
  GeoFile country;
  GeoFile asn;
};

// Reverse DNS about clients that claim to be crawlers.
struct ReverseDnsConfig {
  bool enabled = false;
  SocketAddress resolver;                    // host empty: the first of /etc/resolv.conf.
  std::chrono::milliseconds timeout{2'000};  // For one answer; each question is asked twice.
  std::uint32_t in_flight = 64;              // Addresses that are looked up at a time.
};

// What to do about response tokens while the shared store can't be asked.
enum class OnStoreError : std::uint8_t {
  kRefuse = 0,  // None is issued or accepted.
  kLocal = 1,   // Each node issues and accepts its own: docs/state.md has the bound.
};

// The store that all nodes share.
struct RedisConfig {
  SocketAddress address;      // host empty and is_unix false: none.
  std::string username;       // Empty: Redis's default user.
  std::string password_file;  // As written; empty: no password.
  std::string password_place;
  std::string key_prefix = "stile";
  std::chrono::milliseconds timeout{250};  // For one answer.
  std::uint32_t wait_replicas = 0;         // That must have a spend before it counts.
  std::chrono::milliseconds wait_timeout{50};
  OnStoreError on_store_error = OnStoreError::kRefuse;

  friend bool operator==(const RedisConfig&, const RedisConfig&) = default;
};

struct SpendConfig {
  RedisConfig redis;

  friend bool operator==(const SpendConfig&, const SpendConfig&) = default;
};

// How far the system's clock is believed.
struct ClockConfig {
  // How long it must have kept to a leap before that is adopted; 0: every leap is, at once.
  std::chrono::milliseconds adopt_after{std::chrono::hours{1}};
};

enum class LogLevel : std::uint8_t { kDebug = 0, kInfo = 1, kWarning = 2, kError = 3 };

// stile.toml, read and checked, with nothing opened yet: what makes an engine, and what concerns
// the process. docs/operations.md describes every key.
struct Config : EngineConfig {
  std::vector<ListenerConfig> listeners;
  // Of the sites, in their order; host empty and is_unix false: none (gateway listeners need it).
  std::vector<SocketAddress> upstreams;
  SocketAddress metrics;       // host empty and is_unix false: not served.
  std::string control_socket;  // As written; empty: not served.
  // Control over TCP for whoever has the token; host empty: not served.
  SocketAddress control_address;
  std::string control_token_file;  // As written; named if and only if the address is.
  std::string mode_file;           // As written; empty: "mode" in the state directory, if any.
  std::string state_directory;     // As written; empty: nothing is recorded.
  // The table file, as written; empty: none, and each process counts for itself.
  std::string state_tables;
  LogLevel log_level = LogLevel::kInfo;
  RefusalLogConfig refusal_log;
  LimitsConfig limits;
  GeoConfig geo;
  ReverseDnsConfig reverse_dns;
  SpendConfig spend;
  ClockConfig clock;
};

// True if there is somewhere to listen or to connect to.
[[nodiscard]] inline bool IsSet(const SocketAddress& address) {
  return address.is_unix || !address.host.empty();
}

// Reads a configuration from TOML text. `name` is the file's name, for the places of errors.
// Returns every mistake at once with name:line:column and what to change: text over 1 MiB
// (kOutOfRange, before it is parsed), TOML that doesn't parse, unknown keys with the nearest known
// name, wrong types, numbers outside their limits, an address, CIDR, duration or host that isn't
// one, a name used twice, a listener pinned to an unknown site, a gateway whose site has no
// upstream, and what this version doesn't have yet (modes, spend backends), by name.
[[nodiscard]] tl::expected<Config, Errors> ParseConfig(std::string_view text,
                                                       std::string_view name);

// As ParseConfig, but keeps what could be read in `config`, so that the files that it names can be
// checked in the same go. Empty: there is no mistake, and `config` may be used.
[[nodiscard]] Errors ReadConfig(std::string_view text, std::string_view name, Config& config);

}  // namespace stile

#endif  // STILE_SERVICE_CONFIG_H_
