#include "service/site_secrets.h"

#include <cstdint>
#include <utility>

#include <absl/status/statusor.h>

#include "challenge/concat.h"
#include "challenge/secret_bytes.h"
#include "service/file_text.h"

namespace stile {

tl::expected<SiteSecrets, Errors> LoadSiteSecrets(const std::string& site, const std::string& file,
                                                  const std::string& place) {
  absl::StatusOr<FileText> content = ReadFile(file, kMaxSecretsFile);
  if (!content.ok()) {
    return tl::unexpected(Errors{
        Error{CodeOf(content.status()), place,
              Concat("secrets file ", file, ": ", std::string(content.status().message()))}});
  }
  auto secrets = ParseSiteSecrets(content->text, file);
  Wipe({reinterpret_cast<std::uint8_t*>(content->text.data()), content->text.size()});
  if (!secrets) return tl::unexpected(std::move(secrets.error()));
  return SiteSecrets{site, file, *std::move(secrets), content->readable_by_others, false};
}

}  // namespace stile
