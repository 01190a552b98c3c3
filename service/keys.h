#ifndef STILE_SERVICE_KEYS_H_
#define STILE_SERVICE_KEYS_H_

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "challenge/error.h"
#include "challenge/key_ring.h"
#include "challenge/unix_millis.h"
#include "engine/config/key_rings.h"
#include "engine/config/site_secrets.h"
#include "service/config.h"

namespace stile {

// The master secrets of one file, and where there are key files of single sites, of those.
struct Keys {
  std::vector<MasterKey> masters;
  std::string file;            // Where they come from; empty: made here, and gone with the process.
  bool is_credential = false;  // A credential of systemd's, which it reads when the unit starts.
  bool readable_by_others = false;  // The file is: its mode should be 0600.
  bool degraded = false;            // The file could not be used: temporary ones took their place.
  // Of sites with a key file of their own, one for each file. These have none.
  std::vector<Keys> own;
  // Of sites that sell response tokens, one for each. The ones above have none either.
  std::vector<SiteSecrets> secrets;

  // The rings that they make at `now`.
  [[nodiscard]] tl::expected<KeyRings, Errors> Ring(UnixMillis now) const;
  // True if those of any file are, or secrets.
  [[nodiscard]] bool any_degraded() const;
};

// How long a master secret holds, and of which site it is.
struct KeyValidity {
  std::string site;  // Empty: the common one's.
  KeyRing::Validity key;
};
// Those that the sites of `config` live on; a file of several sites' own for each of them.
[[nodiscard]] std::vector<KeyValidity> ValiditiesOf(const KeyRings& rings, const Config& config);

// Reads the key file that `config` names, or $CREDENTIALS_DIRECTORY/stile-keys if there is one, and
// the key file of each site that has its own; each must make a ring at `now`. Then the secrets file
// of each site that names one; no two sites may share a secret. Where every site has
// its own, the common one may be missing. Returns every mistake; none quotes a secret.
[[nodiscard]] tl::expected<Keys, Errors> LoadKeys(const Config& config, UnixMillis now);

// The same, where a start must go on: temporary keys take the place of those that can't be used,
// which are then `degraded`, and what is wrong is added to `mistakes`. Returns kInternal if the
// system gives no randomness.
[[nodiscard]] tl::expected<Keys, Error> LoadKeysOrTemporary(const Config& config, UnixMillis now,
                                                            Errors& mistakes);

// One random master that signs from `now` on. Returns kInternal if the system gives no randomness.
[[nodiscard]] tl::expected<Keys, Error> TemporaryKeys(UnixMillis now);

}  // namespace stile

#endif  // STILE_SERVICE_KEYS_H_
