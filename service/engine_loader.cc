#include "service/engine_loader.h"

#include <map>
#include <string_view>
#include <utility>

#include <absl/status/statusor.h>

#include "service/concat.h"
#include "service/file_text.h"
#include "service/list_admission.h"
#include "service/unmet_needs.h"
#include "verifier/policy/policy.h"
#include "verifier/policy/policy_file.h"
#include "verifier/policy/policy_warning.h"

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
  for (SiteConfig& site : config.sites) ResolvePath(directory, site.upstream);
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

// One policy file, compiled.
tl::expected<std::shared_ptr<const Policy>, Errors> CompilePolicy(
    std::string_view text, const std::string& name, const RangeListSource& lists,
    const std::optional<UnixMillis>& warn_at, std::vector<std::string>& warnings) {
  tl::expected<PolicySource, Errors> source = ParsePolicyFile(text, name, lists);
  if (!source) return tl::unexpected(std::move(source.error()));
  std::vector<PolicyWarning> found;
  if (warn_at) found = WarningsOf(*source, *warn_at);
  tl::expected<std::shared_ptr<const Policy>, Errors> policy = Policy::Compile(*std::move(source));
  if (!policy) {
    for (Error& error : policy.error()) {
      error.place =
          error.place.empty() ? Concat(name, ":1:1") : Concat(name, ":1:1: ", error.place);
    }
    return policy;
  }
  if (Errors wide = CheckWideLists(**policy); !wide.empty()) {
    AddNamedBy(name, wide);
    return tl::unexpected(std::move(wide));
  }
  for (const PolicyWarning& warning : found) {
    warnings.push_back(
        Concat(name, ":", warning.place.line, ":", warning.place.column, ": ", warning.message));
  }
  return policy;
}

// Compiles each policy file once, however many sites name it. `text_of` returns a file's text, or
// nullptr with the mistake at `place` written to policy_errors.
template <typename TextOf>
void CompilePolicies(LoadedConfig& loaded, const std::optional<UnixMillis>& warn_at,
                     ListLoader& lists, TextOf text_of) {
  const std::string directory = DirectoryOf(loaded.texts.name);
  std::map<std::string, std::shared_ptr<const Policy>> compiled;
  for (SiteConfig& site : loaded.config.sites) {
    if (site.policy_file.empty()) {
      site.options.policy = Policy::Default();
      continue;
    }
    const auto [entry, is_new] = compiled.try_emplace(site.policy_file);
    if (is_new) {
      if (const std::string* text = text_of(site)) {
        auto policy =
            CompilePolicy(*text, PathUnder(directory, site.policy_file),
                          lists.SourceFor(site.policy_file), warn_at, loaded.policy_warnings);
        if (policy) {
          entry->second = *std::move(policy);
        } else {
          Append(loaded.policy_errors, std::move(policy.error()));
        }
      }
    }
    site.options.policy = entry->second;
  }
  loaded.lists = lists.lists();
}

