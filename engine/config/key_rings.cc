#include "engine/config/key_rings.h"

#include <algorithm>
#include <utility>

#include "challenge/concat.h"

namespace stile {

const KeyRings::Ring* KeyRings::Of(std::string_view file) const {
  if (file.empty()) return &common;
  const auto found =
      std::find_if(own.begin(), own.end(), [file](const Ring& ring) { return ring.file == file; });
  return found == own.end() ? nullptr : &*found;
}

const SiteSecrets* KeyRings::SecretsOf(std::string_view site) const {
  const auto found = std::find_if(secrets.begin(), secrets.end(),
                                  [site](const SiteSecrets& one) { return one.site == site; });
  return found == secrets.end() ? nullptr : &*found;
}

tl::expected<KeyRings::Ring, Errors> MakeRing(const std::vector<MasterKey>& masters,
                                              const std::string& file, UnixMillis now) {
  std::vector<MasterKey> copies;
  for (const MasterKey& master : masters) {
    copies.push_back(
        MasterKey{master.id, master.secret.Clone(), master.sign_from, master.verify_until});
  }
  auto ring = KeyRing::Create(std::move(copies), now);
  if (ring) return KeyRings::Ring{file, std::make_shared<const KeyRing>(*std::move(ring)), false};
  for (Error& error : ring.error()) {
    if (file.empty()) continue;
    error.place = error.place.empty() ? Concat(file, ":1:1") : Concat(file, ":1:1: ", error.place);
  }
  return tl::unexpected(std::move(ring.error()));
}

bool AllHaveTheirOwnKeys(const EngineConfig& config) {
  return !config.sites.empty() &&
         std::none_of(config.sites.begin(), config.sites.end(),
                      [](const SiteConfig& site) { return site.keys_file.empty(); });
}

Error NoKeyFile(const EngineConfig& config) {
  return Error{ErrorCode::kFailedPrecondition, config.keys_place,
               "no key file is named: write [keys] and file = \"keys.toml\""};
}

}  // namespace stile
