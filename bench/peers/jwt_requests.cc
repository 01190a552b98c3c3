#include "bench/peers/jwt_requests.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>

#include <openssl/hmac.h>

namespace stile::bench {
namespace {

[[noreturn]] void Fail(const std::string& message) {
  std::fprintf(stderr, "jwt: %s\n", message.c_str());
  std::exit(1);
}

// The request's Cookie field up to Stile's own cookie.
std::string OtherCookies() {
  const std::string path = std::string(STILE_SOURCE_DIR) + "/tests/vectors/request.txt";
  std::ifstream file(path, std::ios::binary);
  if (!file) Fail("cannot read " + path);
  const std::string head{std::istreambuf_iterator<char>(file), {}};
  const std::size_t begin = head.find("\r\nCookie: ");
  const std::size_t own = head.find("; stile=", begin);
  if (begin == std::string::npos || own == std::string::npos) Fail("no cookie in " + path);
  return head.substr(begin + 10, own - begin - 10);
}

std::string Hexadecimal(std::size_t number) {
  std::array<char, 33> text{};
  std::snprintf(text.data(), text.size(), "%032zx", number * 2654435761U);
  return text.data();
}

}  // namespace

std::string_view JwtAlgorithmName(JwtAlgorithm algorithm) {
  switch (algorithm) {
    case JwtAlgorithm::kHs256:
      return "HS256";
    case JwtAlgorithm::kHs512:
      return "HS512";
    case JwtAlgorithm::kEdDsa:
      return "EdDSA";
  }
  return {};
}

std::string EncodeJwtText(std::string_view bytes) {
  static constexpr char kAlphabet[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  std::uint32_t bits = 0;
  int held = 0;
  for (const char byte : bytes) {
    bits = bits << 8 | static_cast<std::uint8_t>(byte);
    for (held += 8; held >= 6; held -= 6) text += kAlphabet[bits >> (held - 6) & 63];
  }
  if (held > 0) text += kAlphabet[bits << (6 - held) & 63];
  return text;
}

JwtRequests::JwtRequests(JwtAlgorithm algorithm) {
  key_.algorithm = algorithm;
  // Of the length of the MAC, as RFC 7518 asks for.
  key_.secret.assign(algorithm == JwtAlgorithm::kHs512 ? 64 : 32, 'k');
  if (algorithm == JwtAlgorithm::kEdDsa) {
    std::array<std::uint8_t, 32> seed{1, 2, 3};
    key_.ed25519 = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, seed.data(), 32);
    if (key_.ed25519 == nullptr) Fail("no Ed25519 key");
  }
  expectation_.now = std::time(nullptr);
  expectation_.subject = Hexadecimal(198'51'100);
  const std::string before = OtherCookies() + "; stile=";
  cookies_.resize(4);
  for (std::size_t kind = 0; kind < cookies_.size(); ++kind) {
    for (std::size_t i = 0; i < kCount; ++i) {
      cookies_[kind].push_back(before + Token(i, static_cast<Kind>(kind)));
    }
  }
}

std::string_view JwtRequests::cookies(Kind kind, std::size_t index) const {
  return cookies_[static_cast<std::size_t>(kind)][index % kCount];
}

std::string JwtRequests::Token(std::size_t index, Kind kind) const {
  const std::string header =
      R"({"alg":")" + std::string(JwtAlgorithmName(key_.algorithm)) + R"(","typ":"JWT"})";
  const std::int64_t expiry = expectation_.now + (kind == Kind::kExpired ? -60 : 43'200);
  const std::string payload =
      R"({"exp":)" + std::to_string(expiry) + R"(,"iat":)" + std::to_string(expectation_.now - 60) +
      R"(,"jti":")" + Hexadecimal(index + 1) + R"(","rank":2,"sub":")" +
      (kind == Kind::kOtherSubject ? Hexadecimal(7) : expectation_.subject) + R"("})";
  const std::string text = EncodeJwtText(header) + "." + EncodeJwtText(payload);
  std::string signature = Sign(text);
  if (kind == Kind::kForged) signature[index % signature.size()] ^= 1;
  return text + "." + EncodeJwtText(signature);
}

std::string JwtRequests::Sign(std::string_view text) const {
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  if (key_.algorithm == JwtAlgorithm::kEdDsa) {
    std::string signature(64, '\0');
    std::size_t size = signature.size();
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    if (EVP_DigestSignInit(context, nullptr, nullptr, nullptr, key_.ed25519) != 1 ||
        EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                       text.size()) != 1) {
      Fail("cannot sign");
    }
    EVP_MD_CTX_free(context);
    return signature;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  HMAC(key_.algorithm == JwtAlgorithm::kHs256 ? EVP_sha256() : EVP_sha512(), key_.secret.data(),
       static_cast<int>(key_.secret.size()), bytes, text.size(), mac.data(), &size);
  return {reinterpret_cast<const char*>(mac.data()), size};
}

}  // namespace stile::bench
