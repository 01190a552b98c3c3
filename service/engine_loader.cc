#include "service/engine_loader.h"

#include <string_view>
#include <utility>

#include <absl/status/statusor.h>

#include "challenge/concat.h"
#include "engine/config/engine_build.h"
#include "engine/config/file_path.h"
#include "engine/config/policy_loader.h"
#include "service/file_text.h"
#include "service/keys.h"
#include "service/unmet_needs.h"

namespace stile {
namespace {

// When the trial engine's keys are made: any time will do, since nothing is signed with them.
constexpr UnixMillis kTrialTime = UnixMillis::FromSeconds(1'800'000'000);

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

void Append(Errors& errors, Errors more) {
  for (Error& error : more) errors.push_back(std::move(error));
}

void ResolvePath(std::string_view directory, SocketAddress& address) {
  if (address.is_unix) address.path = PathUnder(directory, address.path);
}

void ResolvePaths(std::string_view directory, Config& config) {
  for (ListenerConfig& listener : config.listeners) {
    ResolvePath(directory, listener.address);
    for (TlsCertificateConfig& tls : listener.tls) {
      tls.certificate = PathUnder(directory, tls.certificate);
      tls.key = PathUnder(directory, tls.key);
    }
  }
  for (SocketAddress& upstream : config.upstreams) ResolvePath(directory, upstream);
  ResolvePath(directory, config.metrics);
  config.keys_file = PathUnder(directory, config.keys_file);
  for (SiteConfig& site : config.sites) {
    site.keys_file = PathUnder(directory, site.keys_file);
    site.secrets_file = PathUnder(directory, site.secrets_file);
  }
  ResolvePath(directory, config.spend.redis.address);
  config.spend.redis.password_file = PathUnder(directory, config.spend.redis.password_file);
  config.geo.country.file = PathUnder(directory, config.geo.country.file);
  config.geo.asn.file = PathUnder(directory, config.geo.asn.file);
  config.state_directory = PathUnder(directory, config.state_directory);
  config.control_socket = PathUnder(directory, config.control_socket);
  config.control_token_file = PathUnder(directory, config.control_token_file);
  config.mode_file = PathUnder(directory, config.mode_file);
  config.state_tables = PathUnder(directory, config.state_tables);
}

// The text of the file at `path`; the error has no place.
tl::expected<std::string, Error> ReadText(const std::string& path, std::size_t limit) {
  absl::StatusOr<FileText> file = ReadFile(path, limit);
  if (file.ok()) return std::move(file->text);
  return tl::unexpected(Error{CodeOf(file.status()), "", MessageOf(file.status())});
}

void Compile(LoadedConfig& loaded, const PolicyTextOf& text_of, ListLoader& lists,
             const std::optional<UnixMillis>& warn_at) {
  PolicyFindings findings =
      CompilePolicies(DirectoryOf(loaded.texts.name), text_of, lists, warn_at, loaded.config.sites);
  loaded.policy_errors = std::move(findings.errors);
  loaded.policy_warnings = std::move(findings.warnings);
  loaded.lists = lists.lists();
}

// Makes the engine once with keys that nobody uses, for the mistakes that only it finds.
void TryEngine(LoadedConfig& loaded) {
  const auto keys = TemporaryKeys(kTrialTime);
  auto tables = RedeemTables::Create(loaded.config.redeem_limits);
  if (!keys || !tables) {
    loaded.config_errors.push_back(keys ? tables.error() : keys.error());
    return;
  }
  auto rings = keys->Ring(kTrialTime);
  if (!rings) {
    Append(loaded.config_errors, rings.error());
    return;
  }
  for (const SiteConfig& site : loaded.config.sites) {
    if (rings->Of(site.keys_file) == nullptr) {
      rings->own.push_back({site.keys_file, rings->common.keys, false});
    }
  }
  auto engine = BuildEngine(loaded.config, *rings, false, *std::move(tables));
  if (!engine) Append(loaded.config_errors, std::move(engine.error()));
}

}  // namespace

LoadedConfig LoadConfig(const std::string& path, std::optional<UnixMillis> warn_at) {
  LoadedConfig loaded;
  loaded.texts.name = path;
  tl::expected<std::string, Error> config = ReadText(path, kMaxConfig);
  if (!config) {
    loaded.config_errors.push_back(Error{config.error().code, path, config.error().message});
    return loaded;
  }
  loaded.texts.config = *std::move(config);
  loaded.config_errors = ReadConfig(loaded.texts.config, path, loaded.config);

  const std::string directory = DirectoryOf(path);
  std::size_t total = loaded.texts.config.size();
  ListLoader lists(directory, [&](const std::string& file, std::size_t limit) {
    return ReadText(PathUnder(directory, file), limit);
  });
  const auto policy_of = [&](const SiteConfig& site) -> tl::expected<std::string_view, Error> {
    const std::string file = PathUnder(directory, site.policy_file);
    tl::expected<std::string, Error> text = ReadText(file, kMaxPolicyFile);
    if (text && total + text->size() > kMaxTexts) {
      text = tl::unexpected(
          Error{ErrorCode::kOutOfRange, "",
                Concat("with it the configuration has more than ", kMaxTexts, " bytes")});
    }
    if (!text) {
      return tl::unexpected(Error{text.error().code, site.policy_place,
                                  Concat("policy file ", file, ": ", text.error().message)});
    }
    total += text->size();
    loaded.texts.policies.push_back({site.policy_file, *std::move(text)});
    return loaded.texts.policies.back().text;
  };
  Compile(loaded, policy_of, lists, warn_at);
  loaded.texts.lists = lists.TakeTexts();
  if (warn_at && loaded.config_errors.empty()) {
    for (std::string& warning : UnmetNeeds(loaded.config)) {
      loaded.policy_warnings.push_back(std::move(warning));
    }
  }
  ResolvePaths(directory, loaded.config);
  if (loaded.config_errors.empty()) TryEngine(loaded);
  return loaded;
}

LoadedConfig LoadTexts(ConfigTexts texts) {
  LoadedConfig loaded;
  loaded.texts = std::move(texts);
  loaded.config_errors = ReadConfig(loaded.texts.config, loaded.texts.name, loaded.config);
  ListLoader lists(
      DirectoryOf(loaded.texts.name),
      [&](const std::string& file, std::size_t limit) -> tl::expected<std::string, Error> {
        for (const ListLoader::Text& list : loaded.texts.lists) {
          if (list.file != file) continue;
          if (list.text.size() <= limit) return list.text;
          return tl::unexpected(
              Error{ErrorCode::kOutOfRange, "", Concat("it has more than ", limit, " bytes")});
        }
        return tl::unexpected(Error{ErrorCode::kFailedPrecondition, "", "it was not recorded"});
      });
  const auto policy_of = [&](const SiteConfig& site) -> tl::expected<std::string_view, Error> {
    for (const ConfigTexts::PolicyText& policy : loaded.texts.policies) {
      if (policy.file == site.policy_file) return policy.text;
    }
    return tl::unexpected(Error{ErrorCode::kFailedPrecondition, site.policy_place,
                                Concat("policy file ", site.policy_file, " was not recorded")});
  };
  Compile(loaded, policy_of, lists, std::nullopt);
  ResolvePaths(DirectoryOf(loaded.texts.name), loaded.config);
  if (loaded.config_errors.empty()) TryEngine(loaded);
  return loaded;
}

}  // namespace stile
