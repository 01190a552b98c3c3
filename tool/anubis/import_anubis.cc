#include "tool/anubis/import_anubis.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <utility>

#include "challenge/concat.h"
#include "service/file_text.h"
#include "tool/anubis/anubis_policy.h"
#include "verifier/policy/policy.h"
#include "verifier/policy/policy_file.h"

namespace stile {
namespace {

int Refuse(const std::string& message) {
  std::fprintf(stderr, "stile import: %s\n", message.c_str());
  return 2;
}

tl::expected<std::string, std::string> ReadYaml(const std::string& path) {
  absl::StatusOr<FileText> file = stile::ReadFile(path, kMaxYaml);
  if (!file.ok()) return tl::unexpected(std::string(file.status().message()));
  return std::move(file->text);
}

// Every mistake in the policy that was made: it is to be one that `stile check` takes.
Errors MistakesIn(const std::string& text, const std::string& name) {
  auto source = ParsePolicyFile(text, name);
  if (!source) return source.error();
  const auto policy = Policy::Compile(*std::move(source));
  return policy ? Errors() : policy.error();
}

// Writes a file that isn't there yet. Returns what went wrong; empty if nothing did.
std::string WriteNew(const std::string& path, std::string_view text) {
  std::FILE* const file = std::fopen(path.c_str(), "wxe");
  if (file == nullptr) return std::strerror(errno);
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size();
  const bool closed = std::fclose(file) == 0;
  return written && closed ? "" : std::strerror(errno);
}

// Why nothing can be made of a file, which would be a policy that lets everything through; empty if
// there is nothing wrong with it.
std::string FaultOf(const YamlNode& root) {
  const YamlNode* const bots = root.kind == YamlKind::kMap ? root.Find("bots") : &root;
  if (bots == nullptr || bots->kind != YamlKind::kList) return "it has no list \"bots\"";
  return bots->items.empty() ? "its list \"bots\" is empty" : "";
}

}  // namespace

int RunImportAnubis(const ImportAnubisOptions& options) {
  const auto text = ReadYaml(options.file);
  if (!text) return Refuse(Concat(options.file, ": ", text.error()));
  const auto tree = ParseYaml(*text, options.file);
  if (!tree) return std::fprintf(stderr, "%s\n", ToString(tree.error()).c_str()), 2;
  if (const std::string fault = FaultOf(*tree); !fault.empty()) {
    return Refuse(Concat(options.file, ": ", fault, ", so there is nothing to convert"));
  }

  ImportNotes notes;
  AnubisPolicy converter(ReadYaml, options.data, notes);
  const std::string policy = converter.Convert(*tree, options.file);
  for (const ImportNotes::Note& note : notes.all()) {
    const bool is_lost = note.kind == ImportNotes::Kind::kLost;
    std::fprintf(stderr, "%s: %s: %s\n", note.place.c_str(), is_lost ? "not converted" : "changed",
                 note.message.c_str());
  }
  const Errors mistakes =
      MistakesIn(policy, options.output.empty() ? "policy.toml" : options.output);
  if (!mistakes.empty()) std::fprintf(stderr, "%s\n", ToString(mistakes).c_str());

  if (options.output.empty()) {
    std::fwrite(policy.data(), 1, policy.size(), stdout);
  } else if (const std::string fault = WriteNew(options.output, policy); !fault.empty()) {
    return Refuse(Concat(options.output, ": ", fault));
  }
  const std::size_t lost = notes.lost() + mistakes.size();
  std::fprintf(stderr, "%zu of %zu rules converted; %zu thing%s not\n", converter.converted(),
               converter.bots(), lost, lost == 1 ? " was" : "s were");
  return notes.lost() == 0 && mistakes.empty() ? 0 : 1;
}

}  // namespace stile
