#include "service/keys.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <set>
#include <utility>

#include <absl/status/statusor.h>

#include "challenge/concat.h"
#include "challenge/entropy.h"
#include "challenge/key_file.h"
#include "challenge/secret_bytes.h"
#include "engine/config/file_path.h"
#include "service/file_text.h"
#include "service/site_secrets.h"

namespace stile {
namespace {

Error NoKeys(std::string place, std::string message) {
  return Error{ErrorCode::kFailedPrecondition, std::move(place), std::move(message)};
}

// The systemd credential, where there is one.
std::string CredentialFile() {
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  return directory == nullptr ? std::string() : PathUnder(directory, "stile-keys");
}

// The ring of one file.
tl::expected<KeyRings::Ring, Errors> RingOf(const Keys& keys, UnixMillis now) {
  auto ring = MakeRing(keys.masters, keys.file, now);
  if (ring) ring->degraded = keys.degraded;
  return ring;
}

tl::expected<Keys, Errors> ParseKeys(const std::string& file, const FileText& content,
                                     UnixMillis now) {
  auto masters = ParseKeyFile(content.text, file);
  if (!masters) return tl::unexpected(std::move(masters.error()));
  Keys keys;
  keys.masters = *std::move(masters);
  keys.file = file;
  keys.readable_by_others = content.readable_by_others;
  if (auto ring = RingOf(keys, now); !ring) return tl::unexpected(std::move(ring.error()));
  return keys;
}

// `place` is where the file is named.
tl::expected<Keys, Errors> LoadKeyFile(const std::string& file, const std::string& place,
                                       UnixMillis now) {
  const absl::StatusOr<FileText> content = ReadFile(file, kMaxKeyFile);
  if (content.ok()) return ParseKeys(file, *content, now);
  const absl::Status& status = content.status();
  return tl::unexpected(Errors{Error{
      CodeOf(status), place, Concat("key file ", file, ": ", std::string(status.message()))}});
}

tl::expected<Keys, Errors> LoadCommon(const Config& config, UnixMillis now) {
  if (const std::string file = CredentialFile(); !file.empty()) {
    const absl::StatusOr<FileText> content = ReadFile(file, kMaxKeyFile);
    if (content.ok()) {
      auto keys = ParseKeys(file, *content, now);
      if (keys) keys->is_credential = true;
      return keys;
    }
    if (!absl::IsNotFound(content.status())) {
      return tl::unexpected(Errors{NoKeys(file, std::string(content.status().message()))});
    }
  }
  if (!config.keys_file.empty()) return LoadKeyFile(config.keys_file, config.keys_place, now);
  if (!AllHaveTheirOwnKeys(config)) {
    return tl::unexpected(Errors{NoKeyFile(config)});
  }
  // Nobody asks for them.
  auto unused = TemporaryKeys(now);
  if (!unused) return tl::unexpected(Errors{std::move(unused.error())});
  return *std::move(unused);
}

// Loads every file. `use` gets what came of each: the keys, or its mistakes with the file's name.
template <typename Use>
void LoadEach(const Config& config, UnixMillis now, Use use) {
  use(LoadCommon(config, now), std::string());
  std::set<std::string> seen;
  for (const SiteConfig& site : config.sites) {
    if (site.keys_file.empty() || !seen.insert(site.keys_file).second) continue;
    use(LoadKeyFile(site.keys_file, site.keys_place, now), site.keys_file);
  }
}

void Keep(Keys keys, const std::string& file, Keys& all) {
  if (!file.empty()) {
    keys.file = file;
    return all.own.push_back(std::move(keys));
  }
  keys.own = std::move(all.own);
  all = std::move(keys);
}

// Adds the secrets of each site to `keys`. A file that can't be used is a mistake, and its site has
// none.
void LoadSecrets(const Config& config, Keys& keys, Errors& mistakes) {
  for (const SiteConfig& site : config.sites) {
    if (site.secrets_file.empty()) continue;
    auto loaded = LoadSiteSecrets(site.options.name, site.secrets_file, site.secrets_place);
    if (!loaded) {
      mistakes.insert(mistakes.end(), loaded.error().begin(), loaded.error().end());
      keys.secrets.push_back({site.options.name, site.secrets_file, {}, false, true});
      continue;
    }
    if (auto shared = ErrorIfShared(*loaded, keys.secrets, site.secrets_place)) {
      mistakes.push_back(*std::move(shared));
      loaded->secrets.clear();
      loaded->degraded = true;
    }
    keys.secrets.push_back(*std::move(loaded));
  }
}

}  // namespace

tl::expected<KeyRings, Errors> Keys::Ring(UnixMillis now) const {
  KeyRings rings;
  Errors errors;
  const auto add = [&errors](tl::expected<KeyRings::Ring, Errors> ring, auto take) {
    if (ring) return take(*std::move(ring));
    errors.insert(errors.end(), ring.error().begin(), ring.error().end());
  };
  add(RingOf(*this, now), [&](KeyRings::Ring ring) { rings.common = std::move(ring); });
  for (const Keys& keys : own) {
    add(RingOf(keys, now), [&](KeyRings::Ring ring) { rings.own.push_back(std::move(ring)); });
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  rings.secrets = secrets;
  return rings;
}

bool Keys::any_degraded() const {
  return degraded ||
         std::any_of(own.begin(), own.end(), [](const Keys& k) { return k.degraded; }) ||
         std::any_of(secrets.begin(), secrets.end(),
                     [](const SiteSecrets& one) { return one.degraded; });
}

std::vector<KeyValidity> ValiditiesOf(const KeyRings& rings, const Config& config) {
  std::vector<KeyValidity> validities;
  const auto add = [&validities](const KeyRings::Ring& ring, const std::string& site) {
    for (const KeyRing::Validity& key : ring.keys->Validities()) validities.push_back({site, key});
  };
  if (!AllHaveTheirOwnKeys(config)) add(rings.common, "");
  for (const SiteConfig& site : config.sites) {
    if (site.keys_file.empty()) continue;
    if (const KeyRings::Ring* ring = rings.Of(site.keys_file)) add(*ring, site.options.name);
  }
  return validities;
}

tl::expected<Keys, Errors> LoadKeys(const Config& config, UnixMillis now) {
  Keys all;
  Errors errors;
  LoadEach(config, now, [&](tl::expected<Keys, Errors> keys, const std::string& file) {
    if (keys) return Keep(*std::move(keys), file, all);
    errors.insert(errors.end(), keys.error().begin(), keys.error().end());
  });
  LoadSecrets(config, all, errors);
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return all;
}

tl::expected<Keys, Error> LoadKeysOrTemporary(const Config& config, UnixMillis now,
                                              Errors& mistakes) {
  Keys all;
  Errors fatal;
  LoadEach(config, now, [&](tl::expected<Keys, Errors> keys, const std::string& file) {
    if (keys) return Keep(*std::move(keys), file, all);
    mistakes.insert(mistakes.end(), keys.error().begin(), keys.error().end());
    auto temporary = TemporaryKeys(now);
    if (!temporary) return fatal.push_back(std::move(temporary.error()));
    temporary->degraded = true;
    Keep(*std::move(temporary), file, all);
  });
  if (!fatal.empty()) return tl::unexpected(fatal.front());
  LoadSecrets(config, all, mistakes);
  return all;
}

tl::expected<Keys, Error> TemporaryKeys(UnixMillis now) {
  std::array<std::uint8_t, KeyRing::kMinSecret> secret{};
  Entropy entropy;
  if (!entropy.Fill(secret)) {
    return tl::unexpected(
        Error{ErrorCode::kInternal, "", "the system gives no randomness for a key"});
  }
  Keys keys;
  // From an hour ago, so that a clock that is set back a little finds a key that signs.
  keys.masters.push_back(
      MasterKey{1, SecretBytes(secret), now - std::chrono::hours{1}, UnixMillis{INT64_MAX}});
  Wipe(secret);
  return keys;
}

}  // namespace stile
