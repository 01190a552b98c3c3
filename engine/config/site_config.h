#ifndef STILE_ENGINE_CONFIG_SITE_CONFIG_H_
#define STILE_ENGINE_CONFIG_SITE_CONFIG_H_

#include <string>

#include "engine/site_options.h"

namespace stile {

// A [[site]] of a stile.toml. Each place is name:line:column.
struct SiteConfig {
  SiteOptions options;      // `options.policy` is null here: policy_file is compiled by the loader.
  std::string policy_file;  // As written, relative to the configuration; empty: built-in policy.
  std::string keys_file;    // As written, of this site alone; empty: the common one.
  std::string upstream;     // As written; whoever has upstreams reads it. Empty: none.
  std::string secrets_file;    // As written, of its siteverify secrets; empty: no token is sold.
  std::string place;           // Of the site, for errors about it,
  std::string policy_place;    // of policy_file, for errors about the file,
  std::string keys_place;      // of keys_file,
  std::string upstream_place;  // of upstream; empty if it can't be read or there is none,
  std::string secrets_place;   // and of secrets_file.
};

}  // namespace stile

#endif  // STILE_ENGINE_CONFIG_SITE_CONFIG_H_
