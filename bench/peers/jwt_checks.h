#ifndef STILE_BENCH_PEERS_JWT_CHECKS_H_
#define STILE_BENCH_PEERS_JWT_CHECKS_H_

#include <string>
#include <string_view>

#include "bench/peers/jwt_requests.h"

namespace stile::bench {

// Each finds the cookie `stile` in a Cookie field and says whether its JWT is good: the algorithm
// is the key's, the signature is right, `exp` lies ahead and `sub` is the expected one.

// As it is commonly written in C++ with OpenSSL and nlohmann-json: strings, one-shot HMAC() or
// EVP_DigestVerify with a context each, header and payload parsed as JSON.
[[nodiscard]] bool CheckJwtPlainly(const JwtKey& key, const JwtExpectation& expectation,
                                   std::string_view cookies);

// The same token with what OpenSSL 3's public interface allows at best, and no JSON library: the
// header is compared as text, MAC contexts are kept with their key in them, claims are looked for
// in the payload's text, which is sound where nobody else signs such tokens. Allocates nothing of
// its own. HS256 and HS512.
class TunedJwtCheck {
 public:
  explicit TunedJwtCheck(const JwtKey& key);
  ~TunedJwtCheck();
  TunedJwtCheck(const TunedJwtCheck&) = delete;
  TunedJwtCheck& operator=(const TunedJwtCheck&) = delete;

  [[nodiscard]] bool operator()(const JwtExpectation& expectation, std::string_view cookies) const;

 private:
  std::string header_;  // As text of base64url, with the dot.
  std::size_t mac_size_;
  EVP_MAC_CTX* context_;
};

// libjwt, the C library: jwt_decode, then the grants. HS256 and HS512.
[[nodiscard]] bool CheckJwtWithLibjwt(const JwtKey& key, const JwtExpectation& expectation,
                                      std::string_view cookies);
// cpp-jwt, the C++ library: jwt::decode, which checks `exp` and `sub`. HS256 and HS512.
[[nodiscard]] bool CheckJwtWithCppJwt(const JwtKey& key, const JwtExpectation& expectation,
                                      std::string_view cookies);

// The value of the cookie `name`, found by splitting at semicolons; empty if there is none.
[[nodiscard]] std::string_view CookieValue(std::string_view cookies, std::string_view name);

}  // namespace stile::bench

#endif  // STILE_BENCH_PEERS_JWT_CHECKS_H_
