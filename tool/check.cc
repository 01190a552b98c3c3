#include "tool/check.h"

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

#include "challenge/concat.h"
#include "challenge/key_file.h"
#include "engine/config/policy_loader.h"
#include "service/boot.h"
#include "service/file_text.h"
#include "service/wall_clock.h"
#include "tool/policy_on_disk.h"
#include "verifier/policy/policy_warning.h"

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
    for (const std::string_view table :
         {"[[rule]]", "[level", "[default", "[agent", "[[threshold"}) {
      if (line.starts_with(table)) return FileKind::kPolicy;
    }
    if (line.starts_with("[[listener]]") || line.starts_with("[[site]]")) break;
  }
  return FileKind::kConfig;
}

// What a check finds besides mistakes.
struct Findings {
  std::vector<std::string> warnings;
  std::vector<std::string> lists;
};

Errors CheckPolicy(std::string_view text, const std::string& name, UnixMillis now,
                   Findings& findings) {
  auto loaded = PolicyOnDisk::LoadText(text, name);
  if (!loaded) return std::move(loaded.error());
  for (const PolicyWarning& warning : WarningsOf(loaded->source, now)) {
    findings.warnings.push_back(
        Concat(name, ":", warning.place.line, ":", warning.place.column, ": ", warning.message));
  }
  for (const auto& list : loaded->lists) findings.lists.push_back(ListAgeText(*list, now));
  return {};
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

Errors CheckFile(const std::string& path, UnixMillis now, Findings& findings) {
  const absl::StatusOr<FileText> file = ReadFile(path, kMaxPolicyFile);
  if (!file.ok()) {
    return {Error{ErrorCode::kFailedPrecondition, path, std::string(file.status().message())}};
  }
  switch (KindOf(file->text)) {
    case FileKind::kPolicy:
      return CheckPolicy(file->text, path, now, findings);
    case FileKind::kKeys:
      return CheckKeys(file->text, path, now);
    case FileKind::kConfig:
      break;
  }
  return CheckFiles(path, now, findings.warnings, &findings.lists);
}

}  // namespace

int RunCheck(const CheckOptions& options) {
  const UnixMillis now = WallClock();
  Findings findings;
  const Errors errors = options.file.empty()
                            ? CheckFiles(options.config, now, findings.warnings, &findings.lists)
                            : CheckFile(options.file, now, findings);
  return PrintCheck(errors, findings.warnings, findings.lists, options.strict);
}

}  // namespace stile
