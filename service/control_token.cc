#include "service/control_token.h"

#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <algorithm>
#include <span>

#include <absl/status/status.h>

#include "challenge/concat.h"
#include "challenge/secret_bytes.h"
#include "service/file_text.h"

namespace stile {
namespace {

constexpr std::size_t kMaxFile = 4'096;
constexpr std::string_view kScheme = "bearer ";

bool IsVisible(unsigned char c) { return c > 0x20 && c < 0x7F; }

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

}  // namespace

ControlToken::Digest ControlToken::DigestOf(std::string_view token) noexcept {
  Digest digest{};
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return digest;
}

absl::StatusOr<ControlToken> ControlToken::Load(const std::string& path) {
  auto file = ReadFile(path, kMaxFile);
  if (!file.ok()) return file.status();
  std::string& text = file->text;
  std::string_view line(text);
  line = line.substr(0, line.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  const bool fits = line.size() >= kLeast && line.size() <= kMost &&
                    std::all_of(line.begin(), line.end(), IsVisible);
  const Digest digest = DigestOf(line);
  Wipe(std::span(reinterpret_cast<std::uint8_t*>(text.data()), text.size()));
  if (file->readable_by_others) {
    return absl::FailedPreconditionError("others than its owner may open it: chmod 0600");
  }
  if (!fits) {
    return absl::InvalidArgumentError(
        Concat("its first line must be a token of ", kLeast, " to ", kMost,
               " letters, digits and signs: `openssl rand -hex 32` makes one"));
  }
  return ControlToken(digest);
}

bool ControlToken::IsShownBy(std::string_view authorization) const noexcept {
  if (authorization.size() <= kScheme.size() || authorization.size() > kScheme.size() + kMost) {
    return false;
  }
  const std::string_view scheme = authorization.substr(0, kScheme.size());
  if (!std::equal(scheme.begin(), scheme.end(), kScheme.begin(),
                  [](char a, char b) { return Lower(a) == b; })) {
    return false;
  }
  const Digest shown = DigestOf(authorization.substr(kScheme.size()));
  return CRYPTO_memcmp(shown.data(), digest_.data(), digest_.size()) == 0;
}

}  // namespace stile
