#include "engine/config/site_secrets.h"

#include <algorithm>
#include <utility>

#include "challenge/ascii_text.h"
#include "challenge/concat.h"

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

std::optional<Error> ErrorIfShared(const SiteSecrets& secrets,
                                   const std::vector<SiteSecrets>& others,
                                   const std::string& place) {
  const auto is_known = [&others](const SiteSecret& secret) {
    return std::any_of(others.begin(), others.end(), [&secret](const SiteSecrets& other) {
      return std::any_of(other.secrets.begin(), other.secrets.end(),
                         [&secret](const SiteSecret& theirs) { return theirs.Is(secret); });
    });
  };
  if (std::none_of(secrets.secrets.begin(), secrets.secrets.end(), is_known)) return std::nullopt;
  return Error{ErrorCode::kInvalidArgument, place,
               Concat("secrets file ", secrets.file,
                      ": a secret in it is another site's: make each its own")};
}

}  // namespace stile
