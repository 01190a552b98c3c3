#include "capi/caller_files.h"

#include "capi/given_text.h"

namespace stile {
namespace {

tl::unexpected<Error> TooLong(std::size_t limit) {
  return tl::unexpected(
      Error{ErrorCode::kOutOfRange, "", "it has more than " + std::to_string(limit) + " bytes"});
}

}  // namespace

bool CallerFiles::AreTexts() const noexcept {
  if (!IsText(config_.name) || (config_.files == nullptr && config_.file_count > 0)) return false;
  for (std::uint32_t i = 0; i < config_.file_count; ++i) {
    if (!IsText(config_.files[i].name) || !IsText(config_.files[i].text)) return false;
  }
  return true;
}

std::string_view CallerFiles::name() const noexcept {
  const std::string_view name = TextOf(config_.name);
  return name.empty() ? "stile.toml" : name;
}

tl::expected<std::string_view, Error> CallerFiles::Read(std::string_view name, std::size_t limit) {
  std::string_view text;
  if (const auto known = read_.find(std::string(name)); known != read_.end()) {
    text = known->second;
  } else {
    bool is_there = false;
    for (std::uint32_t i = 0; i < config_.file_count && !is_there; ++i) {
      is_there = TextOf(config_.files[i].name) == name;
      if (is_there) text = TextOf(config_.files[i].text);
    }
    if (!is_there && config_.read != nullptr) {
      stile_str given = {};
      const stile_status status = config_.read(config_.read_user, GivenText(name), limit, &given);
      is_there = status == STILE_OK && IsText(given);
      if (is_there) text = TextOf(given);
    }
    if (!is_there) {
      return tl::unexpected(Error{ErrorCode::kFailedPrecondition, "", "it was not handed over"});
    }
    read_.emplace(name, text);
  }
  if (text.size() > limit) return TooLong(limit);
  return text;
}

tl::expected<std::string_view, Error> KeptFiles::Read(std::string_view name, std::size_t limit) {
  const auto kept = files_.find(name == main_ ? std::string_view() : name);
  if (kept == files_.end()) return others_.Read(name, limit);
  if (kept->second.size() > limit) return TooLong(limit);
  return kept->second;
}

}  // namespace stile
