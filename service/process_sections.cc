#include "service/process_sections.h"

#include <chrono>
#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "challenge/concat.h"
#include "engine/config/admission_section.h"
#include "engine/config/engine_sections.h"
#include "service/config_address.h"
#include "service/geo_database.h"
#include "service/spend_section.h"

namespace stile {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::size_t kMaxPath = 4'096;

void ReadMetrics(TomlSection& root, Config& config) {
  std::optional<TomlSection> section = root.Child("metrics");
  if (!section) return;
  if (const auto text = section->String("address")) {
    if (auto address = ParseListenAddress(text->value)) {
      config.metrics = *std::move(address);
    } else {
      section->Refuse("address", text->where, address.error());
    }
  }
  section->Finish();
}

void ReadControl(TomlSection& root, Config& config) {
  std::optional<TomlSection> section = root.Child("control");
  if (!section) return;
  if (auto socket = section->Text("socket", 107)) {
    config.control_socket = std::move(socket->value);
  }
  if (const auto text = section->String("address")) {
    auto address = ParseListenAddress(text->value);
    if (!address) {
      section->Refuse("address", text->where, address.error());
    } else if (address->is_unix) {
      section->Refuse("address", text->where,
                      "must be an address with a port: a unix socket is named in control.socket");
    } else {
      config.control_address = *std::move(address);
    }
  }
  if (auto file = section->Text("token_file", kMaxPath)) {
    config.control_token_file = std::move(file->value);
  }
  if ((section->Find("address") == nullptr) != (section->Find("token_file") == nullptr)) {
    section->Complain(section->where(), ErrorCode::kInvalidArgument,
                      "control.address and control.token_file go together: whoever controls over "
                      "TCP must show the token, so name both or neither");
  }
  if (auto file = section->Text("mode_file", kMaxPath)) config.mode_file = std::move(file->value);
  section->Finish();
}

void ReadState(TomlSection& root, Config& config) {
  std::optional<TomlSection> section = root.Child("state");
  if (!section) return;
  if (auto directory = section->Text("directory", kMaxPath)) {
    config.state_directory = std::move(directory->value);
  }
  if (auto tables = section->Text("tables", kMaxPath)) {
    config.state_tables = std::move(tables->value);
  }
  section->Finish();
}

void ReadSpend(TomlSection& root, Config& config) {
  std::optional<TomlSection> section = root.Child("spend");
  if (!section) return;
  ReadSpendBackend(*section, config);
  ReadSpendStore(*section, config);
  ReadSpendSizes(*section, config);
  section->Finish();
}

void ReadLog(TomlSection& root, Config& config) {
  std::optional<TomlSection> section = root.Child("log");
  if (!section) return;
  (void)section->Choice("format", {"json"});
  if (const auto level = section->Choice("level", {"debug", "info", "warning", "error"})) {
    config.log_level = static_cast<LogLevel>(*level);
  }
  if (const auto lines = section->Integer("refusals", 0, 1'000)) {
    config.refusal_log.per_second = static_cast<std::uint32_t>(*lines);
  }
  if (const auto addresses = section->Choice("addresses", {"none", "prefix", "full"})) {
    config.refusal_log.addresses = static_cast<LoggedAddress>(*addresses);
  }
  section->Finish();
}

void ReadLimits(TomlSection& root, Config& config) {
  std::optional<TomlSection> section = root.Child("limits");
  if (!section) return;
  LimitsConfig& limits = config.limits;
  const auto duration = [&section](std::string_view key, milliseconds low, milliseconds high,
                                   milliseconds& out) {
    if (const auto value = section->Duration(key, low, high)) out = *value;
  };
  duration("drain_timeout", milliseconds{0}, hours{1}, limits.drain_timeout);
  duration("drain_delay", milliseconds{0}, minutes{10}, limits.drain_delay);
  duration("drain_idle", milliseconds{0}, hours{1}, limits.drain_idle);
  duration("head_timeout", milliseconds{100}, minutes{10}, limits.head_timeout);
  duration("idle_timeout", milliseconds{100}, hours{1}, limits.idle_timeout);
  duration("upstream_connect_timeout", milliseconds{10}, minutes{5},
           limits.upstream_connect_timeout);
  duration("upstream_timeout", milliseconds{10}, hours{24}, limits.upstream_timeout);
  duration("body_timeout", milliseconds{100}, hours{1}, limits.body_timeout);
  duration("overload", milliseconds{0}, milliseconds{10'000}, limits.overload);
  const auto number = [&section](std::string_view key, std::int64_t low, std::int64_t high,
                                 auto& out) {
    if (const auto value = section->Integer(key, low, high)) {
      out = static_cast<std::remove_reference_t<decltype(out)>>(*value);
    }
  };
  number("max_head", 1'024, 65'535, limits.max_head);
  number("max_body", 0, std::int64_t{1} << 50, limits.max_body);
  number("max_connections", 1, 1'000'000, limits.max_connections);
  number("max_idle_upstream", 0, 10'000, limits.max_idle_upstream);
  number("loops", 0, 256, limits.loops);
  section->Finish();
}

// Returns the section, for what else is to be said about it.
std::optional<TomlSection> ReadBudgets(TomlSection& root, Config& config) {
  std::optional<TomlSection> section = root.Child("budgets");
  if (!section) return section;
  ReadBudgetSizes(*section, config);
  ReadBudgetMerge(*section, config);
  section->Finish();
  return section;
}

void CheckMerge(const Config& config, TomlSection& budgets) {
  if (config.budget_merge.merging == BudgetMerging::kRedis && !IsSet(config.spend.redis.address)) {
    budgets.Complain(budgets.where(), ErrorCode::kInvalidArgument,
                     "budgets.merge is \"redis\", and nothing says where that is: add "
                     "[spend.redis] with address = \"127.0.0.1:6379\"");
  }
}

void ReadGeo(TomlSection& root, Config& config) {
  std::optional<TomlSection> section = root.Child("geo");
  if (!section) return;
  const auto read = [&section](std::string_view key, GeoFile& out) {
    auto file = section->Text(key, kMaxPath);
    if (!file) return;
    if (!GeoDatabase::IsSupported() && !file->value.empty()) {
      section->Complain(file->where, ErrorCode::kFailedPrecondition,
                        Concat("geo.", key,
                               " can't be read, since this stiled was built without libmaxminddb: "
                               "install libmaxminddb-dev and build it again, or leave this out"));
      return;
    }
    out.place = section->Place(file->where);
    out.file = std::move(file->value);
  };
  read("country", config.geo.country);
  read("asn", config.geo.asn);
  section->Finish();
}

void ReadAgents(TomlSection& root, Config& config) {
  std::optional<TomlSection> section = root.Child("agents");
  if (!section) return;
  ReverseDnsConfig& dns = config.reverse_dns;
  if (const auto enabled = section->Bool("reverse_dns")) dns.enabled = *enabled;
  if (const auto text = section->String("resolver")) {
    if (auto address = ParseServerAddress(text->value)) {
      dns.resolver = *std::move(address);
    } else {
      section->Refuse("resolver", text->where, address.error());
    }
  }
  if (const auto timeout = section->Duration("timeout", milliseconds{50}, seconds{30})) {
    dns.timeout = *timeout;
  }
  if (const auto count = section->Integer("in_flight", 1, 1'000)) {
    dns.in_flight = static_cast<std::uint32_t>(*count);
  }
  section->Finish();
}

void ReadClock(TomlSection& root, Config& config) {
  std::optional<TomlSection> section = root.Child("clock");
  if (!section) return;
  if (const auto time = section->Duration("adopt_after", milliseconds{0}, hours{24 * 30})) {
    config.clock.adopt_after = *time;
  }
  section->Finish();
}

}  // namespace

void ReadProcessSections(TomlSection& root, Config& config) {
  ReadPublicPrefix(root, config);
  ReadNode(root, config);
  ReadKeys(root, config);
  ReadMetrics(root, config);
  ReadControl(root, config);
  ReadState(root, config);
  std::optional<TomlSection> budgets = ReadBudgets(root, config);
  ReadSpend(root, config);
  if (budgets) CheckMerge(config, *budgets);
  ReadLog(root, config);
  ReadLimits(root, config);
  ReadWait(root, config);
  ReadSha256(root, config);
  ReadGeo(root, config);
  ReadAgents(root, config);
  ReadAdmission(root, config.admission);
  ReadClock(root, config);
}

}  // namespace stile
