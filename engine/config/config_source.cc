#include "engine/config/config_source.h"

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "challenge/concat.h"
#include "challenge/key_file.h"
#include "engine/config/list_loader.h"
#include "engine/config/policy_loader.h"
#include "engine/config/site_secrets.h"

namespace stile {
namespace {

// What paths are relative to: they stay as written.
constexpr const char* kHere = ".";

// Loads one configuration, and collects what is wrong with its files.
class EmbeddedLoader {
 public:
  EmbeddedLoader(ConfigSource& source, UnixMillis now) : source_(source), now_(now) {}

  tl::expected<EmbeddedConfig, Errors> Load(std::string_view name) {
    const auto text = Text(name, kMaxConfig);
    if (!text) {
      return tl::unexpected(
          Errors{Error{text.error().code, std::string(name), text.error().message}});
    }
    errors_ = ReadEngineConfig(*text, name, loaded_.config);
    LoadPolicies(text->size());
    LoadKeys();
    LoadSecrets();
    if (!errors_.empty()) return tl::unexpected(std::move(errors_));
    return std::move(loaded_);
  }

 private:
  // A source that hands out more than it was asked for is not believed.
  tl::expected<std::string_view, Error> Text(std::string_view name, std::size_t limit) {
    auto text = source_.Read(name, limit);
    if (!text || text->size() <= limit) return text;
    return tl::unexpected(Error{ErrorCode::kOutOfRange, "",
                                Concat("it has ", text->size(), " bytes: use at most ", limit)});
  }

  // The text of a `kind` of file that is named at `place`.
  tl::expected<std::string_view, Error> TextNamed(std::string_view kind, const std::string& name,
                                                  const std::string& place, std::size_t limit) {
    auto text = Text(name, limit);
    if (text) return text;
    return tl::unexpected(
        Error{text.error().code, place, Concat(kind, " ", name, ": ", text.error().message)});
  }

  void Add(Errors errors) {
    for (Error& error : errors) errors_.push_back(std::move(error));
  }

  // `total`: bytes that were read before.
  void LoadPolicies(std::size_t total) {
    ListLoader lists(
        kHere,
        [this](const std::string& file, std::size_t limit) -> tl::expected<std::string, Error> {
          const auto text = Text(file, limit);
          if (!text) return tl::unexpected(text.error());
          return std::string(*text);
        });
    const auto policy_of = [&](const SiteConfig& site) -> tl::expected<std::string_view, Error> {
      auto text = TextNamed("policy file", site.policy_file, site.policy_place, kMaxPolicyFile);
      if (!text) return text;
      if (total + text->size() > kMaxTexts) {
        return tl::unexpected(
            Error{ErrorCode::kOutOfRange, site.policy_place,
                  Concat("policy file ", site.policy_file,
                         ": with it the configuration has more than ", kMaxTexts, " bytes")});
      }
      total += text->size();
      return text;
    };
    Add(CompilePolicies(kHere, policy_of, lists, std::nullopt, loaded_.config.sites).errors);
  }

  std::optional<KeyRings::Ring> RingOf(const std::string& file, const std::string& place) {
    const auto text = TextNamed("key file", file, place, kMaxKeyFile);
    if (!text) {
      errors_.push_back(text.error());
      return std::nullopt;
    }
    const auto masters = ParseKeyFile(*text, file);
    if (!masters) {
      Add(masters.error());
      return std::nullopt;
    }
    auto ring = MakeRing(*masters, file, now_);
    if (ring) return *std::move(ring);
    Add(std::move(ring.error()));
    return std::nullopt;
  }

  void LoadKeys() {
    const EngineConfig& config = loaded_.config;
    KeyRings& rings = loaded_.rings;
    const bool is_needed = !config.sites.empty() && !AllHaveTheirOwnKeys(config);
    if (!config.keys_file.empty()) {
      if (auto ring = RingOf(config.keys_file, config.keys_place)) rings.common = *std::move(ring);
    } else if (is_needed) {
      errors_.push_back(NoKeyFile(config));
    }
    std::set<std::string> seen;
    for (const SiteConfig& site : config.sites) {
      if (site.keys_file.empty() || !seen.insert(site.keys_file).second) continue;
      if (auto ring = RingOf(site.keys_file, site.keys_place))
        rings.own.push_back(*std::move(ring));
    }
    // Nobody asks for it, and it is never null.
    if (config.keys_file.empty() && !is_needed && !rings.own.empty()) {
      rings.common = rings.own.front();
    }
  }

  void LoadSecrets() {
    std::vector<SiteSecrets>& all = loaded_.rings.secrets;
    for (const SiteConfig& site : loaded_.config.sites) {
      if (site.secrets_file.empty()) continue;
      const auto text =
          TextNamed("secrets file", site.secrets_file, site.secrets_place, kMaxSecretsFile);
      if (!text) {
        errors_.push_back(text.error());
        continue;
      }
      auto parsed = ParseSiteSecrets(*text, site.secrets_file);
      if (!parsed) {
        Add(std::move(parsed.error()));
        continue;
      }
      SiteSecrets secrets{site.options.name, site.secrets_file, *std::move(parsed)};
      if (auto shared = ErrorIfShared(secrets, all, site.secrets_place)) {
        errors_.push_back(*std::move(shared));
      }
      all.push_back(std::move(secrets));
    }
  }

  ConfigSource& source_;
  UnixMillis now_;
  EmbeddedConfig loaded_;
  Errors errors_;
};

}  // namespace

tl::expected<EmbeddedConfig, Errors> LoadEmbedded(ConfigSource& source, std::string_view name,
                                                  UnixMillis now) {
  return EmbeddedLoader(source, now).Load(name);
}

}  // namespace stile
