#ifndef STILE_ENGINE_CONFIG_SITE_READER_H_
#define STILE_ENGINE_CONFIG_SITE_READER_H_

#include <set>
#include <string>
#include <vector>

#include <toml++/toml.h>

#include "engine/config/site_config.h"
#include "engine/config/toml_section.h"

namespace stile {

// Reads every [[site]] of one document, and compares them. Borrows what it is made from.
class SiteReader {
 public:
  SiteReader(TomlMistakes& mistakes, std::vector<SiteConfig>& sites)
      : mistakes_(mistakes), sites_(sites) {}

  // Adds the sites of `root`. Whether an upstream is one is for the caller to say.
  void Read(TomlSection& root);
  // Complains about what is wrong with them together: none, or none for any other host.
  void Check(const toml::table& document);

  // Where the sites stand, in their order.
  struct Place {
    toml::source_position site;
    toml::source_position upstream;
    bool names_upstream = false;  // Perhaps with a value that is none: see SiteConfig.
  };
  [[nodiscard]] const std::vector<Place>& places() const { return places_; }
  // The names that a site has, and that are names.
  [[nodiscard]] const std::set<std::string>& names() const { return names_; }

 private:
  void ReadSite(const toml::table& table);
  void ReadName(TomlSection& section, const toml::table& table, SiteConfig& site);
  void ReadHosts(TomlSection& section, const toml::table& table, SiteConfig& site);
  void ReadUpstream(TomlSection& section, const toml::table& table, SiteConfig& site);
  void ReadSiteverify(TomlSection& site, SiteConfig& config);

  TomlMistakes& mistakes_;
  std::vector<SiteConfig>& sites_;
  std::vector<Place> places_;
  std::set<std::string> names_;
  std::set<std::string> hosts_;
};

}  // namespace stile

#endif  // STILE_ENGINE_CONFIG_SITE_READER_H_
