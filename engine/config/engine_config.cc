#include "engine/config/engine_config.h"

#include <array>
#include <optional>
#include <utility>

#include "engine/config/admission_section.h"
#include "engine/config/engine_sections.h"
#include "engine/config/site_reader.h"
#include "engine/config/toml_document.h"
#include "engine/config/toml_section.h"

namespace stile {
namespace {

// What stiled alone makes something of in sections that concern both.
constexpr std::array<std::string_view, 1> kStoreKeys = {"redis"};

void ReadBudgets(TomlSection& root, EngineConfig& config) {
  std::optional<TomlSection> section = root.Child("budgets");
  if (!section) return;
  ReadBudgetSizes(*section, config);
  ReadBudgetMerge(*section, config);
  section->Finish();
}

void ReadSpend(TomlSection& root, EngineConfig& config) {
  std::optional<TomlSection> section = root.Child("spend");
  if (!section) return;
  ReadSpendBackend(*section, config);
  section->Know(kStoreKeys);
  ReadSpendSizes(*section, config);
  section->Finish();
}

}  // namespace

Errors ReadEngineConfig(std::string_view text, std::string_view name, EngineConfig& config) {
  config = EngineConfig();
  tl::expected<toml::table, Errors> document = ParseToml(text, name, kMaxConfig);
  if (!document) return std::move(document.error());
  TomlMistakes mistakes(name);
  TomlSection root(*document, "", mistakes);
  root.Know(kRootKeys);
  SiteReader sites(mistakes, config.sites);
  sites.Read(root);
  ReadPublicPrefix(root, config);
  ReadNode(root, config);
  ReadKeys(root, config);
  ReadBudgets(root, config);
  ReadSpend(root, config);
  ReadWait(root, config);
  ReadSha256(root, config);
  ReadAdmission(root, config.admission);
  root.Finish();
  sites.Check(*document);
  return mistakes.Take();
}

}  // namespace stile
