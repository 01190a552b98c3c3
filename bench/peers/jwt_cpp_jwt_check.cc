// Apart from libjwt, whose `struct jwt` bears the name of this library's namespace.
#include <string>

#include <jwt/jwt.hpp>

#include "bench/peers/jwt_checks.h"

namespace stile::bench {

bool CheckJwtWithCppJwt(const JwtKey& key, const JwtExpectation& expectation,
                        std::string_view cookies) {
  using namespace jwt::params;
  const std::string_view token = CookieValue(cookies, "stile");
  std::error_code error;
  const auto decoded =
      jwt::decode(jwt::string_view(token.data(), token.size()),
                  algorithms({std::string(JwtAlgorithmName(key.algorithm))}), error,
                  secret(key.secret), verify(true), sub(expectation.subject));
  return !error && decoded.payload().has_claim("exp");
}

}  // namespace stile::bench