// Makes the engine once with keys that nobody uses, for the mistakes that only it finds.
void TryEngine(LoadedConfig& loaded) {
  const auto keys = TemporaryKeys(kTrialTime);
  auto tables = RedeemTables::Create(loaded.config.wait_limits);
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
  absl::StatusOr<FileText> config = ReadFile(path, kMaxConfig);
  if (!config.ok()) {
    loaded.config_errors.push_back(
        Error{CodeOf(config.status()), path, MessageOf(config.status())});
    return loaded;
  }
  loaded.texts.config = std::move(config->text);
  loaded.config_errors = ReadConfig(loaded.texts.config, path, loaded.config);

  const std::string directory = DirectoryOf(path);
  std::size_t total = loaded.texts.config.size();
  ListLoader lists(directory,
                   [&](const std::string& file, std::size_t limit) -> absl::StatusOr<std::string> {
                     absl::StatusOr<FileText> list = ReadFile(PathUnder(directory, file), limit);
                     if (!list.ok()) return list.status();
                     return std::move(list->text);
                   });
  CompilePolicies(loaded, warn_at, lists, [&](const SiteConfig& site) -> const std::string* {
    absl::StatusOr<FileText> file =
        ReadFile(PathUnder(directory, site.policy_file), kMaxPolicyFile);
    if (file.ok() && total + file->text.size() > kMaxTexts) {
      file = absl::OutOfRangeError(
          Concat("with it the configuration has more than ", kMaxTexts, " bytes"));
    }
    if (!file.ok()) {
      loaded.policy_errors.push_back(
          Error{CodeOf(file.status()), site.policy_place,
                Concat("policy file ", PathUnder(directory, site.policy_file), ": ",
                       MessageOf(file.status()))});
      return nullptr;
    }
    total += file->text.size();
    loaded.texts.policies.push_back({site.policy_file, std::move(file->text)});
    return &loaded.texts.policies.back().text;
  });
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
  ListLoader lists(DirectoryOf(loaded.texts.name),
                   [&](const std::string& file, std::size_t limit) -> absl::StatusOr<std::string> {
                     for (const ListLoader::Text& list : loaded.texts.lists) {
                       if (list.file != file) continue;
                       if (list.text.size() <= limit) return list.text;
                       return absl::OutOfRangeError(Concat("it has more than ", limit, " bytes"));
                     }
                     return absl::NotFoundError("it was not recorded");
                   });
  CompilePolicies(loaded, std::nullopt, lists, [&](const SiteConfig& site) -> const std::string* {
    for (const ConfigTexts::PolicyText& policy : loaded.texts.policies) {
      if (policy.file == site.policy_file) return &policy.text;
    }
    loaded.policy_errors.push_back(
        Error{ErrorCode::kFailedPrecondition, site.policy_place,
              Concat("policy file ", site.policy_file, " was not recorded")});
    return nullptr;
  });
  ResolvePaths(DirectoryOf(loaded.texts.name), loaded.config);
  if (loaded.config_errors.empty()) TryEngine(loaded);
  return loaded;
}

tl::expected<std::unique_ptr<const Engine>, Errors> BuildEngine(
    const Config& config, const KeyRings& rings, bool keys_degraded,
    std::shared_ptr<RedeemTables> tables, EngineMemory memory) {
  EngineOptions options;
  options.public_prefix = config.public_prefix;
  options.names = std::move(memory.names);
  options.spends = std::move(memory.spends);
  options.budgets = std::move(memory.budgets);
  options.revocations = std::move(memory.revocations);
  options.node = config.node;
  for (const SiteConfig& site : config.sites) {
    SiteOptions& own = options.sites.emplace_back(site.options);
    const KeyRings::Ring* ring = rings.Of(site.keys_file);
    if (ring == nullptr) {
      return tl::unexpected(Errors{Error{
          ErrorCode::kInternal, site.place,
          Concat("site \"", site.options.name, "\": no keys were made of ", site.keys_file)}});
    }
    own.keys = ring->keys;
    if (const SiteSecrets* secrets = rings.SecretsOf(site.options.name)) {
      own.secrets = secrets->secrets;
    }
    own.keys_degraded = site.keys_file.empty() ? keys_degraded : ring->degraded;
    // A policy that is wrong; a site that names none has the default policy.
    if (own.policy == nullptr && !site.policy_file.empty()) own.policy = Policy::Minimal();
  }
  auto engine = Engine::Create(std::move(options), *rings.common.keys, std::move(tables));
  if (!engine) {
    for (Error& error : engine.error()) {
      for (const SiteConfig& site : config.sites) {
        const std::string prefix = Concat("site \"", site.options.name, "\": ");
        if (!error.place.starts_with(prefix)) continue;
        error.message = Concat("site.", error.place.substr(prefix.size()), ": ", error.message);
        error.place = site.place;
        break;
      }
    }
  }
  return engine;
}

}  // namespace stile
