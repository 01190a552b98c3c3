#include <array>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include "bench/peers/jwt_checks.h"
#include "challenge/base64url.h"

namespace stile::bench {
namespace {

constexpr std::size_t kMaxPayload = 512;

// The text behind `"name":`, up to the end; empty if there is none.
std::string_view ClaimIn(std::string_view payload, std::string_view quoted_name) {
  const std::size_t at = payload.find(quoted_name);
  return at == std::string_view::npos ? std::string_view{}
                                      : payload.substr(at + quoted_name.size());
}

}  // namespace

TunedJwtCheck::TunedJwtCheck(const JwtKey& key)
    : header_(EncodeJwtText(R"({"alg":")" + std::string(JwtAlgorithmName(key.algorithm)) +
                            R"(","typ":"JWT"})") +
              "."),
      mac_size_(key.algorithm == JwtAlgorithm::kHs256 ? 32 : 64) {
  EVP_MAC* mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  context_ = EVP_MAC_CTX_new(mac);
  EVP_MAC_free(mac);
  std::array<char, 8> digest{"SHA256"};
  if (mac_size_ == 64) digest = {"SHA512"};
  const std::array<OSSL_PARAM, 2> parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_end()};
  if (EVP_MAC_init(context_, reinterpret_cast<const unsigned char*>(key.secret.data()),
                   key.secret.size(), parameters.data()) != 1) {
    std::abort();
  }
}

TunedJwtCheck::~TunedJwtCheck() { EVP_MAC_CTX_free(context_); }

bool TunedJwtCheck::operator()(const JwtExpectation& expectation, std::string_view cookies) const {
  const std::string_view token = CookieValue(cookies, "stile");
  if (!token.starts_with(header_)) return false;
  const std::size_t dot = token.find('.', header_.size());
  if (dot == std::string_view::npos) return false;
  std::array<std::uint8_t, 64> claimed;
  const std::span<std::uint8_t> claimed_mac(claimed.data(), mac_size_);
  const std::string_view signature = token.substr(dot + 1);
  if (signature.size() != (mac_size_ * 8 + 5) / 6 || !DecodeBase64Url(signature, claimed_mac)) {
    return false;
  }
  std::array<unsigned char, 64> mac;
  std::size_t size = 0;
  if (EVP_MAC_init(context_, nullptr, 0, nullptr) != 1 ||
      EVP_MAC_update(context_, reinterpret_cast<const unsigned char*>(token.data()), dot) != 1 ||
      EVP_MAC_final(context_, mac.data(), &size, mac.size()) != 1 || size != mac_size_ ||
      CRYPTO_memcmp(mac.data(), claimed.data(), size) != 0) {
    return false;
  }
  std::array<std::uint8_t, kMaxPayload> bytes;
  const std::string_view text = token.substr(header_.size(), dot - header_.size());
  if (text.size() * 3 / 4 > bytes.size()) return false;
  const std::span<std::uint8_t> decoded(bytes.data(), text.size() * 3 / 4);
  if (!DecodeBase64Url(text, decoded)) return false;
  const std::string_view payload(reinterpret_cast<const char*>(bytes.data()), decoded.size());
  std::int64_t expiry = 0;
  const std::string_view digits = ClaimIn(payload, R"("exp":)");
  if (std::from_chars(digits.data(), digits.data() + digits.size(), expiry).ec != std::errc{}) {
    return false;
  }
  return expiry > expectation.now &&
         ClaimIn(payload, R"("sub":")").starts_with(expectation.subject);
}

}  // namespace stile::bench
