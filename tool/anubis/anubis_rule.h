#ifndef STILE_TOOL_ANUBIS_ANUBIS_RULE_H_
#define STILE_TOOL_ANUBIS_ANUBIS_RULE_H_

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "tool/anubis/import_notes.h"
#include "tool/anubis/yaml_tree.h"

namespace stile {

// The level that stands for a puzzle of Anubis' "algorithm" and "difficulty" in `challenge`, which
// may be null; says in `notes` what that changes.
[[nodiscard]] std::string LevelForChallenge(const YamlNode* challenge, std::string_view file,
                                            ImportNotes& notes);

// Converts the rules of Anubis, one after the other.
class AnubisRules {
 public:
  explicit AnubisRules(ImportNotes& notes) : notes_(notes) {}

  // The [[rule]] that `bot` becomes, which parses, with a comment that says where it comes from;
  // nullopt if it can't be one, which the notes then say why. `file` is the file it stands in.
  [[nodiscard]] std::optional<std::string> Convert(const YamlNode& bot, std::string_view file);

  // `name` as a rule can have it, and as none has had it yet: with a number if it must be.
  [[nodiscard]] std::string NameFor(std::string_view name);

  // True once a rule needs the country or the network of a client.
  [[nodiscard]] bool needs_places() const noexcept { return needs_places_; }

 private:
  ImportNotes& notes_;
  std::set<std::string, std::less<>> names_;
  bool needs_places_ = false;
};

}  // namespace stile

#endif  // STILE_TOOL_ANUBIS_ANUBIS_RULE_H_
