#include "capi/engine_maker.h"

#include <cstddef>
#include <set>
#include <utility>

#include "capi/source_bundle.h"
#include "capi/stile.h"
#include "engine/config/engine_build.h"
#include "verifier/policy/hex_digest.h"

namespace stile {
namespace {

// The files that may not be kept.
std::set<std::string_view> SecretFilesOf(const EngineConfig& config) {
  std::set<std::string_view> names = {config.keys_file};
  for (const SiteConfig& site : config.sites) {
    names.insert(site.keys_file);
    names.insert(site.secrets_file);
  }
  return names;
}

std::string SourceOf(const CallerFiles& files, const tl::expected<EmbeddedConfig, Errors>& loaded) {
  SourceBundle::Files kept;
  std::set<std::string_view> secret;
  if (loaded) secret = SecretFilesOf(loaded->config);
  for (const auto& [name, text] : files.read()) {
    if (name == files.name()) {
      kept.emplace("", text);
    } else if (loaded && !secret.contains(name)) {
      kept.emplace(name, text);
    }
  }
  return SourceBundle::Write(kept);
}

Errors One(ErrorCode code, std::string message) { return {Error{code, "", std::move(message)}}; }

}  // namespace

ReadConfiguration ReadConfiguration::Of(CallerFiles& files, UnixMillis now) {
  ReadConfiguration read{{}, {}, LoadEmbedded(files, files.name(), now)};
  read.source = SourceOf(files, read.loaded);
  read.digest = HexDigestOf(read.source);
  return read;
}

void EngineMaker::Begin(ReadConfiguration& configuration, CallerFiles& files, UnixMillis now) {
  configuration_ = &configuration;
  files_ = &files;
  now_ = now;
}

void EngineMaker::Finish() {
  configuration_ = nullptr;
  files_ = nullptr;
}

tl::expected<EngineKeeper::Made, Errors> EngineMaker::Make(std::string_view source) {
  if (configuration_ == nullptr) {
    return tl::unexpected(One(ErrorCode::kInternal, "there is no configuration to make it of"));
  }
  const tl::expected<EmbeddedConfig, Errors>* loaded = &configuration_->loaded;
  tl::expected<EmbeddedConfig, Errors> kept;
  if (source != configuration_->source) {
    auto files = SourceBundle::Read(source);
    if (!files) {
      return tl::unexpected(
          One(ErrorCode::kInvalidArgument, "what was kept of an earlier configuration is damaged"));
    }
    KeptFiles known(*std::move(files), files_->name(), *files_);
    kept = LoadEmbedded(known, files_->name(), now_);
    loaded = &kept;
  }
  if (!*loaded) return tl::unexpected(loaded->error());
  const EngineConfig& config = (*loaded)->config;
  auto redeems = tables_->MakeRedeemTables(config.redeem_limits);
  if (!redeems) return tl::unexpected(Errors{std::move(redeems.error())});
  EngineMemory memory;
  memory.budgets = tables_->budgets();
  memory.revocations = tables_->revocations();
  if (spends_ == nullptr) spends_ = tables_->MakeSpends(config.node);
  // A token that another store must know of can't be sold here.
  if (config.spend_backend != SpendBackend::kRedis) memory.spends = spends_;
  auto engine =
      BuildEngine(config, (*loaded)->rings, false, *std::move(redeems), std::move(memory));
  if (!engine) return tl::unexpected(std::move(engine.error()));
  Turn(**engine);
  limits_ = config.admission.limits;
  return EngineKeeper::Made{*std::move(engine), config.admission.blast_radius_override,
                            !config.admission.limits.HasCohort()};
}

void EngineMaker::Turn(const Engine& engine) const noexcept {
  const std::int32_t mode = mode_.load();
  for (std::size_t i = 0; i < engine.site_count(); ++i) {
    GateMode turned = engine.site_options(i).mode;
    if (mode == STILE_MODE_ENFORCE) turned = GateMode::kEnforce;
    if (mode == STILE_MODE_SHADOW) turned = GateMode::kShadow;
    if (mode == STILE_MODE_OPEN) turned = GateMode::kOpen;
    if (mode == STILE_MODE_ATTACK) turned = GateMode::kAttack;
    engine.switches(i).SetMode(turned);
  }
}

}  // namespace stile
