#include "service/config_digest.h"

#include <openssl/evp.h>

#include <array>
#include <memory>
#include <string_view>

#include "service/concat.h"

namespace stile {
namespace {

struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// Digests texts one after the other: there may be many megabytes of them.
class TextDigest {
 public:
  TextDigest() : context_(EVP_MD_CTX_new()) {
    good_ = context_ != nullptr && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1;
  }

  // With its length, so that none can pass for the end of another.
  void Add(std::string_view text) {
    Update(Concat(text.size(), ":"));
    Update(text);
  }

  // In hex; empty if there is no memory for it.
  [[nodiscard]] std::string End() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    if (!good_ || EVP_DigestFinal_ex(context_.get(), digest.data(), &size) != 1) return "";
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string hex;
    for (unsigned int i = 0; i < size; ++i) {
      hex += kDigits[digest[i] >> 4];
      hex += kDigits[digest[i] & 15];
    }
    return hex;
  }

 private:
  void Update(std::string_view bytes) {
    good_ = good_ && EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
  }

  std::unique_ptr<EVP_MD_CTX, FreeDigest> context_;
  bool good_ = false;
};

}  // namespace

std::string ConfigDigest(const ConfigTexts& texts) {
  TextDigest digest;
  digest.Add(texts.config);
  digest.Add(Concat(texts.policies.size()));
  for (const ConfigTexts::PolicyText& policy : texts.policies) {
    digest.Add(policy.file);
    digest.Add(policy.text);
  }
  for (const ListLoader::Text& list : texts.lists) {
    digest.Add(list.file);
    digest.Add(list.text);
  }
  return digest.End();
}

}  // namespace stile
