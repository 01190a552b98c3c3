#include "service/site_secrets.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <absl/status/statusor.h>

#include "challenge/ascii_text.h"
#include "challenge/secret_bytes.h"
#include "service/concat.h"
#include "service/file_text.h"

namespace stile {

tl::expected<std::vector<SiteSecret>, Errors> ParseSiteSecrets(std::string_view text,
                                                               const std::string& name) {
  std::vector<SiteSecret> secrets;
  Errors errors;
  std::size_t line = 0;
  const auto complain = [&](ErrorCode code, std::string message) {
    errors.push_back(Error{code, Concat(name, ":", line, ":1"), std::move(message)});
  };
  while (!text.empty()) {
    ++line;
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view secret = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (secret.ends_with('\r')) secret.remove_suffix(1);
    secret = TrimBlanks(secret);
    if (secret.empty() || secret.starts_with('#')) continue;
    auto made = SiteSecret::Create(secret);
    if (!made) {
      complain(made.error().code, std::move(made.error().message));
      continue;
    }
    const bool is_known = std::any_of(secrets.begin(), secrets.end(),
                                      [&](const SiteSecret& other) { return other.Is(*made); });
    if (is_known) {
      complain(ErrorCode::kInvalidArgument, "This secret is there already: leave it out.");
    } else {
      secrets.push_back(*made);
    }
  }
  line = 1;
  if (secrets.size() > kMaxSiteSecrets) {
    complain(ErrorCode::kOutOfRange,
             Concat("There are ", secrets.size(), " secrets: keep at most ", kMaxSiteSecrets, "."));
  }
  if (secrets.empty() && errors.empty()) {
    complain(ErrorCode::kFailedPrecondition,
             "There is no secret: write one of 32 random characters or more on a line.");
  }
  if (!errors.empty()) return tl::unexpected(std::move(errors));
  return secrets;
}

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
