#ifndef STILE_BENCH_PEERS_JWT_REQUESTS_H_
#define STILE_BENCH_PEERS_JWT_REQUESTS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <openssl/evp.h>

namespace stile::bench {

enum class JwtAlgorithm { kHs256, kHs512, kEdDsa };

// "HS256", as in a token's header.
[[nodiscard]] std::string_view JwtAlgorithmName(JwtAlgorithm algorithm);

// What a JWT that stands for a clearance is checked with. Built once, before the clock starts.
struct JwtKey {
  JwtAlgorithm algorithm = JwtAlgorithm::kHs256;
  std::string secret;           // HS256, HS512.
  EVP_PKEY* ed25519 = nullptr;  // EdDSA; lives as long as the process.
};

// The claims that a check compares. `subject` is what ties the token to its client: 32 hexadecimal
// digits, known beforehand. Stile's own check works it out from address and user agent each time.
struct JwtExpectation {
  std::int64_t now = 0;
  std::string subject;
};

// Text of unpadded base64url.
[[nodiscard]] std::string EncodeJwtText(std::string_view bytes);

// 1,024 Cookie fields: the seven cookies of tests/vectors/request.txt, the last of them a JWT in
// the place of Stile's clearance. Every token has another id.
class JwtRequests {
 public:
  static constexpr std::size_t kCount = 1024;
  enum class Kind { kValid, kForged, kExpired, kOtherSubject };

  // Ends the process with a message where the vector is missing or OpenSSL refuses.
  explicit JwtRequests(JwtAlgorithm algorithm);

  [[nodiscard]] const JwtKey& key() const { return key_; }
  [[nodiscard]] const JwtExpectation& expectation() const { return expectation_; }
  [[nodiscard]] std::string_view cookies(Kind kind, std::size_t index) const;

 private:
  [[nodiscard]] std::string Sign(std::string_view text) const;
  [[nodiscard]] std::string Token(std::size_t index, Kind kind) const;

  JwtKey key_;
  JwtExpectation expectation_;
  std::vector<std::vector<std::string>> cookies_;
};

}  // namespace stile::bench

#endif  // STILE_BENCH_PEERS_JWT_REQUESTS_H_
