#include "tool/check.h"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

#include "challenge/key_file.h"
#include "service/boot.h"
#include "service/file_text.h"
#include "service/wall_clock.h"
#include "verifier/policy/policy_file.h"

namespace stile {
namespace {

enum class FileKind { kConfig, kPolicy, kKeys };

// By the first table that only one kind of file has.
FileKind KindOf(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1);
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    if (line.starts_with("[[key]]")) return FileKind::kKeys;
    if (line.starts_with("[[rule]]") || line.starts_with("[level")) return FileKind::kPolicy;
    if (line.starts_with("[[listener]]") || line.starts_with("[[site]]")) break;
  }
  return FileKind::kConfig;
}

Errors CheckPolicy(std::string_view text, const std::string& name) {
  auto source = ParsePolicyFile(text, name);
  if (!source) return source.error();
  const auto policy = Policy::Compile(*std::move(source));
  return policy ? Errors{} : policy.error();
}

Errors CheckKeys(std::string_view text, const std::string& name, UnixMillis now) {
  auto masters = ParseKeyFile(text, name);
  if (!masters) return masters.error();
  const auto ring = KeyRing::Create(*std::move(masters), now);
  if (ring) return {};
  Errors errors = ring.error();
  for (Error& error : errors) {
    if (error.place.empty()) error.place = name;
  }
  return errors;
}

Errors CheckFile(const std::string& path, UnixMillis now, std::vector<std::string>& warnings) {
  const absl::StatusOr<FileText> file = ReadFile(path, kMaxPolicyFile);
  if (!file.ok()) {
    return {Error{ErrorCode::kFailedPrecondition, path, std::string(file.status().message())}};
  }
  switch (KindOf(file->text)) {
    case FileKind::kPolicy:
      return CheckPolicy(file->text, path);
    case FileKind::kKeys:
      return CheckKeys(file->text, path, now);
    case FileKind::kConfig:
      break;
  }
  return CheckFiles(path, now, warnings);
}

}  // namespace

int RunCheck(const CheckOptions& options) {
  const UnixMillis now = WallClock();
  std::vector<std::string> warnings;
  const Errors errors = options.file.empty() ? CheckFiles(options.config, now, warnings)
                                             : CheckFile(options.file, now, warnings);
  return PrintCheck(errors, warnings);
}

}  // namespace stile
