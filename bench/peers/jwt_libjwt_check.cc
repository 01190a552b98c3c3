#include <string>

#include <jwt.h>

#include "bench/peers/jwt_checks.h"

namespace stile::bench {

bool CheckJwtWithLibjwt(const JwtKey& key, const JwtExpectation& expectation,
                        std::string_view cookies) {
  const std::string token(CookieValue(cookies, "stile"));
  jwt_t* decoded = nullptr;
  if (jwt_decode(&decoded, token.c_str(), reinterpret_cast<const unsigned char*>(key.secret.data()),
                 static_cast<int>(key.secret.size())) != 0) {
    return false;
  }
  const jwt_alg_t algorithm = key.algorithm == JwtAlgorithm::kHs256 ? JWT_ALG_HS256 : JWT_ALG_HS512;
  const char* subject = jwt_get_grant(decoded, "sub");
  const bool good = jwt_get_alg(decoded) == algorithm &&
                    jwt_get_grant_int(decoded, "exp") > expectation.now && subject != nullptr &&
                    subject == expectation.subject;
  jwt_free(decoded);
  return good;
}

}  // namespace stile::bench
