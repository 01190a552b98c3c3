#include "tool/policy_on_disk.h"

#include <utility>

#include "challenge/concat.h"
#include "engine/config/file_path.h"
#include "engine/config/list_loader.h"
#include "engine/config/policy_loader.h"
#include "service/engine_loader.h"
#include "service/file_text.h"
#include "verifier/policy/policy_file.h"

namespace stile {

tl::expected<PolicyOnDisk, Errors> PolicyOnDisk::Load(const std::string& path) {
  const absl::StatusOr<FileText> file = ReadFile(path, kMaxPolicyFile);
  if (!file.ok()) {
    return tl::unexpected(
        Errors{Error{ErrorCode::kFailedPrecondition, path, std::string(file.status().message())}});
  }
  return LoadText(file->text, path);
}

tl::expected<PolicyOnDisk, Errors> PolicyOnDisk::LoadText(std::string_view text,
                                                          const std::string& path) {
  const std::string directory = DirectoryOf(path);
  ListLoader lists(
      directory,
      [&](const std::string& list, std::size_t limit) -> tl::expected<std::string, Error> {
        absl::StatusOr<FileText> read = ReadFile(PathUnder(directory, list), limit);
        if (read.ok()) return std::move(read->text);
        return tl::unexpected(
            Error{CodeOf(read.status()), "", std::string(read.status().message())});
      });
  auto source = ParsePolicyFile(text, path, lists.SourceFor("policy.toml"));
  if (!source) return tl::unexpected(std::move(source.error()));
  PolicyOnDisk loaded;
  loaded.source = *std::move(source);
  auto policy = Policy::Compile(loaded.source);
  if (!policy) {
    for (Error& error : policy.error()) {
      error.place = error.place.empty() ? path : Concat(path, ": ", error.place);
    }
    return tl::unexpected(std::move(policy.error()));
  }
  loaded.policy = *std::move(policy);
  loaded.lists = lists.lists();
  return loaded;
}

}  // namespace stile
