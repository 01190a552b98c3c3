#ifndef STILE_TOOL_ANUBIS_ANUBIS_POLICY_H_
#define STILE_TOOL_ANUBIS_ANUBIS_POLICY_H_

#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "tool/anubis/anubis_rule.h"
#include "tool/anubis/import_notes.h"
#include "tool/anubis/yaml_tree.h"

namespace stile {

// Hands an import the file at a path, or says what is wrong with it.
using YamlSource = std::function<tl::expected<std::string, std::string>(const std::string& path)>;

// Makes a policy file of Anubis' policy. For one policy.
class AnubisPolicy {
 public:
  // `data` is a folder that holds what Anubis imports as "(data)/..."; empty: none is at hand.
  AnubisPolicy(YamlSource source, std::string data, ImportNotes& notes)
      : source_(std::move(source)), data_(std::move(data)), notes_(notes), rules_(notes) {}

  // The policy file that `root`, of the file `file`, becomes. A map with "bots" or a list of them.
  [[nodiscard]] std::string Convert(const YamlNode& root, const std::string& file);

  [[nodiscard]] std::size_t bots() const noexcept { return bots_; }            // Met.
  [[nodiscard]] std::size_t converted() const noexcept { return converted_; }  // Of them.

 private:
  void ConvertBots(const YamlNode& bots, const std::string& file, std::size_t depth);
  void Import(const YamlNode& import, const std::string& file, std::size_t depth);
  // Takes "(data)/..." for a rule of our own, or for what the default policy does about it. False
  // if there is neither.
  bool TakeCovered(std::string_view name, const YamlNode& import, const std::string& file);
  void ReadFile(const std::string& path, const YamlNode& import, const std::string& file,
                std::size_t depth);
  // Says which imports of the default policy came before rules that decide now.
  void NoteWhatComesLater();
  void NoteOtherKeys(const YamlNode& root, const std::string& file);
  [[nodiscard]] std::string DefaultPolicy() const;

  // An import that the default policy stands for, which comes after all rules.
  struct Later {
    std::string file;
    FilePlace place;
    std::string name;
    std::size_t rules_before = 0;
  };

  YamlSource source_;
  std::string data_;
  ImportNotes& notes_;
  AnubisRules rules_;
  std::vector<std::string> texts_;
  std::vector<Later> later_;
  std::set<std::string> open_files_;
  std::size_t files_ = 0;
  std::size_t bots_ = 0;
  std::size_t converted_ = 0;
  bool wants_default_policy_ = false;
  bool wants_git_ = false;
  std::string ai_scrapers_;
};

}  // namespace stile

#endif  // STILE_TOOL_ANUBIS_ANUBIS_POLICY_H_
