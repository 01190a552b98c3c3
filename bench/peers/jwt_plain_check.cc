#include <array>
#include <optional>
#include <string>

#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <nlohmann/json.hpp>

#include "bench/peers/jwt_checks.h"

namespace stile::bench {
namespace {

std::optional<std::string> DecodeBase64Url(std::string_view text) {
  static const std::array<signed char, 256> kValues = [] {
    std::array<signed char, 256> values{};
    values.fill(-1);
    constexpr std::string_view kAlphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
      values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<signed char>(i);
    }
    return values;
  }();
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char character : text) {
    const int value = kValues[static_cast<unsigned char>(character)];
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes += static_cast<char>(bits >> held & 255);
    }
  }
  return bytes;
}

bool IsSigned(const JwtKey& key, const std::string& text, const std::string& signature) {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  const auto* claimed = reinterpret_cast<const unsigned char*>(signature.data());
  if (key.algorithm == JwtAlgorithm::kEdDsa) {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    const bool good = EVP_DigestVerifyInit(context, nullptr, nullptr, nullptr, key.ed25519) == 1 &&
                      EVP_DigestVerify(context, claimed, signature.size(), bytes, text.size()) == 1;
    EVP_MD_CTX_free(context);
    return good;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  HMAC(key.algorithm == JwtAlgorithm::kHs256 ? EVP_sha256() : EVP_sha512(), key.secret.data(),
       static_cast<int>(key.secret.size()), bytes, text.size(), mac.data(), &size);
  return signature.size() == size && CRYPTO_memcmp(mac.data(), claimed, size) == 0;
}

}  // namespace

std::string_view CookieValue(std::string_view cookies, std::string_view name) {
  while (!cookies.empty()) {
    const std::size_t end = cookies.find(';');
    std::string_view one = cookies.substr(0, end);
    while (!one.empty() && one.front() == ' ') one.remove_prefix(1);
    const std::size_t equals = one.find('=');
    if (equals != std::string_view::npos && one.substr(0, equals) == name) {
      return one.substr(equals + 1);
    }
    if (end == std::string_view::npos) break;
    cookies.remove_prefix(end + 1);
  }
  return {};
}

bool CheckJwtPlainly(const JwtKey& key, const JwtExpectation& expectation,
                     std::string_view cookies) {
  const std::string token(CookieValue(cookies, "stile"));
  const std::size_t first = token.find('.');
  const std::size_t second = token.find('.', first + 1);
  if (first == std::string::npos || second == std::string::npos) return false;
  const auto header = DecodeBase64Url(std::string_view(token).substr(0, first));
  const auto payload =
      DecodeBase64Url(std::string_view(token).substr(first + 1, second - first - 1));
  const auto signature = DecodeBase64Url(std::string_view(token).substr(second + 1));
  if (!header || !payload || !signature) return false;
  const nlohmann::json head = nlohmann::json::parse(*header, nullptr, false);
  if (!head.is_object() || head.value("alg", std::string()) != JwtAlgorithmName(key.algorithm)) {
    return false;
  }
  if (!IsSigned(key, token.substr(0, second), *signature)) return false;
  const nlohmann::json claims = nlohmann::json::parse(*payload, nullptr, false);
  return claims.is_object() && claims.value("exp", std::int64_t{0}) > expectation.now &&
         claims.value("sub", std::string()) == expectation.subject;
}

}  // namespace stile::bench
